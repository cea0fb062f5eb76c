"""What a projector says of its tables: names, types, keys, and the columns by which a fold may ask for rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, Final

Row = Mapping[str, Any]
"""A row as folds see it; never changed in place.

Values are as they come from JSON: ids and dates are text (canonical), whole numbers `int`, arrays tuples. Only
`timestamptz` is a `datetime` (aware).
"""

Values = tuple[Any, ...]
"""The values of a row, in the order of `Table.columns`."""

Key = tuple[Any, ...]
"""The values of a table's key columns, in the order of `Table.key`."""

_AS_TEXT: Final = {"uuid": "text", "uuid[]": "text[]", "date": "text", "date[]": "text[]"}
TYPES: Final = frozenset(
    {"uuid", "uuid[]", "text", "text[]", "date", "date[]", "bigint", "int", "int[]", "boolean", "timestamptz"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `type` is PostgreSQL's name of it, one of TYPES."""

    name: str
    type: str

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise TypeError(f"column {self.name}: {self.type!r} is not among {', '.join(sorted(TYPES))}")

    @property
    def is_array(self) -> bool:
        return self.type.endswith("[]")

    @property
    def read_type(self) -> str | None:
        """What it is cast to when it is loaded for a fold; None for no cast."""
        return _AS_TEXT.get(self.type)


def columns(**types: str) -> tuple[Column, ...]:
    """`columns(dossier_id="uuid", visible="uuid[]", paid_cents="bigint")`."""
    return tuple(Column(name, type_) for name, type_ in types.items())


@dataclass(frozen=True)
class Table:
    """A read table, without its schema's name. `indexes` are the other columns by which a fold may ask for rows: each
    needs an index in `table.sql`, or a rebuild crawls. `kept` is false where folds hardly ever ask for a row that they
    wrote: memory lets go of it then, and keeps others longer.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    indexes: tuple[str, ...] = ()
    kept: bool = True

    def __post_init__(self) -> None:
        for name in (*self.key, *self.indexes):
            if name not in self.names:
                raise TypeError(f"table {self.name} has no column {name}")

    @cached_property
    def names(self) -> dict[str, Column]:
        """Columns by name, in order."""
        return {column.name: column for column in self.columns}

    @cached_property
    def arrays(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_array)

    def row_of(self, values: Values) -> Row:
        return dict(zip(self.names, values, strict=True))

    @cached_property
    def key_of(self) -> Callable[[Row], Key]:
        """The key of a row."""
        if len(self.key) > 1:
            return itemgetter(*self.key)
        (only,) = self.key
        return lambda row: (row[only],)
