"""Rebuilding read tables beside the live ones, from the first event: readers notice nothing, no effect is repeated."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final

import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from ledger.log.database import SESSION, Database
from ledger.log.reader import head
from projections.engine import positions, schema
from projections.engine.batches import Batches
from projections.engine.feeding import Feeder
from projections.engine.filling import FILLING, KEEP_ROWS, Filling, connected
from projections.engine.opening import Opener
from projections.engine.projector import Projector
from projections.engine.reading import known_names
from projections.engine.schema import NEXT
from projections.engine.sharing import ALONE, Shared, fill_shared, grouped, helpers

_log = structlog.get_logger(__name__)

Progress = Callable[[int, int], None]
"""Called with the position reached and the position to reach."""

_LOCK: Final = 0x6E657874  # "next": held by the one process that builds beside
_BATCH: Final = 20_000
_FRESHENERS: Final = 2
_SEARCHED: Final = b"""
select c.oid::regclass::text as name, array_agg(quote_ident(a.attname)) filter (
    where exists (select from pg_index i where i.indrelid = c.oid and a.attnum = any(i.indkey))
    or exists (
        select from pg_depend d where d.classid = 'pg_policy'::regclass
        and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid = a.attnum
    )
) as searched
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.oid = any(%s::regclass[])
group by c.oid order by pg_relation_size(c.oid) desc
"""


class RebuildRunning(RuntimeError):
    """Another process is rebuilding this database's projections."""


class RebuildStopped(RuntimeError):
    """A projection could not be rebuilt. What there is stays in `read_next` to be looked at; live rows are whole."""


def rebuild(
    database: Database,
    keyring: Opener,
    projectors: Sequence[Projector],
    *,
    progress: Progress | None = None,
    upto: int | None = None,
    batch: int = _BATCH,
    known: Container[str] | None = None,
    shared: Shared = ALONE,
    into: str = NEXT,
) -> int:
    """Make the tables of `projectors` anew in `read_next` and fold the log into them, up to its head or `upto`.

    Returns the position reached. What an earlier rebuild of them left there is dropped first. `database` is the
    owner's. Raises RebuildRunning, RebuildStopped. The swap is another step (`swap`), and folds what came meanwhile.
    `into` may be `read_past`, which shows how the read models stood at `upto`, and is never swapped.
    """
    names = [projector.NAME for projector in projectors]
    with (
        helpers(shared, projectors) as others,
        _alone(database.url) as connection,
        ThreadPoolExecutor(1) as maker,
    ):
        known = known_names() if known is None else known
        goal = _goal(connection, upto)
        groups = grouped(connection, projectors, 1 + len(others.processes))
        making = maker.submit(_make, connection, into, projectors)
        filling = Filling(
            database.url, into, goal, batch, lambda at: progress(at, goal) if progress else None, making.result
        )
        if errors := fill_shared(filling, keyring, groups, others, known):
            _log.info("rebuild goes on with care", errors=errors)
        tables, forced = making.result()
        batches = Batches(into, projectors, keyring, partial(_transaction, connection), keep_rows=KEEP_ROWS, copy=True)
        with connection.transaction():
            batches.own(positions.claim(connection, into, names))
        feeder = Feeder(batches, partial(_transaction, connection), limit=batch, known=known)
        reached = _finish(batches, feeder, progress, goal, upto)
        with connection.transaction():
            for table in forced:
                connection.execute(f"alter table {table} force row level security".encode())
        _freshen(database.url, connection, tables)
    return reached


