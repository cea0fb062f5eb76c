"""Rows to the frozen dataclasses that queries return. A query selects exactly the fields of its class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import DictRow

T = TypeVar("T")
Connection = AsyncConnection[DictRow]
"""An open transaction, whose role and scope the caller has set."""


async def fetch(connection: Connection, made: type[T], query: str, parameters: Mapping[str, Any]) -> list[T]:
    """Every row, as instances of the dataclass `made`; arrays become tuples."""
    cursor = await connection.execute(query.encode(), parameters)
    return [made(**_frozen(row)) for row in await cursor.fetchall()]


async def fetch_one(connection: Connection, made: type[T], query: str, parameters: Mapping[str, Any]) -> T | None:
    """The only row, or None."""
    rows = await fetch(connection, made, query, parameters)
    return rows[0] if rows else None


async def fetch_count(connection: Connection, query: str, parameters: Mapping[str, Any]) -> int:
    """The number in the only row's only column."""
    cursor = await connection.execute(query.encode(), parameters)
    row = await cursor.fetchone()
    return int(next(iter(row.values()))) if row else 0


def _frozen(row: DictRow) -> DictRow:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
