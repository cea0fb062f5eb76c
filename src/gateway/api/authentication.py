"""Who calls, and whether its role has the action. A token that is absent, unknown, expired or revoked, and one whose
account is disabled or over, get one and the same answer.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request

from gateway.api.problems import Problem, not_found, of_refusal, problem
from gateway.auth.tokens import Caller, look_up
from gateway.rights import may
from gateway.service import Service
from ledger.kit.errors import Forbidden
from ledger.log.database import Role

_SCHEME: Final = "bearer "


async def authenticated(request: Request) -> Caller:
    """The caller of a route that it may use; a problem otherwise."""
    service: Service = request.app.state.service
    secret = _bearer(request)
    async with service.queries.transaction(Role.GATEWAY) as connection:
        caller = await look_up(connection, secret)
    if caller is None:
        raise _unauthenticated()
    request.state.account_id = str(caller.account_id)
    if not may(caller.role, request.scope["route"].operation_id):
        raise _forbidden(request)
    return caller


Authenticated = Annotated[Caller, Depends(authenticated)]


def _bearer(request: Request) -> str:
    header = request.headers.get("authorization", "")
    if header[: len(_SCHEME)].lower() != _SCHEME:
        raise _unauthenticated()
    return header[len(_SCHEME) :].strip()


def _unauthenticated() -> Problem:
    return problem("unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="dossier-ledger"'})


def _forbidden(request: Request) -> Problem:
    """A thing that the role never sees looks absent; a list or an order that it never has is refused as such."""
    reads_one = request.method == "GET" and bool(request.path_params)
    return not_found() if reads_one else of_refusal(Forbidden())
