"""Threads that write as fast as they can for a while, and how many commands they got through."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def rate(write: Callable[[], None], writers: int, *, seconds: float = 3.0, warm_up: float = 0.5) -> float:
    """Commands a second of `writers` threads that call `write` in a loop, after a warm-up."""
    counts = [0] * writers
    phase = {"counting": False, "over": False}

    def run(index: int) -> None:
        while not phase["over"]:
            write()
            counts[index] += phase["counting"]

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(writers)]
    for thread in threads:
        thread.start()
    time.sleep(warm_up)
    phase["counting"] = True
    started = time.perf_counter()
    time.sleep(seconds)
    phase["counting"] = False
    elapsed = time.perf_counter() - started
    phase["over"] = True
    for thread in threads:
        thread.join()
    return sum(counts) / elapsed
