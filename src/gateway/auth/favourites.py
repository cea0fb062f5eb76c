"""The tools of the services portal that an account keeps at hand (row E2), in its own order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from ledger.log.database import AsyncDatabase, Role

_FIND: Final = "select tools from auth.favourite where account_id = %s"
_KEEP: Final = """
insert into auth.favourite (account_id, tools) values (%(account_id)s, %(tools)s)
on conflict (account_id) do update set tools = excluded.tools, changed_at = now()"""


async def find(queries: AsyncDatabase, account_id: UUID) -> tuple[str, ...] | None:
    """Codes of tools, in order; None where the account has never chosen."""
    async with queries.transaction(Role.AUTH) as connection:
        row = await (await connection.execute(_FIND, (account_id,))).fetchone()
    return None if row is None else tuple(row["tools"])


async def keep(queries: AsyncDatabase, account_id: UUID, tools: Sequence[str]) -> None:
    """The last choice counts, whatever window it came from."""
    async with queries.transaction(Role.AUTH) as connection:
        await connection.execute(_KEEP, {"account_id": account_id, "tools": list(tools)})
