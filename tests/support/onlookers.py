"""Somebody who looks at one page again and again, and how long each look took."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles

import httpx

from support import plain

PATH = "/v1/dossiers"
PAUSE_SECONDS = 0.01


@dataclass
class Looks:
    """When each look began (of the machine's monotonic clock), what it took, in seconds, and what was answered."""

    began: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def told(self, first: float, last: float) -> str:
        took = [took for began, took in zip(self.began, self.took, strict=True) if first <= began < last]
        if len(took) < 2:
            return f"{len(took)} pages"
        return f"{len(took)} pages, median {median(took) * 1000:.0f} ms, p99 {quantiles(took, n=100)[98] * 1000:.0f} ms"


@contextmanager
def looking(address: str, token: str) -> Iterator[Looks]:
    """Asks for the first page of dossiers until the block ends; an answer other than 200 is noted as wrong."""
    looks, stop = Looks(), threading.Event()

    def look() -> None:
        with plain.client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
            while not stop.wait(PAUSE_SECONDS):
                began = time.monotonic()
                try:
                    answer = client.get(PATH)
                    if answer.status_code != 200:
                        looks.wrong.append(f"{answer.status_code} {answer.text[:300]}")
                except httpx.HTTPError as error:
                    looks.wrong.append(repr(error))
                looks.began.append(began)
                looks.took.append(time.monotonic() - began)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield looks
    finally:
        stop.set()
        thread.join()
