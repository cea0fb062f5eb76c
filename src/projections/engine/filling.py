"""Filling empty tables from the log as fast as it goes: what a rebuild does first.

One thread reads ahead and one writes behind, while this one folds; they spend their time waiting for PostgreSQL. Rows
that are seldom changed again are written with their batch, the others once, when memory is full or the log is at its
end. Until then it is one transaction, which moves the positions at last: what was filled is whole up to them, however
it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row

from ledger.log.database import SESSION
from projections.engine import positions
from projections.engine.batches import SETTINGS
from projections.engine.folding import FoldFailed, fold, prepared, shared_out
from projections.engine.held import Changes
from projections.engine.interpreter import collected_later, short_turns
from projections.engine.opening import Opener
from projections.engine.positions import Fenced, Position
from projections.engine.projector import Projector
from projections.engine.reading import Raw, decoded, newest, read_raw
from projections.engine.rows import Rows
from projections.engine.store import TableLoader, statements
from projections.engine.table import Key, Row, Table

KEEP_ROWS: Final = 200_000  # in memory, of all the projections of one process: some 200 MB, when they are written
FILLING: Final = 0x66696C6C  # "fill": shared by all who fill, so that nobody makes the tables anew meanwhile
_APPLICATION: Final = "dossier-ledger rebuild"


@dataclass(frozen=True, slots=True)
class Filling:
    """What to fill: the tables of a schema, up to a position, in batches of so many events. `progress` is told where
    each ends. `url` is the owner's. `made` waits until the tables are there: reading and folding begin before.
    """

    url: str
    schema: str
    upto: int
    batch: int
    progress: Callable[[int], None]
    made: Callable[[], object]


def fill(filling: Filling, projectors: Sequence[Projector], keyring: Opener, known: Container[str]) -> str | None:
    """Fold the log into the tables of `projectors`, which are empty and which nobody else fills.

    Whatever stands in the way (an event that a fold or the database refuses, a name that is not known, a connection
    that is lost) ends it there: `Batches` goes on from where the positions then are, and tells. Returns the kind of the
    error, if there was one.
    """
    with ExitStack() as stack:
        connections = [stack.enter_context(connected(filling.url)) for _ in range(2)]
        filler = _Filler(filling, projectors, keyring, connections)
        try:
            with collected_later(), short_turns():
                filler.run(_skipped(projectors, known), known)
        except (FoldFailed, Fenced, psycopg.Error) as error:
            return type(error).__name__
    return None


class _Filler:
    def __init__(
        self,
        filling: Filling,
        projectors: Sequence[Projector],
        keyring: Opener,
        connections: Sequence[Connection[DictRow]],
    ) -> None:
        self._filling = filling
        self._schema = filling.schema
        self._keyring = keyring
        self._reading, self._writing = connections
        self._writes: list[Future[None]] = []
        self._transaction = ExitStack()
        self._owned: dict[str, Position] = {}
        self._reached = 0
        # Rows are asked for where they are written, since they are not committed for long.
        loader = _AfterWriting(TableLoader(self._writing, self._schema), self._wait)
        self._rows = {each.NAME: (each, Rows(each.TABLES, loader, whole=True)) for each in projectors}

    def run(self, skipped: Sequence[str], known: Container[str]) -> None:
        upto, batch = self._filling.upto, self._filling.batch

        def read(after: int) -> Raw:
            return read_raw(self._reading, after, after + _next(after, upto, batch), skipped)

        with self._transaction, ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
            coming, end = reader.submit(read, 0), 0
            while end < upto:
                start, end, raw = end, end + _next(end, upto, batch), coming.result()
                coming = reader.submit(read, end)
                if not self._fold(raw, known):
                    end = start
                    break
                self._wait()
                self._begin()
                self._write(writer, Rows.settled)
                if self._count() > KEEP_ROWS:
                    self._finish(writer, end)
                self._filling.progress(end)
            self._finish(writer, end)
            self._wait()

    def _fold(self, raw: Raw, known: Container[str]) -> bool:
        entries = decoded(raw)
        if any(name not in known for name in {entry.name for entry in entries}):
            return False
        shares = shared_out([projector for projector, _ in self._rows.values()], entries)
        for name, mine in shares.items():
            projector, rows = self._rows[name]
            fold(projector, prepared(projector, mine, self._keyring), rows)
        return True

    def _begin(self) -> None:
        if not self._owned:
            self._filling.made()
            with self._writing.transaction():
                self._owned = positions.claim(self._writing, self._schema, list(self._rows))
            self._writing.execute("select pg_advisory_lock_shared(%s)", (FILLING,))
        if self._writing.info.transaction_status == TransactionStatus.IDLE:
            self._transaction.enter_context(self._writing.transaction())

    def _write(self, writer: Executor, chosen: Callable[[Rows], Iterable[tuple[Table, Changes]]]) -> None:
        for _, rows in self._rows.values():
            for table, changes in chosen(rows):
                ready = statements(self._schema, table, changes, copy=True)
                self._writes.append(writer.submit(ready.run, self._writing))

    def _finish(self, writer: Executor, end: int) -> None:
        """Write all that has been held back, and commit; memory begins anew."""
        if end == self._reached:
            return
        self._write(writer, Rows.changes)
        self._writes.append(writer.submit(self._commit, self._owned, end))
        self._owned = {name: replace(at, position=end) for name, at in self._owned.items()}
        self._reached = end
        for _, rows in self._rows.values():
            rows.forget()

    def _commit(self, owned: dict[str, Position], upto: int) -> None:
        positions.move(self._writing, self._schema, owned, upto)
        self._transaction.close()

    def _count(self) -> int:
        return sum(rows.count() for _, rows in self._rows.values())

    def _wait(self) -> None:
        writes, self._writes = self._writes, []
        for write in writes:
            write.result()


def _next(at: int, upto: int, batch: int) -> int:
    """How many events the next batch takes: few at first, since nobody folds until it is read, and fewer and fewer
    towards the end, since the last is waited for.
    """
    left, few = upto - at, max(batch // 8, 1)
    return min(batch, left, max(at, few), max(left // 2, few))


class _AfterWriting:
    """A loader that sees the batch before: it is still being written when its rows may be asked for again."""

    def __init__(self, loader: TableLoader, wait: Callable[[], None]) -> None:
        self._loader = loader
        self._wait = wait

    def by_key(self, table: Table, keys: Sequence[Key]) -> Iterable[Row]:
        self._wait()
        return self._loader.by_key(table, keys)

    def by_index(self, table: Table, column: str, values: Sequence[Any]) -> Iterable[Row]:
        self._wait()
        return self._loader.by_index(table, column, values)


def _skipped(projectors: Sequence[Projector], known: Container[str]) -> list[str]:
    """The names that need not be read. Unknown ones are read, since nothing may be folded after them."""
    handled = {name for projector in projectors for name in projector.HANDLERS}
    return [name for name in known if newest(name) not in handled] if isinstance(known, Iterable) else []


def connected(url: str) -> Connection[DictRow]:
    """A connection of the owner's, in autocommit, set as for a batch."""
    options = " ".join([SESSION, *(f"-c {name}={value}" for name, value in SETTINGS.items())])
    return psycopg.connect(url, autocommit=True, row_factory=dict_row, options=options, application_name=_APPLICATION)
