"""Bearer tokens: opaque, bound to an account, expiring, listed and revoked; made by the command line alone for now."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from ledger.account.events import Role as AccountRole
from ledger.kit.clock import Clock, system_clock
from ledger.kit.errors import Invalid, NotFound
from ledger.kit.identifiers import check_one_line
from ledger.kit.ids import uuid7
from ledger.log.database import Database, Role

PREFIX: Final = "dlt_"
MAX_DAYS: Final = 366
_FORM: Final = re.compile(r"dlt_[A-Za-z0-9_-]{43}")
_COLUMNS: Final = "token_id, account_id, label, created_at, expires_at, revoked_at, last_used_at"

# One reading: the token, its account, and what its memberships let it see. `last_used_at` is kept to the hour.
_LOOK_UP: Final = """
select t.token_id, t.account_id, a.role, a.person_id,
       t.last_used_at is null or t.last_used_at < now() - interval '1 hour' as stale,
       coalesce(array(select distinct e from read.membership m, unnest(m.establishment_ids) e
                      where m.account_id = t.account_id order by e), '{}') as scope
  from auth.token t join read.account a on a.account_id = t.account_id
 where t.digest = %(digest)s and t.revoked_at is null and t.expires_at > now() and not a.disabled
   and (a.ends_on is null or a.ends_on >= (now() at time zone 'Europe/Paris')::date)
"""


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


@dataclass(frozen=True)
class Caller:
    """Whose token it is. `scope` is the establishments of all its memberships, sorted; staff need none."""

    token_id: UUID
    account_id: UUID
    person_id: UUID
    role: AccountRole
    scope: tuple[UUID, ...]


class TokenStore:
    """Makes, lists and revokes tokens, as the fund's staff."""

    def __init__(self, database: Database, *, clock: Clock = system_clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, account_id: UUID, *, label: str, days: int = 90) -> tuple[str, Token]:
        """A new token of the account, for `days` (1 to 366), and its secret, which cannot be had again.

        `label` says what it is for; it is no place for a name. Invalid where an input breaks its rule.
        """
        if not 1 <= days <= MAX_DAYS:
            raise Invalid(field="days", rule=f"La durée d'un jeton va de 1 à {MAX_DAYS} jours.")
        secret = PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        now = self._clock()
        with self._database.transaction(Role.STAFF) as connection:
            row = connection.execute(
                "insert into auth.token (token_id, account_id, digest, label, created_at, expires_at) "
                f"values (%s, %s, %s, %s, %s, %s) returning {_COLUMNS}",
                (uuid7(), account_id, digest(secret), check_one_line(label, field="label"), now, now + timedelta(days)),
            ).fetchone()
        return secret, _token(row)

    def all(self, *, account_id: UUID | None = None) -> list[Token]:
        """The tokens, newest first; those of one account, or all."""
        with self._database.transaction(Role.STAFF) as connection:
            rows = connection.execute(
                f"select {_COLUMNS} from auth.token where %(account)s::uuid is null or account_id = %(account)s "
                "order by created_at desc, token_id desc",
                {"account": account_id},
            ).fetchall()
        return [_token(row) for row in rows]

    def revoke(self, token_id: UUID) -> Token:
        """End a token at once; one that is revoked already stays as it was. NotFound where there is none."""
        with self._database.transaction(Role.STAFF) as connection:
            row = connection.execute(
                f"update auth.token set revoked_at = coalesce(revoked_at, %s) where token_id = %s returning {_COLUMNS}",
                (self._clock(), token_id),
            ).fetchone()
        if row is None:
            raise NotFound(field="token_id")
        return _token(row)


async def look_up(connection: AsyncConnection[DictRow], secret: str) -> Caller | None:
    """The caller of a live token of a live account; None for any other text. The connection acts as the gateway."""
    if _FORM.fullmatch(secret) is None:
        return None
    cursor = await connection.execute(_LOOK_UP, {"digest": digest(secret)})
    row = await cursor.fetchone()
    if row is None:
        return None
    if row["stale"]:
        await connection.execute("update auth.token set last_used_at = now() where token_id = %s", (row["token_id"],))
    return Caller(row["token_id"], row["account_id"], row["person_id"], AccountRole(row["role"]), tuple(row["scope"]))


def digest(secret: str) -> bytes:
    """SHA-256, unsalted: the secret has 256 random bits, so that there is nothing to guess or precompute."""
    return hashlib.sha256(secret.encode()).digest()


def _token(row: dict[str, Any] | None) -> Token:
    if row is None:
        raise LookupError("the database returned no token")
    return Token(**row)
