"""The mails that follow from events: an account made, an invitation sent, an address changed."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import DictRow

from gateway.mail import links, outbox
from gateway.service import Service
from ledger.kit.keyring import SubjectErased
from ledger.kit.personal import Erased, Personal
from ledger.log.recorded import Recorded

CREATED: Final = "account.created.v1"
EMAIL_CHANGED: Final = "account.email-changed.v1"
INVITED: Final = "invitation.sent.v1"
INVITED_AGAIN: Final = "invitation.sent-again.v1"

# Events of one command stand side by side, its first one first: a command records far fewer than these.
_NEIGHBOURS: Final = 100
_ACCEPTED: Final = """
select 1 from log.events where position between %s and %s and command_id = %s and name = 'invitation.accepted.v1'
"""
_SENT: Final = "select payload from log.events where stream_id = %s order by version limit 1"


class CreationMails:
    """`creation`, `invitation-new`, `invitation-known` and `email-changed`."""

    NAME: ClassVar[str] = "creation"
    NAMES: ClassVar[frozenset[str]] = frozenset({CREATED, EMAIL_CHANGED, INVITED, INVITED_AGAIN})

    def __init__(self, service: Service) -> None:
        self._service = service

    def react(self, event: Recorded, connection: Connection[DictRow]) -> None:
        """Queue the mail of an event, its link made in the same transaction."""
        try:
            if event.name == CREATED:
                self._created(event, connection)
            elif event.name == EMAIL_CHANGED:
                previous: Personal[str] = Personal.parse(event.data["previous"])
                self._queue(connection, event, "email-changed", previous)
            else:
                self._invited(event, connection)
        except SubjectErased:
            return  # erased since: there is nobody to write to

    def _created(self, event: Recorded, connection: Connection[DictRow]) -> None:
        """Unless it was made by a link: whoever used that has just set the password."""
        near = (event.position - _NEIGHBOURS, event.position, event.command_id)
        if event.command_id is not None and connection.execute(_ACCEPTED, near).fetchone() is not None:
            return
        link = links.make(connection, "password", account_id=event.stream_id)
        self._queue(connection, event, "creation", Personal.parse(event.data["email"]), link=link)

    def _invited(self, event: Recorded, connection: Connection[DictRow]) -> None:
        """One text for who has no account yet, another for who has: the sender is told the same in both cases."""
        sent = event.data if event.name == INVITED else _first(connection, event.stream_id)
        recipient: Personal[str] = Personal.parse(sent["email"])
        clear = self._service.keyring.open(recipient)
        if isinstance(clear, Erased):
            return
        digest = self._service.keyring.digest("email", clear)
        known = self._service.ledger.log_recorder.select_claim("email", digest) is not None
        link = links.make(connection, "invitation", target_id=event.stream_id)
        facts = {"organisation_id": str(sent["organisation_id"])}
        kind = "invitation-known" if known else "invitation-new"
        self._queue(connection, event, kind, recipient, facts=facts, link=link)

    def _queue(
        self,
        connection: Connection[DictRow],
        event: Recorded,
        kind: str,
        recipient: Personal[str],
        *,
        facts: outbox.Facts | None = None,
        link: links.NewLink | None = None,
    ) -> None:
        cause = f"{self.NAME}:{event.position}:{kind}"
        outbox.enqueue(
            connection, self._service.keyring, cause=cause, kind=kind, recipient=recipient, facts=facts, link=link
        )


def _first(connection: Connection[DictRow], stream_id: UUID) -> dict[str, Any]:
    row = connection.execute(_SENT, (stream_id,)).fetchone()
    if row is None:
        raise LookupError("an invitation without its beginning")
    found: dict[str, Any] = orjson.loads(row["payload"])
    return found
