"""Writing the security journal. Ids, codes and figures alone: no name, no e-mail, no free text, no User-Agent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Network
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID, uuid5

import psycopg
import structlog
from psycopg import AsyncConnection, Connection
from psycopg.types.json import Jsonb
from psycopg_pool import PoolTimeout

from ledger.kit.clock import system_clock
from ledger.kit.ids import uuid7
from ledger.log.database import Role

if TYPE_CHECKING:
    from gateway.service import Service

Kind = Literal[
    "sign-in",
    "sign-out",
    "second-factor",
    "refusal",
    "password",
    "link",
    "session",
    "token",
    "rights",
    "mandate",
    "terms",
    "email",
    "registration",
    "oidc",
    "journal",
    "document",
]
Fact = UUID | str | int | bool
THROTTLED: Final = "throttled"

_CODE: Final = re.compile(r"[a-z0-9_.:-]{1,64}")
_SPACE: Final = UUID("6f9c3a52-41c5-4d29-8c0e-3f5f7a0d9b11")
_log = structlog.get_logger("gateway.journal")
_INSERT: Final = """
insert into auth.journal (entry_id, at, kind, outcome, account_id, actor_id, target_id, address, correlation_id, facts)
values (%(entry_id)s, coalesce(%(at)s, clock_timestamp()), %(kind)s, %(outcome)s, %(account_id)s, %(actor_id)s,
        %(target_id)s, %(address)s, %(correlation_id)s, %(facts)s)
on conflict (entry_id) do nothing
"""


@dataclass(frozen=True)
class RequestFacts:
    """What is known of a request's sender. `label` is a browser's family (« Firefox, Linux »), never its User-Agent."""

    address: IPv4Address | IPv6Network
    label: str
    correlation_id: UUID


@dataclass(frozen=True)
class Entry:
    """A line to be written. `account_id`: whom it is about, `actor_id`: who did it, `target_id`: what else it names."""

    kind: Kind
    outcome: str
    account_id: UUID | None = None
    actor_id: UUID | None = None
    target_id: UUID | None = None
    facts: Mapping[str, Fact] | None = None


async def note(
    service: Service,
    kind: Kind,
    outcome: str,
    *,
    account_id: UUID | None = None,
    actor_id: UUID | None = None,
    target_id: UUID | None = None,
    request: RequestFacts | None = None,
    **facts: Fact,
) -> None:
    """Write a line in a transaction of its own; outside of any other, whose connection would be held meanwhile.

    It never raises into an answer: what cannot be written is logged, by its kind. What was refused or throttled in
    the same way, of the same account and address, in one minute is one line: an attack does not fill the journal.
    """
    await note_each(service, [Entry(kind, outcome, account_id, actor_id, target_id, facts)], request=request)


async def note_each(service: Service, entries: Sequence[Entry], *, request: RequestFacts | None) -> None:
    """As `note`, for several lines of one request, in one transaction: all of them or, with an error logged, none."""
    try:
        rows = [_once(entry, _row(entry, request)) for entry in entries]
        async with service.queries.transaction(Role.AUTH) as connection, connection.cursor() as cursor:
            await cursor.executemany(_INSERT, rows)
    except (psycopg.Error, PoolTimeout, ValueError):
        _log.exception("journal not written", kind=entries[0].kind, outcome=entries[0].outcome)


async def note_within(
    connection: AsyncConnection[Any],
    kind: Kind,
    outcome: str,
    *,
    account_id: UUID | None = None,
    target_id: UUID | None = None,
    request: RequestFacts | None = None,
) -> None:
    """Write a line in a transaction that is under way as `ledger_auth`: it is there if what it tells has happened."""
    entry = Entry(kind, outcome, account_id=account_id, target_id=target_id)
    await connection.execute(_INSERT, _row(entry, request))


def write(connection: Connection[Any], entry: Entry, *, entry_id: UUID | None = None, at: Any = None) -> None:
    """Write a line in a transaction that is under way as `ledger_auth`; an `entry_id` given twice is written once."""
    row = _row(entry, None)
    connection.execute(_INSERT, {**row, "entry_id": entry_id or row["entry_id"], "at": at})


def entry_of(*parts: object) -> UUID:
    """The id of a line that is to be written once, whoever writes it how often."""
    return uuid5(_SPACE, "\n".join(str(part) for part in parts))


def sweep(connection: Connection[Any], months: int) -> None:
    """Take out what is older than `months` (JOURNAL_MONTHS). The connection acts as `ledger_auth`."""
    connection.execute("delete from auth.journal where at < now() - make_interval(months => %s)", (months,))


def _once(entry: Entry, row: dict[str, Any]) -> dict[str, Any]:
    """What was refused or throttled: with an id that is the same within a minute."""
    if entry.outcome == THROTTLED or entry.kind == "refusal":
        minute = int(system_clock().timestamp()) // 60
        told = sorted((entry.facts or {}).items())
        row["entry_id"] = entry_of(entry.kind, entry.outcome, entry.account_id, row["address"], told, minute)
    return row


def _row(entry: Entry, request: RequestFacts | None) -> dict[str, Any]:
    address = str(request.address) if request else None
    facts = {name: _told(value) for name, value in (entry.facts or {}).items()}
    return {
        "entry_id": uuid7(),
        "at": None,
        "kind": entry.kind,
        "outcome": entry.outcome,
        "account_id": entry.account_id,
        "actor_id": entry.actor_id,
        "target_id": entry.target_id,
        "address": address,
        "correlation_id": request.correlation_id if request else None,
        "facts": Jsonb(facts),
    }


def _told(value: Fact) -> str | int | bool:
    """A fact as it is stored; ValueError for a text that is no code: it could be somebody's name."""
    if isinstance(value, bool | int):
        return value
    text = str(value)
    if _CODE.fullmatch(text) is None:
        raise ValueError("a fact of the journal is an id, a code or a figure")
    return text
