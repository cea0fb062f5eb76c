"""Growth: what an append, and a page, cost on a log of a million events, against what they cost on ten thousand.

The result is the cost on the large one over the cost on the small one: 1 is flat. `FULL=1` goes to ten millions.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Final

from benchmarks.append import check_no_gap, one_event
from benchmarks.dossiers import EVENTS_EACH
from benchmarks.figures import FULL, ROUNDS, Benchmark, Figure, databases
from benchmarks.page import PATH, check, filled, gateway, pages
from benchmarks.writers import rate
from ledger.kit.ids import uuid7
from ledger.log.appending import Append
from ledger.log.database import Database
from ledger.log.recorder import Recorder
from support.databases import Cluster

SMALL: Final = 10_000
LARGE: Final = 10_000_000 if FULL else 1_000_000
WRITERS: Final = 8


def append(server: Cluster) -> Figure:
    """Appends a second on two logs, measured in turn, with as many streams before as dossiers have."""
    with ExitStack() as open_:
        recorders = [_recorder(open_, server, size) for size in (LARGE, SMALL)]
        rates = [[_appends(recorder) for recorder in recorders] for _ in range(max(3, ROUNDS))]
        for recorder in recorders:
            check_no_gap(recorder)
    return _cost(rates)


def page(server: Cluster) -> Figure:
    """Pages a second from two gateways, measured in turn; one provider sees every dossier of the log."""
    with ExitStack() as open_:
        places = []
        for size in (LARGE, SMALL):
            url, keys_url, _ = open_.enter_context(databases(server))
            header = filled(url, size // EVENTS_EACH, with_log=True)
            port = open_.enter_context(gateway(url, keys_url))
            check(port, header, size // EVENTS_EACH)
            places.append((port, header))
        return _cost([[pages(port, PATH, header) for port, header in places] for _ in range(max(3, ROUNDS))])


def _recorder(open_: ExitStack, server: Cluster, size: int) -> Recorder:
    url, _, _ = open_.enter_context(databases(server))
    filled(url, size // EVENTS_EACH, with_log=True)
    return Recorder(open_.enter_context(Database(url)))


def _appends(recorder: Recorder) -> float:
    return rate(lambda: recorder.append([Append(one_event(), command_id=uuid7())]), WRITERS, seconds=2.0)


def _cost(rates: list[list[float]]) -> Figure:
    """`ours` is the rate on the large log and `peer` on the small one, of the median round; costs are the inverse."""
    large, small = sorted(rates, key=lambda pair: pair[1] / pair[0])[len(rates) // 2]
    return Figure(large, small, small / large)


BENCHMARKS: Final = {
    "growth.append": Benchmark(append, floor=1.5, aim=1.2, least=True),
    "growth.page": Benchmark(page, floor=1.5, aim=1.2, least=True),
}
