"""Waiting for what another thread, process or browser does: as long as a slow machine that does much else may need.

No test asserts that something happens soon: what does not happen at all is what it fails for, a minute later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

PATIENCE_SECONDS: Final = 60.0
LOADED: Final = 30.0
"""What such a machine may add to a time that is promised: what is promised in two seconds is done in 32 at the most."""

T = TypeVar("T")


def eventually(
    look: Callable[[], T],
    told: str | Callable[[], object] = "it never came",
    *,
    seconds: float = PATIENCE_SECONDS,
    pause: float = 0.02,
) -> T:
    """What `look` gives, as soon as that is true; fails with what `told` says where it is not in so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, told() if callable(told) else told
        time.sleep(pause)
    return found
