"""Reading the security journal, newest line first, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Any, Final
from uuid import UUID

from psycopg import sql
from psycopg.rows import DictRow

from ledger.kit.errors import Invalid
from projections.page import Page, check_limit, page_of, read_cursor, write_cursor

_ORDER: Final = "journal"
_COLUMNS: Final = sql.SQL(
    "entry_id, at, kind, outcome, account_id, actor_id, target_id, address, correlation_id, facts"
)


@dataclass(frozen=True)
class Sought:
    """What is looked for; None for anything. Days are Paris', both included; an IPv6 address is its network of /64."""

    kind: str | None = None
    outcome: str | None = None
    account_id: UUID | None = None
    actor_id: UUID | None = None
    target_id: UUID | None = None
    address: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Line:
    """A line as it stands."""

    entry_id: UUID
    at: datetime
    kind: str
    outcome: str
    account_id: UUID | None
    actor_id: UUID | None
    target_id: UUID | None
    address: str | None
    correlation_id: UUID | None
    facts: dict[str, str | int | bool]


def statement(sought: Sought, *, limit: int, cursor: str | None) -> tuple[sql.Composed, dict[str, Any]]:
    """The question to ask as `ledger_auth`, with its values; `page` makes a page of its rows."""
    after = read_cursor(cursor, _ORDER, datetime.fromisoformat, UUID)
    given: dict[str, Any] = {
        "kind": sought.kind,
        "outcome": sought.outcome,
        "account_id": sought.account_id,
        "actor_id": sought.actor_id,
        "target_id": sought.target_id,
    }
    conditions = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in given]
    kept: list[sql.Composable] = [
        condition for condition, value in zip(conditions, given.values(), strict=True) if value is not None
    ]
    values: dict[str, Any] = {**given, "rows": check_limit(limit) + 1}
    if sought.address is not None:
        kept.append(sql.SQL("address <<= %(address)s::inet"))
        values["address"] = str(_network(sought.address))
    if sought.since is not None:
        kept.append(sql.SQL("at >= %(since)s::date::timestamp at time zone 'Europe/Paris'"))
        values["since"] = sought.since
    if sought.until is not None:
        kept.append(sql.SQL("at < (%(until)s::date + 1)::timestamp at time zone 'Europe/Paris'"))
        values["until"] = sought.until
    if after is not None:
        kept.append(sql.SQL("(at, entry_id) < (%(at)s, %(entry_id)s)"))
        values |= dict(zip(("at", "entry_id"), after, strict=True))
    where = sql.SQL(" and ").join([sql.SQL("true"), *kept])
    return (
        sql.SQL("select {} from auth.journal where {} order by at desc, entry_id desc limit {}").format(
            _COLUMNS, where, sql.Placeholder("rows")
        ),
        values,
    )


def page(rows: list[DictRow], limit: int) -> Page[Line]:
    """The page that `statement`'s rows make."""
    lines = [Line(**{**row, "address": _shown(row["address"])}) for row in rows]
    items, following = page_of(lines, limit, lambda line: write_cursor(_ORDER, line.at, line.entry_id))
    return Page(items, following)


def _network(text: str) -> IPv4Interface | IPv6Interface:
    try:
        found = ip_interface(text)
    except ValueError:
        raise Invalid(field="address", rule="Une adresse IPv4 ou IPv6, ou un réseau, est attendue.") from None
    return ip_interface(f"{found.ip}/64") if found.version == 6 and "/" not in text else found


def _shown(address: Any) -> str | None:
    """A single IPv4 address without its /32; a network as one."""
    return None if address is None else str(address).removesuffix("/32")
