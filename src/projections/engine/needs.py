"""What a handler will touch, said before it runs, so that the engine loads a whole batch's rows in a few queries."""

from __future__ import annotations

from functools import partial
from typing import Any, Final, NamedTuple


class Need(NamedTuple):
    """Rows of one table: one row by key, or (where `column` is set) all rows that have `values[0]` in that column.

    `fresh`: the event makes them, so that none can be there yet: nothing is loaded.
    """

    table: str
    values: tuple[Any, ...]
    column: str | None = None
    fresh: bool = False


# A batch has as many needs as rows: made so, each takes a third of the time that the class's own call takes.
_need: Final = partial(tuple.__new__, Need)


def key(table: str, *values: Any) -> Need:
    """The row of this key, there or not."""
    return _need((table, values, None, False))


def new(table: str, *values: Any) -> Need:
    """The row of this key, which cannot exist before this event (the stream's first): spares the load."""
    return _need((table, values, None, True))


def index(table: str, column: str, value: Any) -> Need:
    """Every row with this value in a column of `Table.indexes`."""
    return _need((table, (value,), column, False))


def new_index(table: str, column: str, value: Any) -> Need:
    """Every row with this value, of which none can exist before this event: spares the load."""
    return _need((table, (value,), column, True))
