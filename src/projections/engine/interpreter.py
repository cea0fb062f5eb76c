"""What the interpreter does beside the folds, and when: looking for cycles among rows that make none, and turns."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

ASIDE_SECONDS: Final = 1.0
THOROUGH_SECONDS: Final = 600.0
_TURN_SECONDS: Final = 0.0005


@contextmanager
def collected_later() -> Iterator[None]:
    """No search for cycles for as long as a batch is folded: entries and rows make none, and there are many to look
    through, again and again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def short_turns() -> Iterator[None]:
    """Whoever has heard from PostgreSQL goes on at once, instead of when the fold's turn of 5 ms is over: to write one
    batch takes many such answers.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


class Aside:
    """Sets what lives aside, where the collector does not look: rows make no cycles, and there are many.

    A whole collection takes a tenth of a second over a hundred thousand rows, in the middle of a batch. Whatever else
    was set aside and is garbage by now is looked for in an idle moment, from time to time.
    """

    def __init__(self) -> None:
        self._set_at = self._thorough_at = time.monotonic()

    def set(self) -> None:
        """Call between batches, as often as one likes."""
        if time.monotonic() - self._set_at > ASIDE_SECONDS:
            gc.freeze()
            self._set_at = time.monotonic()

    def look_through(self) -> None:
        """Call when there is nothing to do."""
        if time.monotonic() - self._thorough_at > THOROUGH_SECONDS:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._thorough_at = time.monotonic()
