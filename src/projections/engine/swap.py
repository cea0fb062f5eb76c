"""Putting rebuilt tables in the place of the live ones, or the old ones back, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from ledger.log.database import SESSION, Database, Role
from projections.engine import positions, schema
from projections.engine.batches import Batches
from projections.engine.catalogue import Catalogue, catalogue, differences
from projections.engine.feeding import Feeder
from projections.engine.opening import Opener
from projections.engine.positions import Position
from projections.engine.projector import Projector
from projections.engine.schema import LIVE, NEXT, OLD, PAST

_log = structlog.get_logger(__name__)

# Waiting for the tables holds up every reader that comes after. Shorter than `deadlock_timeout` (1 s), so that in a tie
# with a reader of two tables it is the swap that gives way; after a while longer than it, so that an autovacuum does.
_SHORT: Final = "300ms"
_LONG: Final = "1500ms"
_PATIENT_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 0.2
_CHECK: Final = "read_check"


class SwapRefused(RuntimeError):
    """Nothing was changed. `reasons` has one line, in French, for each thing that stands against it."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def swap(
    database: Database, keyring: Opener, projectors: Sequence[Projector], *, back: bool = False, patience: float = 60.0
) -> None:
    """Exchange the tables of `projectors`: those of `read_next` become live, the live ones go to `read_old`.

    With `back`, those of `read_old` become live again and the live ones go to `read_next`. Readers wait some tenths of
    a second at most, and meet no error. What becomes live is caught up first, so that nobody sees time go back (except
    going back to tables of another VERSION, which only their own release can fold). Raises SwapRefused, also when the
    tables could not be had within `patience` seconds.
    """
    exchange = _Exchange(database, keyring, projectors, OLD if back else NEXT, NEXT if back else OLD)
    exchange.catch_up()
    deadline = time.monotonic() + patience
    started = time.monotonic()
    while True:
        patient = time.monotonic() - started > _PATIENT_SECONDS
        try:
            return exchange.run(_LONG if patient else _SHORT)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if time.monotonic() > deadline:
                raise SwapRefused(f"les tables ont été occupées pendant {patience:.0f} secondes d'affilée") from None
            time.sleep(_PAUSE_SECONDS)


def drop(database: Database, projectors: Sequence[Projector], *, beside: bool = False, past: bool = False) -> list[str]:
    """Drop what a swap left in `read_old` (or a rebuild in `read_next` or `read_past`); the names of what was there."""
    chosen = NEXT if beside else PAST if past else OLD
    with psycopg.connect(database.url, row_factory=dict_row, options=SESSION) as connection:
        schema.hold(connection)
        return schema.remove(connection, chosen, [projector.NAME for projector in projectors])


class _Exchange:
    def __init__(
        self, database: Database, keyring: Opener, projectors: Sequence[Projector], source: str, target: str
    ) -> None:
        self.projectors = {projector.NAME: projector for projector in projectors}
        self.source = source
        self.target = target
        self._database = database
        transaction = partial(database.transaction, Role.PROJECTOR)
        self._batches = Batches(source, projectors, keyring, transaction)
        self._feeder = Feeder(self._batches, transaction, limit=5_000)

    def catch_up(self, *, upto: int | None = None) -> None:
        self._batches.claim()
        while self._feeder.feed(upto=upto):
            pass

    def run(self, lock_timeout: str) -> None:
        with psycopg.connect(self._database.url, row_factory=dict_row, options=SESSION) as connection:
            schema.hold(connection)
            # From here on the live engine waits, before it has touched any table.
            live = positions.read(connection, LIVE, lock=list(self.projectors))
            self.catch_up(upto=max((at.position for at in live.values()), default=0))
            coming = positions.read(connection, self.source, lock=list(self.projectors))
            self._refuse(live, coming, positions.read(connection, self.target))
            connection.execute("select set_config('lock_timeout', %s, true)", (lock_timeout,))
            tables = [f"{LIVE}.{name}" for name in _tables(live)] + [
                f"{self.source}.{name}" for name in _tables(coming)
            ]
            connection.execute(f"lock table {', '.join(tables)} in access exclusive mode".encode())
            self._compare(connection, live, coming)
            _move(connection, LIVE, self.target, live)
            _move(connection, self.source, LIVE, coming, above=live)
            connection.execute("notify ledger")
        _log.info("read tables swapped", projections=sorted(self.projectors), became_live=self.source)

    def _refuse(
        self, live: Mapping[str, Position], coming: Mapping[str, Position], kept: Mapping[str, Position]
    ) -> None:
        reasons = []
        for name in self.projectors:
            if name not in live or name not in coming:
                reasons.append(f"{name} : aucune table dans {self.source if name in live else LIVE}")
            elif name in kept:
                reasons.append(f"{name} : {self.target} en a encore des tables, à supprimer d'abord")
            elif coming[name].state != "live":
                at = coming[name]
                reasons.append(f"{name} : {self.source} s'est arrêté à la position {at.failed_position} : {at.error}")
            elif not self._is_foldable(coming[name]):
                if self.source == NEXT:
                    reasons.append(
                        f"{name} : {NEXT} a la version {coming[name].version}, qui n'est pas celle du logiciel"
                    )
            elif coming[name].position < live[name].position:
                reasons.append(f"{name} : {self.source} est en retard, à la position {coming[name].position}")
        if reasons:
            raise SwapRefused(*reasons)

    def _is_foldable(self, at: Position) -> bool:
        return at.version == self.projectors[at.projector].VERSION

    def _compare(
        self, connection: Connection[DictRow], live: Mapping[str, Position], coming: Mapping[str, Position]
    ) -> None:
        """Rows may differ, nothing else: tables of one version are equal, and those of a new one as their SQL says."""
        lines: list[str] = []
        for name, at in coming.items():
            found = catalogue(connection, self.source, at.tables)
            if at.version == live[name].version:
                lines += differences(catalogue(connection, LIVE, live[name].tables), found)
            elif self._is_foldable(at):
                lines += differences(self._as_made(connection, name), found)
        if lines:
            raise SwapRefused(*lines)

    def _as_made(self, connection: Connection[DictRow], name: str) -> Catalogue:
        with connection.transaction(force_rollback=True):
            connection.execute(f"create schema {_CHECK}".encode())
            projector = self.projectors[name]
            connection.execute(projector.ddl().replace("{schema}", _CHECK).encode())
            return catalogue(connection, _CHECK, [table.name for table in projector.TABLES])


def _move(
    connection: Connection[DictRow],
    source: str,
    target: str,
    moved: Mapping[str, Position],
    *,
    above: Mapping[str, Position] | None = None,
) -> None:
    for table in _tables(moved):
        connection.execute(f"alter table {source}.{table} set schema {target}".encode())
    connection.execute(
        f"with gone as (delete from {source}.position where projector = any(%s) returning *) "
        f"insert into {target}.position select * from gone".encode(),
        (list(moved),),
    )
    # A generation above both: whoever fed the tables that were here is fenced, and looks again.
    generation = 1 + max(at.generation for at in (*moved.values(), *(above or {}).values()))
    connection.execute(
        f"update {target}.position set generation = %s, updated_at = clock_timestamp() "
        "where projector = any(%s)".encode(),
        (generation, list(moved)),
    )


def _tables(found: Mapping[str, Position]) -> list[str]:
    return sorted(table for at in found.values() for table in at.tables)
