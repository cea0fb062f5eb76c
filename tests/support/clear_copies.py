"""Looking for personal data where none may stand in clear: in whole databases and in logs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import psycopg
from psycopg import sql

READING: Final = ("read", "read_next", "read_old", "read_past")
"""The schemas that may hold clear copies: they are made again from the log."""


def dump(url: str) -> Iterator[tuple[str, str]]:
    """Every row of every table outside READING, as text, with its table's name; bytes as the text that they spell."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "select schemaname, tablename from pg_tables where schemaname <> all(%s) "
            "and schemaname not in ('pg_catalog', 'information_schema')",
            (list(READING),),
        ).fetchall()
        for schema, table in tables:
            for row in connection.execute(sql.SQL("select * from {}").format(sql.Identifier(schema, table))):
                yield f"{schema}.{table}", " ".join(map(_text, row))


def found(words: set[str], text: str) -> set[str]:
    """Which of the words stand in a text as words, whatever their case."""
    return {word.casefold() for word in words} & set(re.findall(r"[\w@.+-]+|\d+", text.casefold()))


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
