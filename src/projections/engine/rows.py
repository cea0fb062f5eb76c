"""The rows that folds read and write: in memory, loaded by the batch, written back by the batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from projections.engine.held import Changes, Held
from projections.engine.needs import Need
from projections.engine.table import Key, Row, Table, Values


class Loader(Protocol):
    """Where rows come from that are not in memory."""

    def by_key(self, table: Table, keys: Sequence[Key]) -> Iterable[Row]: ...

    def by_index(self, table: Table, column: str, values: Sequence[Any]) -> Iterable[Row]: ...


class Rows:
    """What a fold may touch. Reads see every change that the batch made before.

    `whole`: the tables are empty, so that memory has all there is until it forgets some. Not safe for threads: each
    projector has its own.
    """

    def __init__(self, tables: Iterable[Table], loader: Loader, *, whole: bool = False) -> None:
        self._held = {table.name: Held(table, whole=whole) for table in tables}
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

    def revise(self, table: str, key: Key, values: Mapping[str, Any]) -> Row:
        """As `update`, of columns that are neither key nor index nor array, and in place: a row that `get` gave before
        may change with it. To copy a row for each event takes longer than most folds do.
        """
        # `_own`, written out: two events of three come by here.
        held = self._held[table]
        if held.added:
            held.settle()
        row = held.rows.get(key)
        if row is None or not held.plain.issuperset(values) or held.before.get(key, row) is row:
            row = self._own(table, key, values)
            if row is None:
                raise KeyError(f"no row of {table} has this key")
        row.update(values)
        revised: Row = row
        return revised

    def tally(self, table: str, key: Key, steps: Mapping[str, int]) -> bool:
        """As `revise`, adding to columns that are whole numbers. False where no row has this key."""
        row = self._own(table, key, steps)
        if row is None:
            return False
        for name, step in steps.items():
            row[name] += step
        return True

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

    def settled(self) -> Iterator[tuple[Table, Changes]]:
        """As `changes` and `written`, but rows of tables in which they often change again wait for `changes`."""
        for held in self._held.values():
            if changes := held.settled():
                yield held.table, changes

    def written(self, *, keep: int) -> None:
        """The changes are committed: what is in memory is what the tables hold. Beyond `keep` rows all is forgotten."""
        for held in self._held.values():
            held.written()
        if self.count() > keep:
            self.forget()

    def count(self) -> int:
        """Rows in memory."""
        return sum(len(held.rows) + len(held.added) for held in self._held.values())

    def forget(self) -> None:
        """Nothing in memory can be trusted: another writer came between, or the batch was undone."""
        for held in self._held.values():
            held.forget()

    def _own(self, table: str, key: Key, changing: Iterable[str]) -> Any:
        """A row that may be changed in place: no longer the one that the table holds, which is to be compared with."""
        held = self._held[table]
        if held.added:
            held.settle()
        row = held.rows.get(key)
        if row is None and (key in held.rows or (row := self._fetch(held, key)) is None):
            return None
        if not held.plain.issuperset(changing):
            raise KeyError(f"{', '.join(sorted(set(changing) - held.plain))}: no column of {table} to change in place")
        if held.before.get(key, row) is row:
            held.before[key] = row
            row = held.rows[key] = {**row}
        return row

    def _fetch(self, held: Held, key: Key) -> Any:
        held.check_key(key)
        if held.whole:
            held.rows[key] = None
        else:
            self._load_keys(held, [key])
        return held.rows[key]

    def _load_keys(self, held: Held, keys: Sequence[Key]) -> None:
        unknown = [key for key in keys if key not in held.rows]
        if unknown:
            for key in unknown:
                held.check_key(key)
            for row in self.loader.by_key(held.table, unknown):
                held.learn(row)
            for key in unknown:
                held.learn_absent(key)

    def _load_groups(self, held: Held, column: str, values: Sequence[Any]) -> None:
        for row in self.loader.by_index(held.table, column, values):
            held.learn(row)
        held.complete.update((column, value) for value in values)


def _check_index(table: Table, column: str) -> None:
    if column not in table.indexes:
        raise TypeError(f"table {table.name} declares no index on {column}")
