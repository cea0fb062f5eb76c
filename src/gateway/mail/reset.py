"""A forgotten password (row O2): the worker looks whether the address is an account's, and mails a link if so."""

from __future__ import annotations

from typing import Any, Final

from psycopg import Connection
from psycopg.rows import DictRow

from gateway.mail import links, outbox
from gateway.mail.wishes import Wish
from gateway.service import Service
from ledger.kit.clock import paris_day, system_clock
from ledger.kit.keyring import SubjectErased
from ledger.kit.personal import Personal

_ACCOUNT: Final = "select email_sealed, disabled, ends_on from read.account where account_id = %s"


class NotReadYet(Exception):
    """The account was made a moment ago: the read model follows."""


def send_reset(service: Service, wish: Wish, connection: Connection[DictRow]) -> None:
    """A link of purpose `password` to whoever holds the address; nothing where nobody does, or may not sign in."""
    if wish.email_digest is None:
        return
    account_id = service.ledger.log_recorder.select_claim("email", wish.email_digest)
    if account_id is None:
        return
    row = connection.execute(_ACCOUNT, (account_id,)).fetchone()
    if row is None:
        raise NotReadYet
    if row["disabled"] or _is_over(row):
        return
    link = links.make(connection, "password", account_id=account_id)
    recipient: Personal[str] = Personal.parse(row["email_sealed"])
    try:
        outbox.enqueue(
            connection, service.keyring, cause=f"reset:{wish.wish_id}", kind="reset", recipient=recipient, link=link
        )
    except SubjectErased:
        links.void(connection, "password", account_id=account_id)


def _is_over(row: dict[str, Any]) -> bool:
    return row["ends_on"] is not None and row["ends_on"] < paris_day(system_clock())
