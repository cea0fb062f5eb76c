"""Tokens of programs: opaque, bound to an account, expiring, listed and revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from gateway.auth import opaque
from ledger.kit.clock import Clock, system_clock
from ledger.kit.errors import Invalid, NotFound
from ledger.kit.identifiers import check_one_line
from ledger.kit.ids import uuid7
from ledger.log.database import Database, Role

MAX_DAYS: Final = 366
_COLUMNS: Final = "token_id, account_id, label, created_at, expires_at, revoked_at, last_used_at, grave"


@dataclass(frozen=True)
class Token:
    """A token as the list shows it: never its secret, which is shown once, when it is made."""

    token_id: UUID
    account_id: UUID
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    grave: bool


class TokenStore:
    """Makes, lists and revokes tokens, as the fund's staff."""

    def __init__(self, database: Database, *, clock: Clock = system_clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, account_id: UUID, *, label: str, days: int = 90, grave: bool = True) -> tuple[str, Token]:
        """A new token of the account, for `days` (1 to 366), and its secret, which cannot be had again.

        `label` says what it is for; it is no place for a name. `grave`: it may do what asks a person for a fresh proof.
        Invalid where an input breaks its rule.
        """
        if not 1 <= days <= MAX_DAYS:
            raise Invalid(field="days", rule=f"La durée d'un jeton va de 1 à {MAX_DAYS} jours.")
        secret = opaque.new_secret(opaque.MACHINE)
        name = check_one_line(label, field="label")
        now = self._clock()
        with self._database.transaction(Role.STAFF) as connection:
            row = connection.execute(
                "insert into auth.token (token_id, account_id, digest, label, created_at, expires_at, grave) "
                f"values (%s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}",
                (uuid7(), account_id, opaque.digest(secret), name, now, now + timedelta(days), grave),
            ).fetchone()
        return secret, _token(row)

    def all(self, *, account_id: UUID | None = None) -> list[Token]:
        """The tokens, newest first; those of one account, or all."""
        with self._database.transaction(Role.STAFF) as connection:
            rows = connection.execute(
                f"select {_COLUMNS} from auth.token where session_id is null "
                "and (%(account)s::uuid is null or account_id = %(account)s) "
                "order by created_at desc, token_id desc",
                {"account": account_id},
            ).fetchall()
        return [_token(row) for row in rows]

    def revoke(self, token_id: UUID, *, account_id: UUID | None = None) -> Token:
        """End a token at once, of the account where one is given; one that is revoked already stays as it was.

        NotFound where there is none.
        """
        with self._database.transaction(Role.STAFF) as connection:
            row = connection.execute(
                "update auth.token set revoked_at = coalesce(revoked_at, %(now)s) where token_id = %(token)s "
                "and session_id is null and (%(account)s::uuid is null or account_id = %(account)s) "
                f"returning {_COLUMNS}",
                {"now": self._clock(), "token": token_id, "account": account_id},
            ).fetchone()
        if row is None:
            raise NotFound(field="token_id")
        return _token(row)


def _token(row: dict[str, Any] | None) -> Token:
    if row is None:
        raise LookupError("the database returned no token")
    return Token(**row)
