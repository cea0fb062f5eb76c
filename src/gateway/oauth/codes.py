"""Authorization codes and the tokens that they are exchanged for: rows of `auth`, written as `ledger_auth`.

A code is good once, for a minute, for the frontend, the address and the proof that it was asked with, while its session
lives. A token is good for ten minutes, never longer than its session: the look-up joins the two (`auth/caller.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow

from gateway.auth import opaque
from gateway.oauth import pkce
from gateway.oauth.requests import Asked
from ledger.kit.ids import uuid7

CODE_SECONDS: Final = 60
TOKEN_SECONDS: Final = 600
KEPT_DAYS: Final = 1
_LABEL: Final = "Portail"

_LIVE: Final = "s.ended_at is null and s.ends_at > now() and s.seen_at + make_interval(secs => s.idle_seconds) > now()"
_ISSUE: Final = """
insert into auth.code (digest, session_id, account_id, client_id, redirect_uri, challenge, expires_at)
values (%(digest)s, %(session_id)s, %(account_id)s, %(client_id)s, %(redirect_uri)s, %(challenge)s,
        now() + make_interval(secs => %(seconds)s))"""
_FIND: Final = f"""
select c.account_id, c.session_id, c.client_id, c.redirect_uri, c.challenge, c.used_at is not null as used,
       c.expires_at <= now() as late,
       exists (select 1 from auth.session s where s.session_id = c.session_id and s.stage = 'full' and {_LIVE}) as live
  from auth.code c where c.digest = %(digest)s for update"""
_GIVE: Final = """
insert into auth.token (token_id, account_id, digest, label, created_at, expires_at, session_id, client_id, code_digest)
select %(token_id)s, s.account_id, %(digest)s, %(label)s, now(),
       least(now() + make_interval(secs => %(seconds)s), s.ends_at), s.session_id, %(client_id)s, %(code)s
  from auth.session s where s.session_id = %(session_id)s
returning greatest(1, extract(epoch from expires_at - now())::int) as seconds"""


class Outcome(StrEnum):
    """What became of a code, for the journal; whoever asks hears `invalid_grant` of all but the first."""

    ISSUED = "issued"
    UNKNOWN = "unknown"
    REPLAYED = "replayed"
    LATE = "late"
    OTHER_CLIENT = "other-client"
    UNPROVED = "unproved"
    SESSION_OVER = "session-over"


@dataclass(frozen=True)
class Redeemed:
    """`secret` and `seconds` where the outcome is ISSUED. `account_id` is None for a code that never was."""

    outcome: Outcome
    account_id: UUID | None = None
    secret: str = ""
    seconds: int = 0


async def issue(connection: AsyncConnection[DictRow], asked: Asked, *, session_id: UUID, account_id: UUID) -> str:
    """A code of the session for the frontend: 43 characters, kept as a digest only."""
    code = opaque.new_secret()
    values = {
        "digest": opaque.digest(code),
        "session_id": session_id,
        "account_id": account_id,
        "client_id": asked.frontend.client_id,
        "redirect_uri": asked.frontend.redirect_uri,
        "challenge": asked.challenge,
        "seconds": CODE_SECONDS,
    }
    await connection.execute(_ISSUE, values)
    return code


async def redeem(
    connection: AsyncConnection[DictRow], code: str, *, client_id: str, redirect_uri: str, verifier: str
) -> Redeemed:
    """Exchange a code for a token. The row's lock lets one of many through.

    A code that comes a second time was read by somebody else: the token of the first time is revoked (RFC 6749, 4.1.2).
    A wrong proof uses nothing up: it cannot be guessed, and a thief could otherwise keep the rightful frontend out.
    """
    digest = opaque.digest(code)
    cursor = await connection.execute(_FIND.encode(), {"digest": digest})
    row = await cursor.fetchone()
    if row is None:
        return Redeemed(Outcome.UNKNOWN)
    refused = _refusal(row, client_id, redirect_uri, verifier)
    if refused is Outcome.REPLAYED:
        await connection.execute(
            "update auth.token set revoked_at = coalesce(revoked_at, now()) where code_digest = %s", (digest,)
        )
    if refused:
        return Redeemed(refused, row["account_id"])
    await connection.execute("update auth.code set used_at = now() where digest = %s", (digest,))
    secret, seconds = await _give(connection, row, digest)
    return Redeemed(Outcome.ISSUED, row["account_id"], secret, seconds)


async def revoke(connection: AsyncConnection[DictRow], secret: str, *, client_id: str) -> UUID | None:
    """End a frontend's own token at once; its account, or None where there was nothing to end."""
    query = (
        "update auth.token set revoked_at = now() "
        "where digest = %s and client_id = %s and revoked_at is null and expires_at > now() returning account_id"
    )
    cursor = await connection.execute(query, (opaque.digest(secret), client_id))
    row = await cursor.fetchone()
    return row["account_id"] if row else None


def sweep(connection: Connection[Any]) -> None:
    """Forget codes and frontends' tokens that are over; a code is kept a day, to know it when it comes again."""
    over = "expires_at < now() - make_interval(days => %s)"
    connection.execute(f"delete from auth.code where {over}".encode(), (KEPT_DAYS,))
    connection.execute(f"delete from auth.token where session_id is not null and {over}".encode(), (KEPT_DAYS,))


def _refusal(row: dict[str, Any], client_id: str, redirect_uri: str, verifier: str) -> Outcome | None:
    if (row["client_id"], row["redirect_uri"]) != (client_id, redirect_uri):
        return Outcome.OTHER_CLIENT
    if not pkce.proves(verifier, row["challenge"]):
        return Outcome.UNPROVED
    if row["used"]:
        return Outcome.REPLAYED
    if row["late"]:
        return Outcome.LATE
    return None if row["live"] else Outcome.SESSION_OVER


async def _give(connection: AsyncConnection[DictRow], row: dict[str, Any], code: bytes) -> tuple[str, int]:
    secret = opaque.new_secret(opaque.FRONTEND)
    values = {
        "token_id": uuid7(),
        "digest": opaque.digest(secret),
        "label": _LABEL,
        "seconds": TOKEN_SECONDS,
        "session_id": row["session_id"],
        "client_id": row["client_id"],
        "code": code,
    }
    cursor = await connection.execute(_GIVE, values)
    issued = await cursor.fetchone()
    if issued is None:
        raise LookupError("the session of a code is gone")
    return secret, issued["seconds"]
