"""Applying batches: rows and position in one transaction; what fails is found, named and left standing alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, Final

import psycopg
import structlog
from psycopg import Connection
from psycopg.errors import PipelineAborted
from psycopg.rows import DictRow

from projections.engine import positions
from projections.engine.entry import Entry
from projections.engine.folding import FoldFailed, describe, fold, prepared, shared_out
from projections.engine.interpreter import short_turns
from projections.engine.opening import Opener
from projections.engine.positions import Position
from projections.engine.projector import Projector
from projections.engine.rows import Rows
from projections.engine.store import Statements, TableLoader, statements

Transaction = Callable[[], AbstractContextManager[Connection[DictRow]]]

# Classes of SQLSTATE in which the same batch may well succeed later: connection, resources, lock or time-out, operator,
# system, serialisation. Anything else is the batch's own fault. No class at all: the connection was never made.
_PASSING: Final = frozenset({"", "08", "40", "53", "55", "57", "58"})

# Statistics of tables that are filled as fast as they can be are always wrong, and rows are loaded by key only: without
# this the planner now and then reads a whole table for two rows. A batch of one event is as often as not planned for
# longer than it runs: one plan serves all sizes, since there is no other way to go.
SETTINGS: Final = {
    "synchronous_commit": "off",
    "datestyle": "ISO",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
}
_SET: Final = "select " + ", ".join([f"set_config('{name}', '{value}', true)" for name, value in SETTINGS.items()])

MANY: Final = 1_000
"""Entries from which a batch is written behind its folds: a thread is worth beginning then."""

_log = structlog.get_logger(__name__)


@contextmanager
def _writing(connection: Connection[DictRow], *, behind: bool) -> Iterator[Callable[[Statements], object]]:
    """How a batch writes: at once, or behind the folds, which go on while PostgreSQL works. At the block's end all is
    sent.
    """
    if not behind:
        yield lambda statements: statements.run(connection)
        return
    with short_turns(), ThreadPoolExecutor(1) as writer:
        writes: list[Future[None]] = []
        try:
            yield lambda statements: writes.append(writer.submit(statements.run, connection))
        except PipelineAborted:
            # A fold asked for rows after a write had failed: it is the write that says why.
            _wait(writes)
            raise
        _wait(writes)


def _wait(writes: Sequence[Future[None]]) -> None:
    for write in writes:
        write.result()


def is_passing(error: BaseException) -> bool:
    """Whether an error is the database's passing state, to be met with patience, and not a fault of a fold."""
    if isinstance(error, psycopg.InterfaceError):
        return True
    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "")[:2] in _PASSING


