"""Pages of a list, by key: a cursor says after which row the next page starts, so that no page is ever counted through.

Cursors are opaque, not secret and not signed: whoever makes one up reads no more than their scope.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import orjson

from ledger.kit.errors import Invalid

T = TypeVar("T")

MAX_LIMIT: Final = 200
COUNTED: Final = 10_000
"""Up to here a filtered list says exactly how many match; beyond, « 10 000+ »."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`total` is how many match, exact unless `total_is_capped` (COUNTED then); None where it was not asked for."""

    items: tuple[T, ...]
    next_cursor: str | None
    total: int | None = None
    total_is_capped: bool = False


def check_limit(limit: int) -> int:
    """Rows of one page, 1 to MAX_LIMIT."""
    if not 1 <= limit <= MAX_LIMIT:
        raise Invalid(field="limit", rule=f"Le nombre d'éléments par page va de 1 à {MAX_LIMIT}.")
    return limit


def write_cursor(order: str, *key: date | UUID | str) -> str:
    """A cursor that stands on the row with this key in a list of this order."""
    values = [value if isinstance(value, str) else str(value) for value in key]
    return base64.urlsafe_b64encode(orjson.dumps([order, *values])).decode().rstrip("=")


def read_cursor(cursor: str | None, order: str, *types: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """The key that `write_cursor` was given, parsed by `types` (`UUID`, `date.fromisoformat`, `str`); None for None.

    Invalid (field `cursor`) for any other text, and for a cursor of another list or order.
    """
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        found, *key = values
        if found != order or len(key) != len(types) or not all(map(_is_text, key)):
            raise ValueError("another list's cursor")
        return tuple(parse(value) for parse, value in zip(types, key, strict=True))
    except (ValueError, TypeError, binascii.Error):
        raise Invalid(field="cursor", rule="Ce curseur de pagination n'est pas valable.") from None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\x00" not in value


def page_of(rows: Sequence[T], limit: int, cursor_of: Callable[[T], str]) -> tuple[tuple[T, ...], str | None]:
    """The page's items and next cursor, from one row more than `limit` where there is a next page."""
    items = tuple(rows[:limit])
    return items, cursor_of(items[-1]) if len(rows) > limit and items else None


def counted(found: int) -> tuple[int, bool]:
    """`total` and `total_is_capped`, from a count that stopped at COUNTED + 1."""
    return min(found, COUNTED), found > COUNTED
