"""Reading one's own writes: a query with `min_position` waits, briefly, for the read tables to have come that far."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Final

from ledger.log.database import AsyncDatabase, Database, Role

_REACHED: Final = b"""
select coalesce(min(position), 0) as position from read.position
where %(names)s::text[] is null or projector = any(%(names)s::text[])
"""
_FIRST_PAUSE: Final = 0.002
_LONGEST_PAUSE: Final = 0.05


def reached(database: Database, names: Sequence[str] | None = None) -> int:
    """The position that every projection (or every one of `names`) has folded."""
    with database.transaction(Role.GATEWAY) as connection:
        row = connection.execute(_REACHED, {"names": _names(names)}).fetchone()
    return int(row["position"]) if row else 0


def wait_for(database: Database, position: int, seconds: float, names: Sequence[str] | None = None) -> bool:
    """True as soon as the projections (all, or `names`) have folded `position`; False after so many `seconds`."""
    for pause in _pauses(seconds):
        if reached(database, names) >= position:
            return True
        time.sleep(pause)
    return reached(database, names) >= position


async def reached_async(database: AsyncDatabase, names: Sequence[str] | None = None) -> int:
    """The same as `reached`, on an event loop."""
    async with database.transaction(Role.GATEWAY) as connection:
        row = await (await connection.execute(_REACHED, {"names": _names(names)})).fetchone()
    return int(row["position"]) if row else 0


async def wait_for_async(
    database: AsyncDatabase,
    position: int,
    seconds: float,
    names: Sequence[str] | None = None,
) -> bool:
    """The same as `wait_for`, on an event loop."""
    for pause in _pauses(seconds):
        if await reached_async(database, names) >= position:
            return True
        await asyncio.sleep(pause)
    return await reached_async(database, names) >= position


def _pauses(seconds: float) -> Iterator[float]:
    """Short pauses first, for a fold is a matter of milliseconds; longer ones when it is not."""
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while (left := deadline - time.monotonic()) > 0:
        yield min(pause, left)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _names(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else list(names)
