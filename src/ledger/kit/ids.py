"""Time-ordered identifiers: UUIDv7 (RFC 9562, section 5.7).

Own function because PostgreSQL 15 and Python 3.11 have none. Ids are never derived from data: random (v4) or hashed ids
cost five times the write-ahead log, and a derived id would be a disguise of what it was derived from.
"""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A new UUIDv7; within one process each is greater than the one before."""
    global _last  # noqa: PLW0603 - the one piece of state that makes the ids rise
    with _lock:
        # 48 bits of milliseconds and 12 bits of their fraction (RFC 9562, 6.2, method 3), pushed on when the clock
        # stands still or steps back.
        nanoseconds = time.time_ns()
        tick = (nanoseconds // 1_000_000) << 12 | (nanoseconds % 1_000_000) * 4096 // 1_000_000
        _last = tick = max(tick, _last + 1)
    milliseconds, fraction = tick >> 12, tick & 0xFFF
    random = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random)
