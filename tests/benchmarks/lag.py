"""From the moment an append is acknowledged until every read model has the event's rows, at a steady rate.

The appender and the folds are processes of their own, as in production; this one looks, as a query would.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from statistics import median, quantiles
from threading import Event
from typing import Final

import psycopg

from benchmarks.figures import FULL, Benchmark, Figure
from benchmarks.logs import check_contiguous, fill, opened, prepare
from gateway.generator.events import appends, events
from ledger.kit.ids import uuid7
from ledger.log.appending import Append
from ledger.log.database import Database
from ledger.log.recorder import Recorder
from projections.engine.engine import Engine
from projections.registry import ALL
from support.databases import Cluster

SECONDS: Final = 10
BEFORE: Final = 10_000
GROWN: Final = 10_000_000 if FULL else 1_000_000
KEPT: Final = 0.9
"""The part of the rate that the appender must keep: less measures something easier."""
PATIENCE_SECONDS: Final = 120
_TICK_SECONDS: Final = 0.005
_LOOK_SECONDS: Final = 0.0005
_SEED: Final = 7
_spawn: Final = get_context("spawn")

Moments = list[tuple[float, int]]
"""(instant of the machine's monotonic clock, position), in order."""


def run(server: Cluster, *, rate: int) -> Figure:
    """The 99th percentile, in milliseconds; refuses a log with a gap, and read models that do not reach its end."""
    with _fund(server, BEFORE + rate * SECONDS) as (urls, waiting):
        delays = _delays(urls, waiting, rate)
    return Figure(quantiles(delays, n=100)[98] * 1000)


def growth(server: Cluster) -> Figure:
    """The median delay in a log of 10⁶ events (10⁷ with FULL=1) against that in one of 10⁴, at 200 events a second."""
    rate = 200
    with _fund(server, BEFORE + 2 * rate * SECONDS) as (urls, waiting):
        half = len(waiting) // 2
        small = median(_delays(urls, waiting[:half], rate))
        _grow(urls[0], GROWN)
        grown = median(_delays(urls, waiting[half:], rate))
    return Figure(grown * 1000, small * 1000)


@contextmanager
def _fund(server: Cluster, number: int) -> Iterator[tuple[tuple[str, str], list[Append]]]:
    """A log of BEFORE events that is folded, and as many more as make `number`, ready to be appended one by one."""
    urls = server.create(), server.create()
    prepare(*urls)
    with opened(*urls) as (database, keys), Engine(database, keys, ALL) as engine:
        facts = events(_SEED, number, keys)
        fill(Recorder(database), appends(islice(facts, BEFORE), keys, together=50))
        engine.catch_up()
        waiting = list(appends(facts, keys))
    yield urls, waiting
    check_contiguous(urls[0])
    for url in urls:
        server.drop(url)


def _delays(urls: tuple[str, str], waiting: Sequence[Append], rate: int) -> list[float]:
    stop = _spawn.Event()
    here, there = _spawn.Pipe()
    folding = _spawn.Process(target=_fold, args=(urls, stop), daemon=True)
    appending = _spawn.Process(target=_append, args=(urls[0], there, rate), daemon=True)
    for process in (folding, appending):
        process.start()
    here.send(waiting)
    seen: Moments = []
    with psycopg.connect(urls[0], autocommit=True) as connection:
        _look_until(connection, seen, here.poll)
        acknowledged: Moments = here.recv()
        end = acknowledged[-1][1]
        deadline = time.monotonic() + PATIENCE_SECONDS
        _look_until(connection, seen, lambda: seen[-1][1] >= end or time.monotonic() > deadline)
    stop.set()
    for process in (folding, appending):
        process.join()
    if seen[-1][1] < end:
        raise SystemExit(f"the read models stay at {seen[-1][1]}, the log is at {end}")
    _check_rate(acknowledged, rate)
    reached = [position for _, position in seen]
    # No delay is measured finer than one looks.
    return [max(_LOOK_SECONDS, seen[bisect_left(reached, position)][0] - at) for at, position in acknowledged]


def _look_until(connection: psycopg.Connection, seen: Moments, over: Callable[[], bool]) -> None:
    while True:
        row = connection.execute("select min(position) from read.position").fetchone()
        seen.append((time.monotonic(), row[0] if row else 0))
        if over():
            return
        time.sleep(_LOOK_SECONDS)


def _fold(urls: tuple[str, str], stop: Event) -> None:
    with opened(*urls) as (database, keys):
        Engine(database, keys, ALL).run(stop)


def _append(url: str, pipe: Pipe, rate: int) -> None:
    """Append what comes through the pipe, at so many events a second, and answer when each was acknowledged."""
    waiting: Sequence[Append] = pipe.recv()
    with Database(url) as database:
        recorder = Recorder(database)
        time.sleep(1)  # the folds lead by then, and have nothing left to do
        started = time.monotonic()
        acknowledged: Moments = []
        while len(acknowledged) < len(waiting):
            time.sleep(_TICK_SECONDS)
            # All that are due, as group commit takes them when writers are many.
            due = waiting[len(acknowledged) : int((time.monotonic() - started) * rate)]
            positions = recorder.append([replace(one, command_id=uuid7()) for one in due])
            now = time.monotonic()
            acknowledged += [(now, position) for position in positions]
    pipe.send(acknowledged)


def _check_rate(acknowledged: Moments, rate: int) -> None:
    (first, _), (last, _) = acknowledged[0], acknowledged[-1]
    kept = (len(acknowledged) - 1) / (last - first)
    if kept < KEPT * rate:
        raise SystemExit(f"the appender made {kept:.0f} events/s of {rate}")


def _grow(url: str, number: int) -> None:
    """Renamings of an organisation, as many as are missing. They are not folded: it is the log that grows."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into log.events (position, recorded_at, stream_id, version, name, dossiers, payload) "
            "select head.position + n, head.recorded_at, stream.stream_id, stream.version + n, "
            "'organisation.renamed.v1', '{}', "
            """convert_to('{"timestamp":"2026-03-05T09:00:00Z","name":"FICTIVE ' || n || '"}', 'utf8') """
            "from (select position, recorded_at from log.events order by position desc limit 1) head, "
            "(select stream_id, max(version) as version from log.events where name like 'organisation.%%' "
            "group by stream_id limit 1) stream, generate_series(1, %s - head.position) n order by n",
            (number,),
        )
        connection.execute("update read.position set position = (select max(position) from log.events)")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze log.events")


BENCHMARKS: Final = {
    **{
        f"lag.{rate}.p99_ms": Benchmark(partial(run, rate=rate), floor=25, aim=10, unit="ms", least=True)
        for rate in (200, 1_000)
    },
    "growth.lag": Benchmark(growth, floor=1.5, aim=1.2, unit="ms", least=True),
}
