"""Recovery codes: ten, of 80 random bits each, shown once, kept as digests, good once each."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.auth import opaque
from ledger.log.database import Role

if TYPE_CHECKING:
    from gateway.service import Service

COUNT: Final = 10
_BYTES: Final = 10  # 80 bits: nothing to guess, and so nothing for argon2 to do
_GROUP: Final = 4
_USE: Final = """
update auth.recovery_code set used_at = now() where account_id = %s and digest = %s and used_at is null
returning 1 as n"""


async def make(service: Service, account_id: UUID) -> list[str]:
    """Ten new codes; the ones before are void."""
    codes = [_new_code() for _ in range(COUNT)]
    async with service.queries.transaction(Role.AUTH) as connection:
        await connection.execute("delete from auth.recovery_code where account_id = %s", (account_id,))
        await connection.execute(
            "insert into auth.recovery_code (account_id, digest) select %s, unnest(%s::bytea[])",
            (account_id, [_digest(code) for code in codes]),
        )
    return codes


async def use(service: Service, account_id: UUID, code: str) -> bool:
    """Whether it is one that has not served; it has, from now on."""
    async with service.queries.transaction(Role.AUTH) as connection:
        cursor = await connection.execute(_USE, (account_id, _digest(code)))
    return await cursor.fetchone() is not None


def _new_code() -> str:
    text = base64.b32encode(secrets.token_bytes(_BYTES)).decode()
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def _digest(code: str) -> bytes:
    """However it is typed: in any case, with or without its hyphens."""
    return opaque.digest("".join(filter(str.isalnum, code.upper())))
