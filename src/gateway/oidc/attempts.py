"""Attempts to sign in with the provider: begun in one browser, good once, for ten minutes, in that browser alone."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow

from gateway.auth import opaque

SECONDS: Final = 600
_TAKE: Final = """
update auth.oidc_state set used_at = now()
 where digest = %s and browser = %s and used_at is null and expires_at > now() returning digest"""


@dataclass(frozen=True)
class Attempt:
    """`state` goes to the provider and back, `browser` into a cookie; neither is kept but as a digest.

    The nonce and the proof (RFC 7636) are derived from the cookie's secret: nobody who reads the database, or the
    address to which the provider sends the browser back, can make them.
    """

    state: str
    browser: str

    @property
    def nonce(self) -> str:
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        return self._derived("verifier")

    def _derived(self, purpose: str) -> str:
        message = f"{purpose}:{self.state}".encode()
        return opaque.base64url(hmac.digest(self.browser.encode(), message, hashlib.sha256))


async def begin(connection: AsyncConnection[DictRow]) -> Attempt:
    """A new attempt. The connection acts as AUTH."""
    attempt = Attempt(opaque.new_secret(), opaque.new_secret())
    await connection.execute(
        "insert into auth.oidc_state (digest, browser, expires_at) values (%s, %s, now() + make_interval(secs => %s))",
        (opaque.digest(attempt.state), opaque.digest(attempt.browser), SECONDS),
    )
    return attempt


async def take(connection: AsyncConnection[DictRow], attempt: Attempt) -> bool:
    """Use the attempt up; False where it is late, used, of another browser, or was never begun."""
    values = (opaque.digest(attempt.state), opaque.digest(attempt.browser))
    cursor = await connection.execute(_TAKE, values)
    return await cursor.fetchone() is not None


def sweep(connection: Connection[Any]) -> None:
    """Forget attempts that are over. The connection acts as AUTH."""
    connection.execute("delete from auth.oidc_state where expires_at < now() - interval '1 day'")
