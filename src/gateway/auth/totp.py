"""Codes of an authenticator app (RFC 6238): SHA-1, six digits, thirty seconds, as all apps have them.

A code is good for its own half minute and the next one, and once. The secret is sealed under the person's key.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pyotp
from starlette.concurrency import run_in_threadpool

from gateway.auth.holder import Holder
from ledger.kit.clock import Clock, system_clock
from ledger.kit.personal import Erased, Personal
from ledger.log.database import Role

if TYPE_CHECKING:
    from gateway.service import Service

STEP: Final = timedelta(seconds=30)
_CODE: Final = re.compile(r"[0-9]{6}")
_OFFER: Final = """
insert into auth.totp (account_id, pending_sealed) values (%(account_id)s, %(sealed)s)
on conflict (account_id) do update set pending_sealed = excluded.pending_sealed"""
_CONFIRM: Final = """
update auth.totp
   set secret_sealed = pending_sealed, pending_sealed = null, confirmed_at = now(), last_step = %(step)s
 where account_id = %(account_id)s and pending_sealed = %(sealed)s returning 1 as n"""
# A step that was used, or lies before one that was, is not taken: two requests with one code cannot both pass.
_USE: Final = """
update auth.totp set last_step = %(step)s
 where account_id = %(account_id)s and secret_sealed = %(sealed)s and last_step < %(step)s returning 1 as n"""


@dataclass(frozen=True)
class Offered:
    """A secret to be copied into an app, in base32 and as the address of a QR code. It is shown this once."""

    secret: str
    uri: str


class Totp:
    """Offers, confirms and verifies."""

    def __init__(self, service: Service, *, clock: Clock = system_clock) -> None:
        self._service = service
        self._clock = clock

    async def offer(self, holder: Holder) -> Offered:
        """A new secret, of no use before a code of it was given. One that is in use stays so until then."""
        secret = pyotp.random_base32()
        email = holder.email
        sealed = await run_in_threadpool(self._service.keyring.seal, email.subject, secret)
        clear = await run_in_threadpool(self._service.keyring.open, email)
        async with self._service.queries.transaction(Role.AUTH) as connection:
            await connection.execute(_OFFER, {"account_id": holder.account_id, "sealed": str(sealed)})
        return self._offered(secret, str(clear))

    async def pending(self, holder: Holder) -> Offered | None:
        """The secret that waits for a first code: to be shown again to who mistyped one. None where none waits."""
        async with self._service.queries.transaction(Role.AUTH) as connection:
            cursor = await connection.execute(
                "select pending_sealed from auth.totp where account_id = %s", (holder.account_id,)
            )
            row = await cursor.fetchone()
        if row is None or row["pending_sealed"] is None:
            return None
        sealed = [Personal.parse(row["pending_sealed"]), holder.email]
        secret, email = await run_in_threadpool(self._service.keyring.open_many, sealed)
        return None if isinstance(secret, Erased) else self._offered(str(secret), str(email))

    def _offered(self, secret: str, email: str) -> Offered:
        uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=self._service.settings.fund_name)
        return Offered(secret, uri)

    async def confirm(self, account_id: UUID, code: str) -> bool:
        """Whether it is a code of the secret that was offered last, which is in use from now on."""
        return await self._take(account_id, "pending_sealed", code, _CONFIRM)

    async def verify(self, account_id: UUID, code: str) -> bool:
        """Whether it is a code of the secret in use that has not served; it has, from now on."""
        return await self._take(account_id, "secret_sealed", code, _USE)

    async def _take(self, account_id: UUID, column: str, code: str, statement: str) -> bool:
        async with self._service.queries.transaction(Role.AUTH) as connection:
            cursor = await connection.execute(
                f"select {column} as sealed from auth.totp where account_id = %s".encode(), (account_id,)
            )
        row = await cursor.fetchone()
        if row is None or row["sealed"] is None:
            return False
        secret = await run_in_threadpool(self._service.keyring.open, Personal.parse(row["sealed"]))
        step = None if isinstance(secret, Erased) else self._step(secret, code)
        if step is None:
            return False
        values = {"account_id": account_id, "sealed": row["sealed"], "step": step}
        async with self._service.queries.transaction(Role.AUTH) as connection:
            cursor = await connection.execute(statement.encode(), values)
        return await cursor.fetchone() is not None

    def _step(self, secret: str, code: str) -> int | None:
        """The step of which it is the code: the present one or the one before, for slow fingers and clocks."""
        digits = re.sub(r"\s", "", code)
        if _CODE.fullmatch(digits) is None:
            return None
        totp = pyotp.TOTP(secret)
        now = int(self._clock().timestamp() // STEP.total_seconds())
        for step in (now, now - 1):
            if hmac.compare_digest(totp.generate_otp(step), digits):
                return step
        return None
