"""The schemas of read tables: `read` is live, `read_next` is built beside it, `read_old` was live before a swap.

`read_past` shows how they stood at some position: nothing is ever swapped with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import psycopg
from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from projections.engine import positions
from projections.engine.projector import Projector
from projections.engine.table import Table

LIVE: Final = "read"
NEXT: Final = "read_next"
OLD: Final = "read_old"
PAST: Final = "read_past"

_LOCK: Final = 0x72656164  # "read": taken by every process that makes or moves read tables
_READERS: Final = "ledger_gateway, ledger_staff, ledger_auditor, ledger_auth"

_HOUSE: Final = """
create schema if not exists {schema};
create table if not exists {schema}.position (
    projector text primary key,
    version integer not null,
    tables text[] not null,
    position bigint not null default 0,
    generation bigint not null default 0,
    state text not null default 'live' check (state in ('live', 'failed', 'waiting')),
    error text,
    failed_position bigint,
    updated_at timestamptz not null default now()
) with (fillfactor = 50);
grant usage on schema {schema} to ledger_projector;
grant select, update on {schema}.position to ledger_projector;
"""


class TablesDiffer(RuntimeError):
    """A projector's TABLES and its tables do not agree: `table.sql` is wrong, or changed without a new VERSION."""


def install(url: str, projectors: Iterable[Projector]) -> list[str]:
    """Make the live read tables that are missing; return the names of the projections made.

    `url` is the owner's. Harmless when repeated, and safe against processes that start together. Tables of another
    VERSION are left alone: they are rebuilt and swapped by an operator, never silently.
    """
    made = []
    with psycopg.connect(url, row_factory=dict_row) as connection:
        hold(connection)
        make_houses(connection)
        known = positions.read(connection, LIVE)
        for projector in projectors:
            if projector.NAME not in known:
                make(connection, LIVE, projector)
                made.append(projector.NAME)
            elif known[projector.NAME].version == projector.VERSION:
                check(connection, LIVE, projector)
    return made


def hold(connection: Connection[DictRow]) -> None:
    """One at a time, to the transaction's end: tables are made, moved and dropped by one process alone."""
    connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))


def make(connection: Connection[DictRow], schema: str, projector: Projector) -> None:
    """Make a projection's tables, empty, by its own SQL, and its position at the log's beginning."""
    before = _relations(connection, schema)
    connection.execute(projector.ddl().replace("{schema}", schema).encode())
    made = _relations(connection, schema) - before
    if made != {table.name for table in projector.TABLES}:
        raise TablesDiffer(f"{projector.NAME}: table.sql makes {sorted(made)}, which are not its TABLES")
    check(connection, schema, projector)
    connection.execute(
        f"insert into {schema}.position (projector, version, tables) values (%s, %s, %s)".encode(),
        (projector.NAME, projector.VERSION, sorted(made)),
    )


def check(connection: Connection[DictRow], schema: str, projector: Projector) -> None:
    """Raise TablesDiffer where the tables have other columns than the projector says."""
    for table in projector.TABLES:
        found = _columns(connection, schema, table)
        said = {column.name: column.type for column in table.columns}
        if found != said:
            wrong = sorted({name for name, _ in found.items() ^ said.items()})
            raise TablesDiffer(f"{projector.NAME}: {schema}.{table.name} differs on {', '.join(wrong)}")


def remove(connection: Connection[DictRow], schema: str, names: Iterable[str]) -> list[str]:
    """Drop these projections' tables from a schema; return the names of those that were there."""
    found = positions.read(connection, schema, lock=list(names))
    tables = [f"{schema}.{table}" for row in found.values() for table in row.tables]
    if tables:
        connection.execute(f"drop table {', '.join(tables)}".encode())
    connection.execute(f"delete from {schema}.position where projector = any(%s)".encode(), (list(found),))
    return sorted(found)


def make_houses(connection: Connection[DictRow]) -> None:
    """Make the schemas themselves, where they are missing."""
    for schema in (LIVE, NEXT, OLD, PAST):
        connection.execute(_HOUSE.replace("{schema}", schema).encode())
    connection.execute(f"grant usage on schema {LIVE} to {_READERS}".encode())
    connection.execute(f"grant select on {LIVE}.position to {_READERS}".encode())


def _relations(connection: Connection[DictRow], schema: str) -> set[str]:
    # Views, sequences and the rest would stay behind in a swap: they count, and are refused by whoever compares.
    rows = connection.execute(
        "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind not in ('i', 'I', 't')",
        (schema,),
    )
    return {row["relname"] for row in rows}


def _columns(connection: Connection[DictRow], schema: str, table: Table) -> dict[str, str]:
    rows = connection.execute(
        "select attname, format_type(atttypid, atttypmod) as type from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        (f"{schema}.{table.name}",),
    )
    return {row["attname"]: _short(row["type"]) for row in rows}


def _short(name: str) -> str:
    return name.replace("integer", "int").replace("timestamp with time zone", "timestamptz")
