"""Append: one-event commands by our recorder, against the library's default PostgreSQL recorder, on one server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, StoredEvent
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict

from benchmarks.figures import ROUNDS, Benchmark, Figure, databases
from benchmarks.writers import rate
from ledger.kit.ids import uuid7
from ledger.log.appending import Append
from ledger.log.database import Database
from ledger.log.recorder import Recorder
from support.databases import Cluster

PAYLOAD: Final = (
    b'{"timestamp":"2026-03-05T09:00:00Z","amount_cents":187500,"on":"2026-03-05","note":"' + b"x" * 170 + b'"}'
)


def library_environment(url: str) -> dict[str, str]:
    """The library's defaults on a database, its pool large enough for every writer."""
    parts = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts["host"]),
        "POSTGRES_PORT": str(parts.get("port", 5432)),
        "POSTGRES_USER": str(parts["user"]),
        "POSTGRES_PASSWORD": str(parts.get("password", "")),
        "POSTGRES_POOL_SIZE": "40",
    }


@contextmanager
def library(url: str) -> Iterator[ApplicationRecorder]:
    """The library's own recorder."""
    with InfrastructureFactory.construct(Environment("Peer", library_environment(url))) as factory:
        yield factory.application_recorder()


def one_event() -> list[StoredEvent]:
    return [StoredEvent(uuid7(), 1, "thing.done.v1", PAYLOAD)]


def run(server: Cluster, *, writers: int) -> Figure:
    """Commands a second, ours and the library's, measured in turn; refuses a log with a gap."""
    with (
        databases(server) as (ours_url, _, library_url),
        Database(ours_url, max_size=40) as database,
        library(library_url) as peer,
    ):
        recorder = Recorder(database)

        def ours() -> None:
            recorder.append([Append(one_event(), command_id=uuid7())])

        def theirs() -> None:
            peer.insert_events(one_event())

        figure = in_turn(ours, theirs, writers)
        check_no_gap(recorder)
    return figure


def in_turn(ours: Callable[[], None], theirs: Callable[[], None], writers: int) -> Figure:
    pairs = [(rate(ours, writers), rate(theirs, writers)) for _ in range(ROUNDS)]
    return Figure(sum(o for o, _ in pairs) / ROUNDS, sum(t for _, t in pairs) / ROUNDS)


def check_no_gap(recorder: Recorder) -> None:
    """The correctness gate: a fast log with a hole in it, or with an event twice, is worth nothing."""
    row = recorder.select_figures()
    if row["count"] != row["highest"]:
        raise SystemExit(f"the log has {row['count']} events and reaches position {row['highest']}")


BENCHMARKS: Final = {
    "append.1": Benchmark(partial(run, writers=1), floor=2, aim=2.5),
    "append.8": Benchmark(partial(run, writers=8), floor=4, aim=8),
    "append.32": Benchmark(partial(run, writers=32), floor=12, aim=20),
}
