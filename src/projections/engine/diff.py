"""Live rows against rebuilt ones, at one position of the log: what a swap would change for readers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.rows import DictRow

from ledger.log.database import Database, Role
from projections.engine import positions
from projections.engine.batches import Batches
from projections.engine.feeding import Feeder
from projections.engine.opening import Opener
from projections.engine.positions import Position
from projections.engine.projector import Projector
from projections.engine.schema import LIVE, NEXT
from projections.engine.table import Table

SHOWN: Final = 20
_PAUSE_SECONDS: Final = 0.1
_SHOWABLE: Final = frozenset({"uuid", "date", "bigint", "int", "boolean", "timestamptz"})
_HIDDEN: Final = "…"


class DiffRefused(RuntimeError):
    """The two cannot be compared. `reasons` has one line, in French, for each thing that stands against it."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row. `absent_from` names the schema that has no such row; else `columns` are those that differ.

    `key` has no text, which may be personal (a searched word is a name), and no value of the row is here at all.
    """

    key: Mapping[str, str]
    absent_from: str | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableDifference:
    """One table: how many rows differ, and the first of them in the order of the key. `columns` are in one table only,
    which is so between two versions, and are not compared.
    """

    table: str
    count: int
    rows: tuple[RowDifference, ...]
    columns: tuple[str, ...]


def diff(
    database: Database, keyring: Opener, projectors: Sequence[Projector], *, patience: float = 60.0
) -> list[TableDifference]:
    """What differs between `read` and `read_next`, one entry for each table in which something does.

    The rebuilt tables catch up with the live ones first, and both are read in one snapshot: the live engine waits for
    some milliseconds, and what comes meanwhile is no difference. DiffRefused where something was not rebuilt or has
    failed, or where the live tables stay behind the rebuilt ones for `patience` seconds.
    """
    follower = _Follower(database, keyring, projectors)
    deadline = time.monotonic() + patience
    with closing(database.dedicated(Role.PROJECTOR)) as snapshot:
        snapshot.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        while True:
            with snapshot.transaction():
                behind = follower.meet(snapshot)
                if not behind:
                    return [found for each in projectors for found in _of(snapshot, each)]
            if time.monotonic() > deadline:
                raise DiffRefused(*behind)
            time.sleep(_PAUSE_SECONDS)


class _Follower:
    """Brings the rebuilt tables to where the live ones are."""

    def __init__(self, database: Database, keyring: Opener, projectors: Sequence[Projector]) -> None:
        self._database = database
        self._names = [projector.NAME for projector in projectors]
        transaction = partial(database.transaction, Role.PROJECTOR)
        self._batches = Batches(NEXT, projectors, keyring, transaction)
        self._feeder = Feeder(self._batches, transaction, limit=5_000)

    def meet(self, snapshot: Connection[DictRow]) -> list[str]:
        """Let `snapshot` see both at one position; or say what is not there yet."""
        with self._database.transaction(Role.PROJECTOR) as connection:
            live = positions.read(connection, LIVE)
        self._check(live)
        self._follow(live)
        with self._database.transaction(Role.PROJECTOR) as connection:
            # From here on the live engine waits. What is left is what it folded since the line before.
            live = positions.read(connection, LIVE, lock=self._names)
            coming = self._follow(live)
            snapshot.execute("select 1")
        return [
            f"{name} : {LIVE} est à la position {live[name].position}, {NEXT} à {coming[name].position}"
            for name in self._names
            if live[name].position != coming[name].position
        ]

    def _follow(self, live: Mapping[str, Position]) -> Mapping[str, Position]:
        upto = min(live[name].position for name in self._names)
        self._batches.claim()
        while self._feeder.feed(upto=upto):
            pass
        with self._database.transaction(Role.PROJECTOR) as connection:
            return positions.read(connection, NEXT)

    def _check(self, live: Mapping[str, Position]) -> None:
        with self._database.transaction(Role.PROJECTOR) as connection:
            coming = positions.read(connection, NEXT)
        reasons = [
            f"{name} : aucune table dans {schema}"
            for name in self._names
            for schema, found in ((LIVE, live), (NEXT, coming))
            if name not in found
        ]
        for schema, found in ((LIVE, live), (NEXT, coming)):
            reasons += [
                f"{name} : {schema} s'est arrêté à la position {found[name].failed_position} : {found[name].error}"
                for name in self._names
                if name in found and found[name].state != "live"
            ]
        if reasons:
            raise DiffRefused(*reasons)


def _of(snapshot: Connection[DictRow], projector: Projector) -> Iterator[TableDifference]:
    for table in projector.TABLES:
        live, coming = (_columns(snapshot, schema, table) for schema in (LIVE, NEXT))
        if not live:
            yield TableDifference(table.name, 0, (), tuple(coming))
            continue
        unshared = tuple(name for name in {**live, **coming} if live.get(name) != coming.get(name))
        shared = [name for name in table.names if name not in unshared]
        count, rows = _rows(snapshot, table, shared)
        if count or unshared:
            yield TableDifference(table.name, count, rows, unshared)


def _columns(snapshot: Connection[DictRow], schema: str, table: Table) -> dict[str, str]:
    rows = snapshot.execute(
        "select attname, format_type(atttypid, atttypmod) as type from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        (f"{schema}.{table.name}",),
    )
    return {row["attname"]: row["type"] for row in rows}


def _rows(snapshot: Connection[DictRow], table: Table, shared: Sequence[str]) -> tuple[int, tuple[RowDifference, ...]]:
    if not set(table.key) <= set(shared):
        return 0, ()
    key, rest = list(table.key), [name for name in shared if name not in table.key]
    differing = "".join(f", case when l.{name} is distinct from n.{name} then '{name}' end" for name in rest)
    shown = [name for name in key if table.names[name].type in _SHOWABLE]
    rows = snapshot.execute(
        f"select count(*) over () as count, l.present is null as not_live, n.present is null as not_next"
        f"{''.join(f', {name}::text as key_{name}' for name in shown)}, "
        f"array_remove(array[null::text{differing}], null) as columns "
        f"from (select *, true as present from {LIVE}.{table.name}) l "
        f"full join (select *, true as present from {NEXT}.{table.name}) n using ({', '.join(key)}) "
        f"where {' or '.join(['l.present is null', 'n.present is null', *_distinct(rest)])} "
        f"order by {', '.join(key)} limit {SHOWN}".encode()
    ).fetchall()
    return (rows[0]["count"] if rows else 0), tuple(_difference(row, key) for row in rows)


def _distinct(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield f"l.{name} is distinct from n.{name}"


def _difference(row: Mapping[str, Any], key: Sequence[str]) -> RowDifference:
    absent = LIVE if row["not_live"] else NEXT if row["not_next"] else None
    found = {name: row.get(f"key_{name}", _HIDDEN) for name in key}
    return RowDifference(found, absent, () if absent else tuple(row["columns"]))
