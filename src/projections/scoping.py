"""The code's own narrowing of each query to its reader. Row-level security narrows once more, should it be missing."""

from __future__ import annotations

from projections.reader import Reader


def through(reader: Reader, column: str) -> str:
    """A condition that a column of one establishment is in the reader's scope (parameter `scope`); true for staff."""
    return "true" if reader.is_staff else f"{column} = any(%(scope)s::uuid[])"


def through_any(reader: Reader, column: str) -> str:
    """The same for a column that is an array of establishments."""
    return "true" if reader.is_staff else f"{column} && %(scope)s::uuid[]"


def scope_of(reader: Reader) -> dict[str, object]:
    return {"scope": list(reader.scope)}