def _freshen(url: str, connection: Connection[DictRow], tables: Sequence[str]) -> None:
    """Fresh visibility and statistics: the first readers after the swap must not be the ones who pay.

    The statistics are those of the columns that queries search by, in indexes and in row security, half of the work.
    PostgreSQL's own daemon takes the others within minutes, since an analysis of some columns leaves its count of
    changes as it was.
    """
    largest_first = iter(connection.execute(_SEARCHED, (list(tables),)).fetchall())
    with ExitStack() as stack, ThreadPoolExecutor(_FRESHENERS) as pool:
        connections = [stack.enter_context(connected(url)) for _ in range(_FRESHENERS)]

        def work(each: Connection[DictRow]) -> None:
            for table in largest_first:
                searched = f"({', '.join(table['searched'])})" if table["searched"] else ""
                each.execute(f"vacuum (analyze) {table['name']} {searched}".encode())

        for done in [pool.submit(work, each) for each in connections]:
            done.result()


def _make(connection: Connection[DictRow], into: str, projectors: Sequence[Projector]) -> tuple[list[str], list[str]]:
    """Make the tables anew, empty; their names, and the names of those whose row security is no longer forced."""
    names = [projector.NAME for projector in projectors]
    with connection.transaction():
        schema.hold(connection)
        schema.make_houses(connection)
        schema.remove(connection, into, names)
        for projector in projectors:
            schema.make(connection, into, projector)
        tables = _tables(connection, into, names)
        return tables, _unforce(connection, tables)


@contextmanager
def _transaction(connection: Connection[DictRow]) -> Iterator[Connection[DictRow]]:
    # As the owner, whom row security that is not forced leaves alone: COPY refuses it.
    with connection.transaction():
        yield connection


def _finish(batches: Batches, feeder: Feeder, progress: Progress | None, goal: int, upto: int | None) -> int:
    """Fold what came meanwhile, and whatever the filling has left, batch by batch, telling what is wrong."""
    reached = min(at.position for at in batches.owned.values())
    while feeder.feed(upto=upto):
        _refuse_failures(batches)
        reached = min(at.position for at in batches.owned.values())
        goal = max(goal, reached)
        if progress:
            progress(reached, goal)
    _refuse_failures(batches)
    if feeder.waits_at is not None:
        raise RebuildStopped(
            f"seule une version plus récente du logiciel connaît l'événement de la position {feeder.waits_at}"
        )
    return reached


def _goal(connection: Connection[DictRow], upto: int | None) -> int:
    with connection.transaction():
        end = head(connection)
    return end if upto is None else min(end, upto)


def _refuse_failures(batches: Batches) -> None:
    failed = [at for at in batches.owned.values() if at.state == "failed"]
    if failed:
        told = "; ".join(f"{at.projector} à la position {at.failed_position} : {at.error}" for at in failed)
        raise RebuildStopped(told)


def _tables(connection: Connection[DictRow], into: str, names: Sequence[str]) -> list[str]:
    found = positions.read(connection, into)
    return [f"{into}.{table}" for name in names for table in found[name].tables]


def _unforce(connection: Connection[DictRow], tables: Sequence[str]) -> list[str]:
    # For the time of the rebuild alone. Nobody but the owner and the projector may enter this schema; the swap refuses
    # tables that are not as their SQL makes them.
    rows = connection.execute(
        "select oid::regclass::text as name from pg_class where relforcerowsecurity and oid = any(%s::regclass[])",
        (list(tables),),
    )
    forced = [row["name"] for row in rows]
    for table in forced:
        connection.execute(f"alter table {table} no force row level security".encode())
    return forced


@contextmanager
def _alone(url: str) -> Iterator[Connection[DictRow]]:
    with psycopg.connect(
        url, autocommit=True, row_factory=dict_row, options=SESSION, application_name="dossier-ledger rebuild"
    ) as connection:
        for lock in (_LOCK, FILLING):
            row = connection.execute("select pg_try_advisory_lock(%s) as had", (lock,)).fetchone()
            if not (row and row["had"]):
                raise RebuildRunning
        # Nobody who was left behind by a killed rebuild still fills; from here on whoever fills is ours.
        connection.execute("select pg_advisory_unlock(%s)", (FILLING,))
        yield connection
