"""Filters that name a person never stand in an address: they are posted, sealed, and the page goes on by an id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import orjson
from starlette.concurrency import run_in_threadpool

from gateway.api.problems import Problem, not_found
from gateway.auth import searches
from gateway.portal.pages import SEARCH_GONE
from gateway.portal.visit import Visit
from ledger.kit.personal import Personal

PARAMETER: Final = "recherche"
_GONE: Final = "Cette recherche n'existe plus : refaites-la depuis la liste."


async def keep(visit: Visit, kind: str, filters: Mapping[str, str]) -> UUID:
    """Seal what was asked; the id under which this session finds it again. `kind` is the list that is searched."""
    service, caller = visit.service, visit.caller
    text = orjson.dumps(dict(filters)).decode()
    sealed = await run_in_threadpool(service.keyring.seal, caller.person_id, text)
    return await searches.keep(
        service.queries, account_id=caller.account_id, session_id=_session(visit), kind=kind, filters_sealed=str(sealed)
    )


async def found(visit: Visit, kind: str, search_id: str | UUID) -> dict[str, str]:
    """What was asked under this id. The problem `not-found` for an unknown one, another's, an old one: all alike."""
    sealed = await _sealed(visit, kind, search_id)
    if sealed is None:
        raise gone()
    opened = await run_in_threadpool(visit.service.keyring.open, Personal.parse(sealed))
    if not isinstance(opened, str):
        raise gone()
    filters: dict[str, str] = orjson.loads(opened)
    return filters


def gone() -> Problem:
    absent = not_found()
    return Problem(SEARCH_GONE, absent.status, _GONE)


async def _sealed(visit: Visit, kind: str, search_id: str | UUID) -> str | None:
    try:
        wanted = UUID(str(search_id))
    except ValueError:
        return None
    return await searches.find(
        visit.service.queries, wanted, account_id=visit.caller.account_id, session_id=_session(visit), kind=kind
    )


def _session(visit: Visit) -> UUID:
    if visit.caller.session_id is None:
        raise not_found()
    return visit.caller.session_id
