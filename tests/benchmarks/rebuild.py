"""Rebuilding every read model, against copying the same events out of PostgreSQL in order, which nothing beats."""

from __future__ import annotations

import time
from functools import partial
from typing import Final

import psycopg

from benchmarks.figures import ROUNDS, Benchmark, Figure
from benchmarks.logs import EVENTS, check_contiguous, keyring_at, log_of, opened
from projections.engine.engine import Engine
from projections.engine.rebuild import rebuild
from projections.engine.sharing import Shared
from projections.registry import ALL
from support.databases import Cluster

_COPY: Final = "copy (select * from log.events order by position) to stdout (format binary)"


def run(server: Cluster, *, processes: int) -> Figure:
    """Events a second of the best of each round's turns; refuses rows that are not those of the live tables."""
    urls = log_of(server)
    pairs = [(EVENTS / _rebuilding(urls, processes), EVENTS / _copying(urls[0])) for _ in range(ROUNDS + 1)]
    _check_rows(urls)
    return Figure(sum(ours for ours, _ in pairs[1:]) / ROUNDS, sum(peer for _, peer in pairs[1:]) / ROUNDS)


def _rebuilding(urls: tuple[str, str], processes: int) -> float:
    with opened(*urls) as (database, keys):
        started = time.perf_counter()
        rebuild(database, keys, ALL, shared=Shared(processes, keyring_at(urls[1])))
        return time.perf_counter() - started


def _copying(url: str) -> float:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        started = time.perf_counter()
        with cursor.copy(_COPY) as rows:
            for _ in rows:
                pass
        return time.perf_counter() - started


def _check_rows(urls: tuple[str, str]) -> None:
    """The correctness gate: rebuilt rows are the live ones, every event folded once."""
    with opened(*urls) as (database, keys), Engine(database, keys, ALL) as engine:
        engine.catch_up()
    check_equal(urls[0])


def check_equal(url: str) -> None:
    check_contiguous(url)
    with psycopg.connect(url) as connection:
        reached = connection.execute("select min(position), max(position) from read.position").fetchone()
        if reached != (EVENTS, EVENTS):
            raise SystemExit(f"the live tables stand at {reached}, the log at {EVENTS}")
        for table in (table.name for projector in ALL for table in projector.TABLES):
            other = f"(table read.{table} except all table read_next.{table})"
            more = f"(table read_next.{table} except all table read.{table})"
            row = connection.execute(f"select count(*) from ({other} union all {more}) x".encode()).fetchone()
            if row != (0,):
                raise SystemExit(f"{table}: rebuilt rows are not the live ones")


BENCHMARKS: Final = {
    f"rebuild.{processes}": Benchmark(partial(run, processes=processes), floor=floor, aim=aim)
    for processes, floor, aim in ((1, 0.08, 0.12), (2, 0.14, 0.22))
}