class Batches:
    """The projections of one schema that this process owns, and their rows in memory. Not safe for threads.

    `keep_rows` bounds the rows that each projection keeps in memory between batches. `transaction` begins one as a role
    that may write the schema's tables. Losing rows that a power cut undoes is harmless, since their position is undone
    with them: commits are not waited for.
    """

    def __init__(
        self,
        schema: str,
        projectors: Iterable[Projector],
        keyring: Opener,
        transaction: Transaction,
        *,
        keep_rows: int = 50_000,
        copy: bool = False,
    ) -> None:
        self.schema = schema
        self.projectors = {projector.NAME: projector for projector in projectors}
        self.owned: dict[str, Position] = {}
        self._keyring = keyring
        self._transaction = transaction
        self._keep_rows = keep_rows
        self._copy = copy
        self._rows: dict[str, Rows] = {}

    def claim(self) -> None:
        """Take over the projections whose tables are of this release's version, and forget what memory held of them."""
        with self._transaction() as connection:
            names = [name for name, at in positions.read(connection, self.schema).items() if self._is_mine(at)]
            self.own(positions.claim(connection, self.schema, names))

    def own(self, owned: Mapping[str, Position]) -> None:
        self.owned = dict(owned)
        self._rows = {}

    def groups(self) -> list[tuple[int, list[str]]]:
        """Projections that have not failed, by their position, the one furthest behind first."""
        found: dict[int, list[str]] = {}
        for name, at in self.owned.items():
            if at.state != "failed":
                found.setdefault(at.position, []).append(name)
        return sorted(found.items())

    def apply(self, names: Sequence[str], entries: Sequence[Entry]) -> None:
        """Fold the entries that follow the one position at which all `names` stand.

        A projection that fails is left before the event that it failed at; the others go on. Raises Fenced, and the
        database's passing errors; nothing of the batch is written then.
        """
        try:
            self._commit(names, entries)
        except BaseException as error:
            for name in names:
                self._rows.pop(name, None)
            if not isinstance(error, FoldFailed | psycopg.Error) or is_passing(error):
                raise
            self._isolate(names, entries, error)

    def halt(self, name: str, state: positions.State, reason: str | None, at: int) -> None:
        """Record that a projection stops before the event at position `at`."""
        with self._transaction() as connection:
            positions.halt(connection, self.schema, self.owned[name], state, error=reason, at=at)
        self.owned[name] = replace(self.owned[name], state=state, error=reason, failed_position=at)

    def _is_mine(self, at: Position) -> bool:
        return at.projector in self.projectors and at.version == self.projectors[at.projector].VERSION

    def _commit(self, names: Sequence[str], entries: Sequence[Entry]) -> None:
        upto = entries[-1].position
        shares = shared_out([self.projectors[name] for name in names], entries)
        ready = {name: prepared(self.projectors[name], mine, self._keyring) for name, mine in shares.items()}
        # A COPY has its connection to itself: nothing can be loaded meanwhile.
        behind = len(entries) >= MANY and not self._copy
        with self._transaction() as connection, _writing(connection, behind=behind) as write:
            connection.execute(_SET.encode())
            positions.move(connection, self.schema, {name: self.owned[name] for name in names}, upto)
            for name, mine in ready.items():
                for statements_of_table in self._folded(connection, name, mine):
                    write(statements_of_table)
        for name in names:
            self.owned[name] = replace(self.owned[name], position=upto, state="live", error=None, failed_position=None)
            self._rows[name].written(keep=self._keep_rows)

    def _folded(self, connection: Connection[DictRow], name: str, entries: Sequence[Entry]) -> Iterator[Statements]:
        projector = self.projectors[name]
        loader = TableLoader(connection, self.schema)
        rows = self._rows.setdefault(name, Rows(projector.TABLES, loader))
        rows.loader = loader
        fold(projector, entries, rows)
        for table, changes in rows.changes():
            yield statements(self.schema, table, changes, copy=self._copy)

    def _isolate(self, names: Sequence[str], entries: Sequence[Entry], error: Exception) -> None:
        if len(names) > 1:
            for name in names:
                self.apply([name], entries)
        elif isinstance(error, FoldFailed):
            self._apply_until(names[0], [entry for entry in entries if entry.position < error.position])
            self._fail(names[0], [entry for entry in entries if entry.position == error.position], error.reason)
        elif len(entries) > 1:
            # The database refused a row: halving finds whose event it came from.
            half = len(entries) // 2
            self._apply_until(names[0], entries[:half])
            self._apply_until(names[0], entries[half:])
        else:
            self._fail(names[0], entries, describe(error))

    def _apply_until(self, name: str, entries: Sequence[Entry]) -> None:
        if entries and self.owned[name].state != "failed":
            self.apply([name], entries)

    def _fail(self, name: str, entries: Sequence[Entry], reason: str) -> None:
        if self.owned[name].state == "failed":
            return
        (entry,) = entries
        self.halt(name, "failed", reason, entry.position)
        facts: dict[str, Any] = {"position": entry.position, "event_name": entry.name, "stream_id": entry.id}
        _log.error("projection stopped", projection=name, reason=reason, **facts)
