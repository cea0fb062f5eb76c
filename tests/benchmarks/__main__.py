"""`make bench`: measure, print a table, and write `bench.json` as {name: result}. `ONLY=prefix` runs some.

`docs/performance.md` explains each figure. `ROUNDS` repeats what is measured in turn with its peer; `FULL=1` runs the
largest sizes.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import append, application, catch_up, deposit, growth, lag, page, rebuild
from benchmarks.figures import Benchmark
from ledger import embedded
from support.databases import Cluster

RESULT: Final = Path("bench.json")

BENCHMARKS: Final[dict[str, Benchmark]] = {
    **append.BENCHMARKS,
    **application.BENCHMARKS,
    **catch_up.BENCHMARKS,
    **rebuild.BENCHMARKS,
    **lag.BENCHMARKS,
    **page.BENCHMARKS,
    **deposit.BENCHMARKS,
    **growth.BENCHMARKS,
}


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


def main() -> int:
    """Exit code 1 where a floor does not hold."""
    chosen = {name: each for name, each in BENCHMARKS.items() if name.startswith(os.environ.get("ONLY", ""))}
    results: dict[str, float] = {}
    held = True
    with cluster() as server:
        print(f"{'':20}{'ours':>12}{'peer':>12}  {'':5}{'result':>8}{'floor':>8}{'aim':>8}  {'load':>5}")
        for name, benchmark in chosen.items():
            figure = benchmark.run(server)
            results[name] = result = round(figure.result, 3)
            held &= benchmark.holds(result)
            peer = "" if figure.peer is None else f"{figure.peer:,.1f}"
            print(
                f"{name:20}{figure.ours:12,.1f}{peer:>12}  {benchmark.unit:5}{result:8.2f}{benchmark.floor:8.2f}"
                f"{benchmark.aim:8.2f}  {os.getloadavg()[0]:5.1f}  {verdict(benchmark, result)}",
                flush=True,
            )
    RESULT.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0 if held else 1


def verdict(benchmark: Benchmark, result: float) -> str:
    if benchmark.reaches(result):
        return "aim"
    return "floor" if benchmark.holds(result) else "BELOW THE FLOOR"


if __name__ == "__main__":
    raise SystemExit(main())
