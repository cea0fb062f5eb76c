"""All live read models catching up with a log, against the library's ProjectionRunner with one trivial view."""

from __future__ import annotations

import time
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Identifier

from benchmarks.append import library_environment
from benchmarks.figures import ROUNDS, Benchmark, Figure
from benchmarks.logs import EVENTS, log_of, opened
from benchmarks.rebuild import check_equal
from projections.engine.engine import Engine
from projections.engine.rebuild import rebuild
from projections.registry import ALL
from support.databases import Cluster

THEIRS: Final = 4_000


class Thing(Aggregate):
    @event("Opened")
    def __init__(self) -> None:
        self.total_cents = 0

    @event("Raised")
    def raise_by(self, amount_cents: int, reference: str) -> None:
        self.total_cents += amount_cents


class Count(PostgresTrackingRecorder):
    """How many events there were: nothing but the tracking, and one number."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sql_create_statements.append(
            SQL("create table if not exists {} (alone boolean primary key, n bigint)").format(Identifier("things"))
        )

    def increment(self, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "insert into things values (true, 1) on conflict (alone) do update set n = things.n + 1", prepare=True
            )


class Counting(Projection[Count]):
    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.increment(tracking)


def run(server: Cluster) -> Figure:
    """Events a second; refuses rows that a rebuild does not give, and a count that is not the log's."""
    urls, library_url = log_of(server), server.create()
    _append_theirs(library_url)
    pairs = [(EVENTS / _ours(urls), THEIRS / _theirs(library_url)) for _ in range(ROUNDS)]
    with opened(*urls) as (database, keys):
        rebuild(database, keys, ALL)
    check_equal(urls[0])
    server.drop(library_url)
    return Figure(sum(ours for ours, _ in pairs) / ROUNDS, sum(theirs for _, theirs in pairs) / ROUNDS)


def _ours(urls: tuple[str, str]) -> float:
    tables = ", ".join(f"read.{table.name}" for projector in ALL for table in projector.TABLES)
    with psycopg.connect(urls[0]) as connection:
        connection.execute(f"truncate {tables}".encode())
        connection.execute("update read.position set position = 0, generation = generation + 1")
    with opened(*urls) as (database, keys), Engine(database, keys, ALL) as engine:
        started = time.perf_counter()
        engine.catch_up()
        return time.perf_counter() - started


def _append_theirs(url: str) -> None:
    with Application[UUID](env=library_environment(url)) as application:
        for _ in range(THEIRS // 100):
            thing = Thing()
            for _ in range(99):
                thing.raise_by(1, "FICTIVE-2026")
            application.save(thing)


def _theirs(url: str) -> float:
    with psycopg.connect(url) as connection:
        connection.execute("drop table if exists things, counting_tracking")
    started = time.perf_counter()
    with ProjectionRunner(
        application_class=Application[UUID],
        projection_class=Counting,
        view_class=Count,
        env=library_environment(url),
    ) as runner:
        runner.wait(THEIRS, timeout=120)
        elapsed = time.perf_counter() - started
    with psycopg.connect(url) as connection:
        if connection.execute("select n from things").fetchone() != (THEIRS,):
            raise SystemExit("the library's view did not count every event")
    return elapsed


BENCHMARKS: Final = {"catch-up": Benchmark(run, floor=20, aim=50)}
