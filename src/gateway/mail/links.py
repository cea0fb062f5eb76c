"""Links of mails: random, stored as SHA-256, single use, a day at most. The secret is in the mail and nowhere else.

Looking at a link changes nothing, since scanners and previews open what they find; only the posted form uses it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow

from ledger.kit.ids import uuid7

HOURS: Final = 24
PATH: Final = "/liens/"
KEPT_DAYS: Final = 30
_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_COLUMNS: Final = "link_id, purpose, account_id, target_id, group_id, made_at, expires_at"
_LIVE: Final = "digest = %s and used_at is null and void_at is null and expires_at > now()"
_VOID: Final = """
update auth.link set void_at = now()
 where used_at is null and void_at is null and purpose = any(%(purposes)s)
   and (account_id = %(account_id)s or target_id = %(target_id)s)
"""


@dataclass(frozen=True)
class NewLink:
    """A link just made. Its secret cannot be had again: it goes into the mail, sealed until that is sent."""

    link_id: UUID
    secret: str


@dataclass(frozen=True)
class Link:
    """A link that can still be used. `account_id` is whose it is, `target_id` what else it is about, by purpose."""

    link_id: UUID
    purpose: str
    account_id: UUID | None
    target_id: UUID | None
    group_id: UUID | None
    made_at: datetime
    expires_at: datetime


def make(
    connection: Connection[DictRow],
    purpose: str,
    *,
    account_id: UUID | None = None,
    target_id: UUID | None = None,
    group_id: UUID | None = None,
    hours: int = HOURS,
) -> NewLink:
    """A new link, for `hours` (24 at most); older ones of the same purpose, for the same account or target, are void.

    The connection acts as AUTH. Of several links of one `group_id` (an address changed at both ends) each has its own
    purpose or target.
    """
    void(connection, purpose, account_id=account_id, target_id=target_id)
    made = NewLink(uuid7(), base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("="))
    connection.execute(
        "insert into auth.link (link_id, digest, purpose, account_id, target_id, group_id, expires_at) "
        "values (%s, %s, %s, %s, %s, %s, now() + make_interval(hours => %s))",
        (made.link_id, digest(made.secret), purpose, account_id, target_id, group_id, hours),
    )
    return made


async def look(connection: AsyncConnection[DictRow], secret: str) -> Link | None:
    """The link of a secret, or None where it is used, late, void or altered. Changes nothing."""
    return await _find(connection, f"select {_COLUMNS} from auth.link where {_LIVE}", secret)


async def hold(connection: AsyncConnection[DictRow], secret: str) -> Link | None:
    """As `look`, and nobody else can use it until the transaction ends: of ten posts at once one goes on."""
    return await _find(connection, f"select {_COLUMNS} from auth.link where {_LIVE} for update", secret)


async def used(connection: AsyncConnection[DictRow], link: Link) -> None:
    """Note that a held link has served."""
    await connection.execute("update auth.link set used_at = now() where link_id = %s", (link.link_id,))


def void(
    connection: Connection[DictRow], *purposes: str, account_id: UUID | None = None, target_id: UUID | None = None
) -> None:
    """Make the open links of these purposes void, of an account or a target."""
    connection.execute(_VOID, {"purposes": list(purposes), "account_id": account_id, "target_id": target_id})


async def void_async(
    connection: AsyncConnection[DictRow], *purposes: str, account_id: UUID | None = None, target_id: UUID | None = None
) -> None:
    """As `void`, on the event loop."""
    await connection.execute(_VOID, {"purposes": list(purposes), "account_id": account_id, "target_id": target_id})


def sweep(connection: Connection[DictRow]) -> None:
    """Forget the links that ended long ago."""
    connection.execute("delete from auth.link where expires_at < now() - make_interval(days => %s)", (KEPT_DAYS,))


def address(public_url: str, secret: str) -> str:
    """Where a link leads: always the deployment's own address, whatever Host a request claimed."""
    return f"{public_url}{PATH}{secret}"


def digest(secret: str) -> bytes:
    """SHA-256, unsalted: the secret has 256 random bits, so that there is nothing to guess or precompute."""
    return hashlib.sha256(secret.encode()).digest()


async def _find(connection: AsyncConnection[DictRow], query: str, secret: str) -> Link | None:
    if _FORM.fullmatch(secret) is None:
        return None
    cursor = await connection.execute(query.encode(), (digest(secret),))
    row: dict[str, Any] | None = await cursor.fetchone()
    return None if row is None else Link(**row)
