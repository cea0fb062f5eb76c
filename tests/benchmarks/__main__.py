"""`make bench`: measure, print a table, and write `bench.json` as {name: ratio}. `ONLY=prefix` runs some."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import append, application
from ledger import embedded
from ledger.kit import keyring
from ledger.log.migrations import migrate
from support.databases import Cluster

RESULT: Final = Path("bench.json")

Figure = tuple[float, float]
"""Ours and the peer's, in the same unit."""


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A durable server of its own: what is measured is what production pays, fsync included."""
    with tempfile.TemporaryDirectory(dir=tempfile.gettempdir()) as name:
        place = Path(name)
        place.chmod(0o711)
        server = embedded.start(place)
        try:
            yield Cluster(server.url("postgres"))
        finally:
            embedded.stop(server)


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


def append_by(writers: int) -> Callable[[Cluster], Figure]:
    def run(server: Cluster) -> Figure:
        with databases(server) as (ours, _, theirs):
            return append.measure(ours, theirs, writers)

    return run


def application_by(writers: int) -> Callable[[Cluster], Figure]:
    def run(server: Cluster) -> Figure:
        with databases(server) as (ours, keys, theirs):
            return application.measure(ours, keys, theirs, writers)

    return run


BENCHMARKS: Final[dict[str, Callable[[Cluster], Figure]]] = {
    **{f"append.{writers}": append_by(writers) for writers in (1, 8, 32)},
    "application.32": application_by(32),
}


def main() -> int:
    chosen = {name: run for name, run in BENCHMARKS.items() if name.startswith(os.environ.get("ONLY", ""))}
    results: dict[str, float] = {}
    with cluster() as server:
        print(f"{'':14}{'ours/s':>12}{'peer/s':>12}{'ratio':>8}")
        for name, run in chosen.items():
            ours, theirs = run(server)
            results[name] = round(ours / theirs, 2)
            print(f"{name:14}{ours:12,.0f}{theirs:12,.0f}{results[name]:8.2f}", flush=True)
    RESULT.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
