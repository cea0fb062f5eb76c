"""A new password: the rules first, then everything that it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.auth import sessions
from gateway.auth.holder import Holder, names_of
from gateway.auth.passwords import Rule, broken
from gateway.mail.links import void_async
from gateway.mail.outbox import enqueue_async
from ledger.kit.ids import uuid7
from ledger.log.database import Role

if TYPE_CHECKING:
    from gateway.service import Service


async def change_password(
    service: Service, holder: Holder, password: str, *, but: UUID | None = None
) -> Sequence[Rule]:
    """The rules that it breaks, and nothing is changed; or none: it is the password, every other session has ended,
    links that would set another one are void, and the person is told by mail. Busy where too many wait.
    """
    rules = broken(password, await names_of(service, holder))
    if rules:
        return rules
    await service.passwords.set(holder.account_id, password)
    async with service.queries.transaction(Role.AUTH) as connection:
        await settle(connection, holder, but=but)
    return []


async def settle(connection: AsyncConnection[DictRow], holder: Holder, *, but: UUID | None = None) -> None:
    """What a new password ends, and the mail that tells of it, in a transaction of AUTH's that is under way."""
    await sessions.end_all(connection, holder.account_id, but=but, why="password")
    await void_async(connection, "password", account_id=holder.account_id)
    await enqueue_async(connection, cause=f"password-set:{uuid7()}", kind="password-set", recipient=holder.email)
