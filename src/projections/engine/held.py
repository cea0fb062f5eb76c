"""One table's rows in memory, and what a batch did to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from projections.engine.table import Key, Row, Table, Values

_KEY_TYPES: Final = frozenset({str, int, bool, tuple})
_VALUE_TYPES: Final = _KEY_TYPES | {type(None), datetime}
# Of the rows that a batch makes, how many rows of earlier batches it may change for the table to be written at once.
_SELDOM: Final = 0.1


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


class Held:
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
        "late",
        "names",
        "plain",
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
        self.plain = frozenset(self.names - self.set_apart)
        self.sound: set[tuple[type, ...]] = set()
        self.late = False
        self.forget()
        self.whole = whole

    def forget(self) -> None:
        self.whole = False
        # Rows of whoever put them until then, and of memory from then on, which may revise them.
        self.rows: dict[Key, Any] = {}
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

    def settled(self) -> Changes | None:
        """What can be written already: rows of this table are seldom written twice. Later there is nothing to tell."""
        if self.late or not (self.before or self.added):
            return None
        changes = self.changes()
        self.late = self.table.kept and len(changes.changed) > len(changes.made) * _SELDOM
        if self.late:
            return None
        self.written()
        return changes

    def written(self) -> None:
        """The changes are in the table. Rows that are hardly asked for again go from memory."""
        self.before = {}
        if not self.table.kept and (self.rows or self.added):
            self.forget()

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


def _check_key(table: Table, key: Key) -> None:
    # A UUID or a date in place of its text would match no row in memory, silently.
    if len(key) != len(table.key) or not _KEY_TYPES.issuperset(map(type, key)):
        raise TypeError(f"a key of {table.name} is ({', '.join(table.key)}), as text or whole numbers")
