"""Whoever has lost everything: an operator, on the server, takes the factors away. The API has no such door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.auth.sessions import end_all_now
from gateway.journal.journal import Entry, write
from gateway.mail import links, outbox
from ledger.kit.errors import NotFound
from ledger.kit.ids import uuid7
from ledger.kit.personal import Personal
from ledger.log.database import Role

if TYPE_CHECKING:
    from gateway.service import Service

_TABLES: Final = ("totp", "passkey", "recovery_code", "credential")


def reset_factors(service: Service, account_id: UUID) -> None:
    """Take away the account's factors and password, end its sessions, and send its address a link to begin anew.

    NotFound. It is written to the security journal, in the same transaction.
    """
    with service.database.transaction(Role.AUTH) as connection:
        row = connection.execute(
            "select email_sealed from read.account where account_id = %s", (account_id,)
        ).fetchone()
        if row is None:
            raise NotFound(field="account_id")
        for table in _TABLES:
            connection.execute(f"delete from auth.{table} where account_id = %s".encode(), (account_id,))
        end_all_now(connection, account_id, why="factors-reset")
        recipient: Personal[str] = Personal.parse(row["email_sealed"])
        link = links.make(connection, "password", account_id=account_id)
        cause = f"factors-reset:{uuid7()}"
        outbox.enqueue(connection, service.keyring, cause=f"{cause}:told", kind="factor-changed", recipient=recipient)
        outbox.enqueue(connection, service.keyring, cause=cause, kind="reset", recipient=recipient, link=link)
        write(connection, Entry("second-factor", "reset-by-operator", account_id=account_id))
