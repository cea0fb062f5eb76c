"""Rows to the frozen dataclasses that queries return. A query selects exactly the fields of its class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import BaseRowFactory, DictRow, RowMaker, scalar_row

T = TypeVar("T")
Connection = AsyncConnection[DictRow]
"""An open transaction, whose role and scope the caller has set."""


class Asked(Generic[T]):
    """A question that was sent. Several that are asked before the first is answered share one round trip.

    Its rows may be had after the end of the transaction too: they came with it.
    """

    def __init__(self, cursor: AsyncCursor[T]) -> None:
        self._cursor = cursor

    async def all(self) -> list[T]:
        return await self._cursor.fetchall()

    async def one(self) -> T | None:
        """The only row, or None."""
        return await self._cursor.fetchone()


async def ask(connection: Connection, made: type[T], query: str, parameters: Mapping[str, Any]) -> Asked[T]:
    """Ask for rows, as instances of the dataclass `made`; arrays become tuples.

    For the rows of long lists `made` may be a NamedTuple, of the query's columns in their order, none of them an array.
    """
    cursor: AsyncCursor[Any] = await connection.execute(query.encode(), parameters)
    cursor.row_factory = _instances(made)
    return Asked(cursor)


async def ask_number(connection: Connection, query: str, parameters: Mapping[str, Any]) -> Asked[int]:
    """Ask for the number in the only row's only column."""
    cursor: AsyncCursor[Any] = await connection.execute(query.encode(), parameters)
    cursor.row_factory = scalar_row
    return Asked(cursor)


async def fetch(connection: Connection, made: type[T], query: str, parameters: Mapping[str, Any]) -> list[T]:
    """Every row, as instances of the dataclass `made`; arrays become tuples."""
    return await (await ask(connection, made, query, parameters)).all()


async def fetch_one(connection: Connection, made: type[T], query: str, parameters: Mapping[str, Any]) -> T | None:
    """The only row, or None."""
    return await (await ask(connection, made, query, parameters)).one()


async def fetch_count(connection: Connection, query: str, parameters: Mapping[str, Any]) -> int:
    """The number in the only row's only column."""
    return await (await ask_number(connection, query, parameters)).one() or 0


def _instances(made: type[T]) -> BaseRowFactory[T]:
    def of(cursor: Any) -> RowMaker[T]:
        names = [column.name for column in cursor.description or ()]
        if tuple(names) == getattr(made, "_fields", None):
            return made._make  # type: ignore[attr-defined, no-any-return] # a NamedTuple: its row is there already

        def instance(values: Sequence[Any]) -> T:
            return made(**dict(zip(names, map(_frozen, values), strict=True)))

        return instance

    return of


def _frozen(value: Any) -> Any:
    return tuple(value) if type(value) is list else value
