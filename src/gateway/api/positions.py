"""How fresh an answer is: `Ledger-Position` on each, and `min_position` to wait for what one has just written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.api.problems import problem
from ledger.log.database import AsyncDatabase
from projections.engine.waiting import wait_for_async

HEADER: Final = "Ledger-Position"
WAIT_SECONDS: Final = 2.0
_POSITION: Final = "select coalesce(min(position), 0) as position from read.position where projector = any(%s)"


async def position_of(connection: AsyncConnection[Any], projectors: Sequence[str]) -> int:
    """The position of the slowest of the projections that an answer is made of."""
    cursor = await connection.execute(_POSITION, (list(projectors),))
    row: DictRow | None = await cursor.fetchone()
    return int(row["position"]) if row else 0


async def wait_for(database: AsyncDatabase, projectors: Sequence[str], position: int) -> None:
    """Return once all of them have folded `position`; the problem `read-model-late` after two seconds."""
    if not await wait_for_async(database, position, WAIT_SECONDS, projectors):
        raise problem("read-model-late", headers={"Retry-After": "1"})
