"""The rows that folds read and write: in memory, loaded by the batch, written back by the batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from projections.engine.needs import Need
from projections.engine.table import Key, Row, Table, Values

_KEY_TYPES: Final = frozenset({str, int, bool, tuple})
_VALUE_TYPES: Final = _KEY_TYPES | {type(None), datetime}


class Loader(Protocol):
    """Where rows come from that are not in memory."""

    def by_key(self, table: Table, keys: Sequence[Key]) -> Iterable[Row]: ...

    def by_index(self, table: Table, column: str, values: Sequence[Any]) -> Iterable[Row]: ...


@dataclass(frozen=True, slots=True)
class Changes:
    """What a batch did to one table: rows that are `made`, rows that are `changed`, and `gone` ones as they were.

    `added` are made as well: their values, in the order of the table's columns.
    """

    made: list[Row]
    changed: list[Row]
    gone: list[Row]
    added: list[Values] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.made or self.changed or self.gone or self.added)


class _Held:
    """One table's rows in memory. `rows` says None for a row known to be absent.

    `added` are rows that nobody has asked for since they were made, as bare values: `settle` makes rows of them.
    """

    __slots__ = (
        "added",
        "arrays",
        "before",
        "complete",
        "indexes",
        "key_of",
        "keys",
        "names",
        "rows",
        "set_apart",
        "sound",
        "table",
        "whole",
        "width",
    )

    def __init__(self, table: Table, *, whole: bool) -> None:
        self.table = table
        # What is asked of the table for each row, at hand: this is where a rebuild spends its time.
        self.key_of = table.key_of
        self.arrays = table.arrays
        self.indexes = table.indexes
        self.names = table.names.keys()
        self.width = len(self.names)
        self.set_apart = frozenset((*table.key, *table.arrays, *table.indexes))
        self.sound: set[tuple[type, ...]] = set()
        self.forget()
        self.whole = whole

    def forget(self) -> None:
        self.whole = False
        self.rows: dict[Key, Row | None] = {}
        self.before: dict[Key, Row | None] = {}
        self.added: list[Values] = []
        # Keys of present rows in memory by (column, value); `complete` are the values of which no row is elsewhere.
        self.keys: dict[tuple[str, Any], dict[Key, None]] = {}
        self.complete: set[tuple[str, Any]] = set()

    def changes(self) -> Changes:
        """Rows that came back to what they were are left out."""
        if self.added and not self.before:
            return Changes([], [], [], self.added)
        self.settle()
        found = Changes([], [], [])
        for key, before in self.before.items():
            after = self.rows[key]
            if after is None:
                if before is not None:
                    found.gone.append(before)
            elif before is None:
                found.made.append(after)
            elif after != before:
                found.changed.append(after)
        return found

    def settle(self) -> None:
        """Make rows of what was added, before anybody looks."""
        if not self.added:
            return
        added, self.added = self.added, []
        for values in added:
            row = self.table.row_of(values)
            key = self.key_of(row)
            self.learn_absent(key)
            self.replace(key, row)

    def learn(self, row: Row) -> None:
        """Take in a row as the table holds it; what memory holds already is newer."""
        key = self.key_of(row)
        if key not in self.rows:
            self.rows[key] = row
            if self.indexes:
                self._enlist(key, row)

    def learn_absent(self, key: Key) -> None:
        self.rows.setdefault(key, None)

    def replace(self, key: Key, row: Row | None) -> None:
        """Put a row in place of the one of this key, which memory knows, there or absent."""
        old = self.rows[key]
        if key not in self.before:
            self.before[key] = old
        self.rows[key] = row
        if self.indexes:
            if old is not None:
                for column in self.indexes:
                    del self.keys[column, old[column]][key]
            if row is not None:
                self._enlist(key, row)

    def shaped(self, row: Row) -> Row:
        """The row with every column of its table, in order of nothing, arrays as tuples."""
        if len(row) != self.width or row.keys() != self.names:
            if strangers := row.keys() - self.names:
                raise KeyError(f"table {self.table.name} has no column {', '.join(sorted(strangers))}")
            row = {name: row.get(name) for name in self.names}
        return self.with_tuples(row) if self.arrays else row

    def with_tuples(self, row: Row) -> Row:
        for name in self.arrays:
            if type(row[name]) is list:
                return {**row, **{each: tuple(row[each]) for each in self.arrays if row[each] is not None}}
        return row

    def check_values(self, values: Values) -> None:
        if len(values) != self.width or not _VALUE_TYPES.issuperset(map(type, values)):
            raise TypeError(f"a row of {self.table.name} is ({', '.join(self.names)}), as JSON has them, or tuples")

    def check_key(self, key: Key) -> None:
        types = tuple(map(type, key))
        if types not in self.sound:
            _check_key(self.table, key)
            self.sound.add(types)

    def _enlist(self, key: Key, row: Row) -> None:
        for column in self.indexes:
            self.keys.setdefault((column, row[column]), {})[key] = None


class Rows:
    """What a fold may touch. Reads see every change that the batch made before.

    `whole`: the tables are empty, so that memory has all there is until it forgets some. Not safe for threads: each
    projector has its own.
    """

    def __init__(self, tables: Iterable[Table], loader: Loader, *, whole: bool = False) -> None:
        self._held = {table.name: _Held(table, whole=whole) for table in tables}
        self.loader = loader

    # --- for folds ---------------------------------------------------------------------------------------------

    def get(self, table: str, *key: Any) -> Row | None:
        """The row of this key (values in the order of `Table.key`), or None."""
        held = self._held[table]
        if held.added:
            held.settle()
        row = held.rows.get(key)
        return row if row is not None or key in held.rows else self._fetch(held, key)

    def where(self, table: str, column: str, value: Any) -> list[Row]:
        """Every row with this value in a column of `Table.indexes`, in the order of their keys."""
        held = self._held[table]
        held.settle()
        if (column, value) not in held.complete:
            _check_index(held.table, column)
            if not held.whole:
                self._load_groups(held, column, [value])
        return [held.rows[key] or {} for key in sorted(held.keys.get((column, value), ()))]

    def put(self, table: str, row: Row) -> None:
        """Write the whole row in place of the one with its key, if any. A column not named is null."""
        held = self._held[table]
        if held.added:
            held.settle()
        row = held.shaped(row)
        key = held.key_of(row)
        if key not in held.rows:
            self._fetch(held, key)
        held.replace(key, row)

    def add(self, table: str, rows: Iterable[Row]) -> None:
        """Write rows of which the fold knows that none is there yet: as `new` and `put`, without asking for each."""
        held = self._held[table]
        for at, row in enumerate(rows):
            whole = held.shaped(row)
            key = held.key_of(whole)
            if at == 0:
                held.check_key(key)
            held.learn_absent(key)
            held.replace(key, whole)

    def add_values(self, table: str, rows: Iterable[Values]) -> None:
        """As `add`, for many rows at a time: their values, in the order of the table's columns, arrays as tuples."""
        held = self._held[table]
        added = list(rows)
        if added:
            held.check_values(added[0])
        held.added += added
        if held.table.kept:
            held.settle()

    def change(self, table: str, *key: Any, **values: Any) -> Row:
        """Write some columns of a row that is there (KeyError else), and return the row as it is now.

        Columns of the key cannot change: delete the row and put another.
        """
        return self.update(table, key, values)

    def update(self, table: str, key: Key, values: Mapping[str, Any]) -> Row:
        """`change` with the key and the values as they are at hand."""
        held = self._held[table]
        if held.added:
            held.settle()
        row = held.rows.get(key)
        if row is None and (key in held.rows or (row := self._fetch(held, key)) is None):
            raise KeyError(f"no row of {table} has this key")
        changed: Row = {**row, **values}
        if len(changed) != held.width:
            raise KeyError(f"table {table} has no column {', '.join(sorted(values.keys() - row.keys()))}")
        if held.set_apart.isdisjoint(values):
            # What `replace` does, where neither key nor index nor array is touched: almost every event comes by here.
            if key not in held.before:
                held.before[key] = row
            held.rows[key] = changed
            return changed
        changed = held.with_tuples(changed)
        if held.key_of(changed) != key:
            raise ValueError(f"the key of a row of {table} cannot change")
        held.replace(key, changed)
        return changed

    def delete(self, table: str, *key: Any) -> None:
        """Take the row of this key away, if it is there."""
        if self.get(table, *key) is not None:
            self._held[table].replace(key, None)

    def prepare(self, needs: Iterable[Need]) -> None:
        """Load what will be asked for: one query for each table, and one for each index.

        The engine does so for a batch, from what handlers say that they need. A fold does so itself where only another
        row tells which rows it needs, and they are several.
        """
        keys: dict[str, dict[Key, None]] = {}
        groups: dict[tuple[str, str], dict[Any, None]] = {}
        for table, values, column, fresh in needs:
            held = self._held[table]
            held.settle()
            if held.whole:
                continue
            if column is not None:
                _check_index(held.table, column)
                if (column, values[0]) in held.complete or values[0] in groups.get((table, column), ()):
                    continue
                if fresh:
                    held.complete.add((column, values[0]))
                else:
                    groups.setdefault((table, column), {})[values[0]] = None
            elif values not in held.rows:
                if fresh and values not in keys.get(table, ()):
                    held.check_key(values)
                    held.learn_absent(values)
                else:
                    keys.setdefault(table, {})[values] = None
        for (table, column), wanted in groups.items():
            self._load_groups(self._held[table], column, list(wanted))
        for table, asked in keys.items():
            self._load_keys(self._held[table], list(asked))

    def prepare_keys(self, table: str, keys: Iterable[Key]) -> None:
        """`prepare` for rows of one table, by their keys."""
        held = self._held[table]
        held.settle()
        if not held.whole:
            self._load_keys(held, list(keys))

    # --- for the engine ----------------------------------------------------------------------------------------

    @property
    def whole(self) -> bool:
        """Nothing need be loaded: what is not in memory is not there, in any table whose rows are kept."""
        return all(held.whole for held in self._held.values() if held.table.kept)

    def changes(self) -> Iterator[tuple[Table, Changes]]:
        """What the batch changed and must be written."""
        for held in self._held.values():
            if (held.before or held.added) and (changes := held.changes()):
                yield held.table, changes

    def written(self, *, keep: int) -> None:
        """The changes are committed: what is in memory is what the tables hold. Beyond `keep` rows all is forgotten."""
        for held in self._held.values():
            held.before = {}
            if not held.table.kept and (held.rows or held.added):
                held.forget()
        if self.count() > keep:
            self.forget()

    def count(self) -> int:
        """Rows in memory."""
        return sum(len(held.rows) + len(held.added) for held in self._held.values())

    def forget(self) -> None:
        """Nothing in memory can be trusted: another writer came between, or the batch was undone."""
        for held in self._held.values():
            held.forget()

    def _fetch(self, held: _Held, key: Key) -> Row | None:
        held.check_key(key)
        if held.whole:
            held.rows[key] = None
        else:
            self._load_keys(held, [key])
        return held.rows[key]

    def _load_keys(self, held: _Held, keys: Sequence[Key]) -> None:
        unknown = [key for key in keys if key not in held.rows]
        if unknown:
            for key in unknown:
                held.check_key(key)
            for row in self.loader.by_key(held.table, unknown):
                held.learn(row)
            for key in unknown:
                held.learn_absent(key)

    def _load_groups(self, held: _Held, column: str, values: Sequence[Any]) -> None:
        for row in self.loader.by_index(held.table, column, values):
            held.learn(row)
        held.complete.update((column, value) for value in values)


def _check_key(table: Table, key: Key) -> None:
    # A UUID or a date in place of its text would match no row in memory, silently.
    if len(key) != len(table.key) or not _KEY_TYPES.issuperset(map(type, key)):
        raise TypeError(f"a key of {table.name} is ({', '.join(table.key)}), as text or whole numbers")


def _check_index(table: Table, column: str) -> None:
    if column not in table.indexes:
        raise TypeError(f"table {table.name} declares no index on {column}")
