"""How fresh an answer is: `Ledger-Position` on each, and `min_position` to wait for what one has just written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.api.problems import problem
from ledger.log.database import AsyncDatabase
from projections.engine.waiting import wait_for_async
from projections.fetching import Asked, ask_number

HEADER: Final = "Ledger-Position"
WAIT_SECONDS: Final = 2.0
_POSITION: Final = (
    "select coalesce(min(position), 0) as position from read.position where projector = any(%(projectors)s)"
)


async def ask_position(connection: AsyncConnection[DictRow], projectors: Sequence[str]) -> Asked[int]:
    """The position of the slowest of the projections that an answer is made of."""
    return await ask_number(connection, _POSITION, {"projectors": list(projectors)})


async def wait_for(database: AsyncDatabase, projectors: Sequence[str], position: int) -> None:
    """Return once all of them have folded `position`; the problem `read-model-late` after two seconds."""
    if not await wait_for_async(database, position, WAIT_SECONDS, projectors):
        raise problem("read-model-late", headers={"Retry-After": "1"})
