"""What a benchmark gives: our figure, what it is held against, and where the floor and the aim are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from ledger.kit import keyring
from ledger.log.migrations import migrate
from support.databases import Cluster

FULL: Final = os.environ.get("FULL", "") not in {"", "0"}
ROUNDS: Final = int(os.environ.get("ROUNDS", "2"))


@dataclass(frozen=True, slots=True)
class Figure:
    """`ours` and `peer` in the benchmark's `unit`. `result` is what is gated and written to `bench.json`.

    A figure that stands by itself (a delay in milliseconds) has no peer, and is its own result.
    """

    ours: float
    peer: float | None = None
    value: float | None = None

    @property
    def result(self) -> float:
        if self.value is not None:
            return self.value
        return self.ours if self.peer is None else self.ours / self.peer


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A row of the table. `floor` must hold and `aim` should; where `least` is wanted they are ceilings."""

    run: Callable[[Cluster], Figure]
    floor: float
    aim: float
    unit: str = "/s"
    least: bool = False

    def holds(self, result: float) -> bool:
        return result <= self.floor if self.least else result >= self.floor

    def reaches(self, result: float) -> bool:
        return result <= self.aim if self.least else result >= self.aim


@contextmanager
def databases(server: Cluster) -> Iterator[tuple[str, str, str]]:
    """A fresh ledger, its keys, and an empty database for the peer."""
    urls = server.create(), server.create(), server.create()
    migrate(urls[0], origin="bench.example")
    keyring.migrate(urls[1])
    try:
        yield urls
    finally:
        for url in urls:
            server.drop(url)
