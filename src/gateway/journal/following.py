"""What changes rights and mandates is an event, whichever door it came by: this policy writes its line of the journal.

A person's own doings (terms, e-mail, password) have lines of the requests, with the address that it came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

from gateway.journal.journal import Entry, Fact, Kind, entry_of, write
from ledger.log.recorded import Recorded


class _Line(NamedTuple):
    """What an event's line says, and which of its fields it takes over: ids, codes and days, nothing that is sealed."""

    kind: Kind
    outcome: str
    facts: tuple[str, ...] = ()


_TEAM: Final = ("organisation_id", "kind")
_LINES: Final[Mapping[str, _Line]] = {
    "account.created.v1": _Line("rights", "account-created", ("role",)),
    "account.disabled.v1": _Line("rights", "account-disabled"),
    "account.enabled.v1": _Line("rights", "account-enabled"),
    "account.membership-granted.v1": _Line("rights", "membership-granted", (*_TEAM, "profile")),
    "account.membership-changed.v1": _Line("rights", "membership-changed", (*_TEAM, "profile")),
    "account.membership-ended.v1": _Line("rights", "membership-ended", _TEAM),
    "account.membership-suspended.v1": _Line("rights", "membership-suspended", _TEAM),
    "account.membership-resumed.v1": _Line("rights", "membership-resumed", _TEAM),
    "account.menu-rights-set.v1": _Line("rights", "menu-rights-set", _TEAM),
    "organisation.referent-named.v1": _Line("rights", "referent-named", ("kind",)),
    "organisation.referent-stepped-down.v1": _Line("rights", "referent-stepped-down", ("kind",)),
    "organisation.contact-recorded.v1": _Line("rights", "contact-recorded"),
    "invitation.sent.v1": _Line("rights", "invitation-sent", (*_TEAM, "profile")),
    "invitation.sent-again.v1": _Line("rights", "invitation-sent-again"),
    "invitation.withdrawn.v1": _Line("rights", "invitation-withdrawn"),
    "invitation.accepted.v1": _Line("rights", "invitation-accepted"),
}


class Journal:
    """Writes one line for each event, under an id that follows from its position: told twice, it is written once."""

    NAME: ClassVar[str] = "journal"
    NAMES: ClassVar[frozenset[str]] = frozenset(_LINES)

    def react(self, event: Recorded, connection: Connection[DictRow]) -> None:
        line = _LINES[event.name]
        facts: dict[str, Fact] = {"position": event.position, **_facts(event.data, line.facts)}
        self._write(connection, event, line.kind, line.outcome, facts)
        if ends_on := event.data.get("ends_on"):
            self._write(connection, event, "mandate", "begun", {"position": event.position, "ends_on": ends_on})

    def _write(
        self, connection: Connection[DictRow], event: Recorded, kind: Kind, outcome: str, facts: Mapping[str, Fact]
    ) -> None:
        of_account = event.name.startswith("account.")
        entry = Entry(
            kind,
            outcome,
            account_id=event.stream_id if of_account else _id(event.data.get("account_id")),
            actor_id=event.actor,
            target_id=_id(event.data.get("organisation_id")) if of_account else event.stream_id,
            facts=facts,
        )
        at: datetime = event.recorded_at
        write(connection, entry, entry_id=entry_of("event", event.position, kind), at=at)


def _facts(data: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Fact]:
    return {name: data[name] for name in names}


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
