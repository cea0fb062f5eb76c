"""How fresh an answer is: `Ledger-Position` on each, and `min_position` to wait for what one has just written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.api.problems import problem
from ledger.log.database import AsyncDatabase, Role

HEADER: Final = "Ledger-Position"
WAIT_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = 0.01
_POSITION: Final = "select coalesce(min(position), 0) as position from read.position where projector = any(%s)"


async def position_of(connection: AsyncConnection[Any], projectors: Sequence[str]) -> int:
    """The position of the slowest of the projections that an answer is made of."""
    cursor = await connection.execute(_POSITION, (list(projectors),))
    row: DictRow | None = await cursor.fetchone()
    return int(row["position"]) if row else 0


async def wait_for(database: AsyncDatabase, projectors: Sequence[str], position: int) -> None:
    """Return once all of them have folded `position`; the problem `read-model-late` after two seconds.

    Short transactions, one for each look: a waiting reader holds neither a connection nor a snapshot.
    """
    until = time.monotonic() + WAIT_SECONDS
    while True:
        async with database.transaction(Role.GATEWAY) as connection:
            if await position_of(connection, projectors) >= position:
                return
        if time.monotonic() >= until:
            raise problem("read-model-late", headers={"Retry-After": "1"})
        await asyncio.sleep(_PAUSE_SECONDS)
