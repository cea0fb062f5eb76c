"""Looking at a link and using it: what the API and the page share."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from gateway.api.problems import Fault
from gateway.journal.journal import RequestFacts, note
from gateway.mail import links
from gateway.mail.links import Link
from gateway.mail.purposes import PURPOSES
from gateway.mail.using import Asked, Done
from gateway.service import Service
from ledger.log.database import Role

AT_ONCE: Final = 6
"""Links that one process looks at or uses at the same time. Each holds a connection, and what it is for asks for others
meanwhile: without a bound they could hold the whole pool, each waiting for one more.
"""

_gates: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]] = WeakKeyDictionary()
_MISSING: Final = Fault("body", "/password", "missing", "Ce champ est obligatoire.")


@dataclass(frozen=True)
class Open:
    """A link that can be used, and what it asks."""

    link: Link
    asked: Asked


async def looked_at(service: Service, secret: str) -> Open | None:
    """What a link asks; None for one that is used, late, void, altered, or about what is over. Changes nothing."""
    async with _gate(), service.queries.transaction(Role.AUTH) as connection:
        link = await links.look(connection, secret)
        if link is None or link.purpose not in PURPOSES:
            return None
        asked = await PURPOSES[link.purpose].asked(service, connection, link)
    return None if asked is None else Open(link, asked)


async def followed(
    service: Service, secret: str, given: Mapping[str, str], facts: RequestFacts
) -> Done | list[Fault] | None:
    """Use a link, once: of several posts at the same time one goes on, and the others find it used.

    Faults leave it as it was. None as in `looked_at`. What is written, and the link's end, are one transaction.
    """
    link: Link | None = None
    done: Done | list[Fault] | None = None
    async with _gate(), service.queries.transaction(Role.AUTH) as connection:
        link = await links.hold(connection, secret)
        use = PURPOSES.get(link.purpose) if link else None
        if link is not None and use is not None:
            asked = await use.asked(service, connection, link)
            if asked is not None and asked.password and not given.get("password") and not given.get("cancel"):
                return [_MISSING]
            done = await use.use(service, connection, link, given, facts) if asked else None
            if isinstance(done, Done):
                await links.used(connection, link)
    await _noted(service, link, done, facts)
    return done


def _gate() -> asyncio.Semaphore:
    return _gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


async def _noted(service: Service, link: Link | None, done: Done | list[Fault] | None, facts: RequestFacts) -> None:
    if link is None or done is None:
        await note(service, "link", "refused", request=facts)
    elif isinstance(done, Done):
        await note(
            service,
            "link",
            "used",
            account_id=link.account_id,
            target_id=link.target_id,
            request=facts,
            purpose=link.purpose,
        )
