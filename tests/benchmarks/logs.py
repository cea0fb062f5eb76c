"""Logs to fold: realistic events of many dossiers, mixed in the order of their days, made once for each run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Final

import psycopg

from benchmarks.figures import FULL
from gateway.generator.events import appends, events
from ledger.kit import keyring
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log.appending import Append
from ledger.log.database import Database
from ledger.log.migrations import migrate
from ledger.log.recorder import Recorder
from projections.engine.schema import install
from projections.registry import ALL
from support.databases import Cluster

EVENTS: Final = 1_000_000 if FULL else 300_000
_SEED: Final = 7
_TOGETHER: Final = 50
_made: dict[str, tuple[str, str]] = {}


def log_of(server: Cluster, number: int = EVENTS) -> tuple[str, str]:
    """The URLs of a log of `number` events, with empty read tables, and of its keys; they go with the server."""
    name = f"{server.url} {number}"
    if name not in _made:
        urls = server.create(), server.create()
        prepare(*urls)
        with opened(*urls) as (database, keys):
            fill(Recorder(database), appends(events(_SEED, number, keys), keys, together=_TOGETHER))
        _made[name] = urls
    return _made[name]


def prepare(url: str, keys_url: str) -> None:
    migrate(url, origin="bench.example")
    keyring.migrate(keys_url)
    install(url, ALL)


@contextmanager
def opened(url: str, keys_url: str) -> Iterator[tuple[Database, Keyring]]:
    with keyring_at(keys_url)() as keys, Database(url) as database:
        yield database, keys


def keyring_at(keys_url: str) -> partial[Keyring]:
    """Opens the keyring, here or in another process."""
    return partial(Keyring, keys_url, MasterKey(b"m" * 32))


def check_contiguous(url: str) -> None:
    """The correctness gate of every log here: no gap, nothing twice."""
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*), max(position), min(position) from log.events").fetchone()
    if row is None or row[0] != row[1] or row[2] != 1:
        raise SystemExit(f"the log has a gap: {row}")


def fill(recorder: Recorder, waiting: Iterable[Append]) -> None:
    iterator = iter(waiting)
    while batch := list(islice(iterator, 20)):
        recorder.append(batch)
