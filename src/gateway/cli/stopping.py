"""Stopping when told to: everything that a command opened is closed, whatever it was in the middle of."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_REQUESTS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def until_told() -> Iterator[None]:
    """Run the block to its end, or until SIGTERM, Ctrl-C or the terminal's end asks; what it opened is closed in order.

    To be stopped so is no error. The second request is not heard: it would interrupt the closing.
    """
    before = {request: signal.signal(request, _interrupt) for request in _REQUESTS}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for request, handler in before.items():
            signal.signal(request, handler)


@contextmanager
def set_when_told(stop: threading.Event) -> Iterator[None]:
    """As `until_told`, for a block that ends by itself once `stop` is set: what is under way is finished."""

    def tell(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    before = {request: signal.signal(request, tell) for request in _REQUESTS}
    try:
        yield
    finally:
        for request, handler in before.items():
            signal.signal(request, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    for request in _REQUESTS:
        signal.signal(request, signal.SIG_IGN)
    raise KeyboardInterrupt
