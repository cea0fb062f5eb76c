"""The rows that a worker keeps in memory, and the collector of cycles, which looks through all of them for nothing."""

from __future__ import annotations

import gc
import time
from typing import Final

ASIDE_SECONDS: Final = 1.0
THOROUGH_SECONDS: Final = 600.0


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
