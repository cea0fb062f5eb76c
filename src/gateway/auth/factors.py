"""Second factors together: proving one, and taking one away, but for the last one of those who must have one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.auth import recovery
from gateway.auth.holder import Holder, required
from gateway.auth.passkeys import Passkeys
from gateway.auth.totp import Totp
from gateway.mail.outbox import enqueue_async
from ledger.kit.errors import NotFound, RuleBroken
from ledger.kit.ids import uuid7
from ledger.log.database import Role

if TYPE_CHECKING:
    from gateway.service import Service

Factor = Literal["totp", "recovery", "passkey"]
_LEFT: Final = """
select (select count(*) from auth.totp where account_id = %(account_id)s and confirmed_at is not null)
     + (select count(*) from auth.passkey where account_id = %(account_id)s) as left"""


class LastFactor(RuleBroken):
    """Whoever must sign in with a second factor keeps one."""

    code = "last-factor"
    template = "Votre rôle exige un second facteur : enregistrez-en un autre avant de retirer celui-ci."


@dataclass(frozen=True)
class Given:
    """What was shown: exactly one of them. `passkey` is a challenge's id and what the passkey answered."""

    totp: str | None = None
    recovery_code: str | None = None
    passkey: tuple[UUID, Mapping[str, Any]] | None = None


async def prove(service: Service, holder: Holder, given: Given) -> Factor | None:
    """Which factor of the account's was shown; None where it was none. A code that has served does not serve again."""
    if given.totp is not None:
        return "totp" if await Totp(service).verify(holder.account_id, given.totp) else None
    if given.recovery_code is not None:
        if not await recovery.use(service, holder.account_id, given.recovery_code):
            return None
        await tell(service, holder)
        return "recovery"
    if given.passkey is not None:
        return "passkey" if await Passkeys(service).verify(*given.passkey) == holder.account_id else None
    return None


async def remove_totp(service: Service, holder: Holder) -> None:
    """NotFound, LastFactor."""
    await _remove(service, holder, "delete from auth.totp where account_id = %(account_id)s returning 1 as n", {})


async def remove_passkey(service: Service, holder: Holder, credential_id: bytes) -> None:
    """NotFound, LastFactor."""
    statement = "delete from auth.passkey where account_id = %(account_id)s and credential_id = %(id)s returning 1 as n"
    await _remove(service, holder, statement, {"id": credential_id})


async def tell(service: Service, holder: Holder) -> None:
    """A mail to the account: what confirms its sign-ins has changed, or a recovery code has served."""
    async with service.queries.transaction(Role.AUTH) as connection:
        await _tell(connection, holder)


async def _remove(service: Service, holder: Holder, statement: str, values: Mapping[str, Any]) -> None:
    """Two removals at once wait for each other: together they could take the last two."""
    asked = {**values, "account_id": holder.account_id}
    async with service.queries.transaction(Role.AUTH) as connection:
        await connection.execute(
            "select pg_advisory_xact_lock(hashtextextended('factors ' || %(account_id)s::text, 0))", asked
        )
        if await (await connection.execute(statement.encode(), asked)).fetchone() is None:
            raise NotFound
        row = await (await connection.execute(_LEFT, asked)).fetchone()
        if row is None or row["left"] == 0:
            if required(holder.role):
                raise LastFactor
            await connection.execute("delete from auth.recovery_code where account_id = %(account_id)s", asked)
        await _tell(connection, holder)


async def _tell(connection: AsyncConnection[DictRow], holder: Holder) -> None:
    cause = f"factor-changed:{uuid7()}"
    await enqueue_async(connection, cause=cause, kind="factor-changed", recipient=holder.email)
