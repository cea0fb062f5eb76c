"""The rows that folds read and write: in memory, loaded by the batch, written back by the batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

from projections.engine.needs import Need
from projections.engine.table import Key, Row, Table

_UNKNOWN: Final = object()
_KEY_TYPES: Final = frozenset({str, int, bool, tuple})


class Loader(Protocol):
    """Where rows come from that are not in memory."""

    def by_key(self, table: Table, keys: Sequence[Key]) -> Iterable[Row]: ...

    def by_index(self, table: Table, column: str, values: Sequence[Any]) -> Iterable[Row]: ...


class Change:
    """One row's way through a batch: `before` is what the table holds, `after` what it must hold; None is no row."""

    __slots__ = ("after", "before")

    def __init__(self, before: Row | None, after: Row | None) -> None:
        self.before = before
        self.after = after


class _Held:
    """One table's rows in memory. `rows` says None for a row known to be absent."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.forget()

    def forget(self) -> None:
        self.rows: dict[Key, Row | None] = {}
        self.before: dict[Key, Row | None] = {}
        # Keys of present rows in memory by (column, value); `complete` are the values of which no row is elsewhere.
        self.keys: dict[tuple[str, Any], dict[Key, None]] = {}
        self.complete: set[tuple[str, Any]] = set()

    def learn(self, row: Row) -> None:
        """Take in a row as the table holds it; what memory holds already is newer."""
        key = self.table.key_of(row)
        if self.rows.get(key, _UNKNOWN) is _UNKNOWN:
            self.rows[key] = row
            self._enlist(key, row)

    def learn_absent(self, key: Key) -> None:
        self.rows.setdefault(key, None)

    def replace(self, key: Key, row: Row | None) -> None:
        old = self.rows[key]
        self.before.setdefault(key, old)
        if old is not None:
            for column in self.table.indexes:
                del self.keys[column, old[column]][key]
        if row is not None:
            self._enlist(key, row)
        self.rows[key] = row

    def _enlist(self, key: Key, row: Row) -> None:
        for column in self.table.indexes:
            self.keys.setdefault((column, row[column]), {})[key] = None


class Rows:
    """What a fold may touch. Reads see every change that the batch made before.

    Not safe for threads: each projector has its own.
    """

    def __init__(self, tables: Iterable[Table], loader: Loader) -> None:
        self._held = {table.name: _Held(table) for table in tables}
        self.loader = loader

    # --- for folds ---------------------------------------------------------------------------------------------

    def get(self, table: str, *key: Any) -> Row | None:
        """The row of this key (values in the order of `Table.key`), or None."""
        held = self._held[table]
        row: Any = held.rows.get(key, _UNKNOWN)
        return self._fetch(held, key) if row is _UNKNOWN else row

    def where(self, table: str, column: str, value: Any) -> list[Row]:
        """Every row with this value in a column of `Table.indexes`, in the order of their keys."""
        held = self._held[table]
        if (column, value) not in held.complete:
            _check_index(held.table, column)
            self._load_groups(held, column, [value])
        return [held.rows[key] or {} for key in sorted(held.keys.get((column, value), ()))]

    def put(self, table: str, row: Row) -> None:
        """Write the whole row in place of the one with its key, if any. A column not named is null."""
        held = self._held[table]
        row = _shaped(held.table, row)
        key = held.table.key_of(row)
        if held.rows.get(key, _UNKNOWN) is _UNKNOWN:
            self._fetch(held, key)
        held.replace(key, row)

    def change(self, table: str, *key: Any, **values: Any) -> Row:
        """Write some columns of a row that is there (KeyError else), and return the row as it is now.

        Columns of the key cannot change: delete the row and put another.
        """
        row = self.get(table, *key)
        if row is None:
            raise KeyError(f"no row of {table} has this key")
        held = self._held[table]
        changed = _shaped(held.table, {**row, **values})
        if held.table.key_of(changed) != key:
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
                    _check_key(held.table, values)
                    held.learn_absent(values)
                else:
                    keys.setdefault(table, {})[values] = None
        for (table, column), wanted in groups.items():
            self._load_groups(self._held[table], column, list(wanted))
        for table, asked in keys.items():
            self._load_keys(self._held[table], list(asked))

    # --- for the engine ----------------------------------------------------------------------------------------

    def changes(self) -> Iterator[tuple[Table, list[Change]]]:
        """What the batch changed and must be written: rows that came back to what they were are left out."""
        for held in self._held.values():
            changed = [
                Change(before, after) for key, before in held.before.items() if (after := held.rows[key]) != before
            ]
            if changed:
                yield held.table, changed

    def written(self, *, keep: int) -> None:
        """The changes are committed: what is in memory is what the tables hold. Beyond `keep` rows all is forgotten."""
        for held in self._held.values():
            held.before = {}
        if sum(len(held.rows) for held in self._held.values()) > keep:
            self.forget()

    def forget(self) -> None:
        """Nothing in memory can be trusted: another writer came between, or the batch was undone."""
        for held in self._held.values():
            held.forget()

    def _fetch(self, held: _Held, key: Key) -> Row | None:
        _check_key(held.table, key)
        self._load_keys(held, [key])
        return held.rows[key]

    def _load_keys(self, held: _Held, keys: Sequence[Key]) -> None:
        unknown = [key for key in keys if key not in held.rows]
        if unknown:
            for key in unknown:
                _check_key(held.table, key)
            for row in self.loader.by_key(held.table, unknown):
                held.learn(row)
            for key in unknown:
                held.learn_absent(key)

    def _load_groups(self, held: _Held, column: str, values: Sequence[Any]) -> None:
        for row in self.loader.by_index(held.table, column, values):
            held.learn(row)
        held.complete.update((column, value) for value in values)


def _shaped(table: Table, row: Row) -> Row:
    """The row with every column of its table, in order of nothing, arrays as tuples."""
    if row.keys() != table.names.keys():
        if strangers := row.keys() - table.names.keys():
            raise KeyError(f"table {table.name} has no column {', '.join(sorted(strangers))}")
        row = {name: row.get(name) for name in table.names}
    for name in table.arrays:
        if isinstance(row[name], list):
            row = {**row, name: tuple(row[name])}
    return row


def _check_key(table: Table, key: Key) -> None:
    # A UUID or a date in place of its text would match no row in memory, silently.
    if len(key) != len(table.key) or not _KEY_TYPES.issuperset(map(type, key)):
        raise TypeError(f"a key of {table.name} is ({', '.join(table.key)}), as text or whole numbers")


def _check_index(table: Table, column: str) -> None:
    if column not in table.indexes:
        raise TypeError(f"table {table.name} declares no index on {column}")
