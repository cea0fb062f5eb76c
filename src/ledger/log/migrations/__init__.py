"""Forward-only migrations of the log's database, safe against processes that start together.

Each `NNNN_name.sql` beside this file runs once, in order, in one transaction under an advisory lock; what ran is in
`log.migration` with the SHA-256 of its text, so that a file edited after its release is noticed.
"""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import Final

import psycopg
from psycopg.rows import TupleRow

LOCK: Final = 0x6C656467  # "ledg": taken by every process that migrates this database


class MigrationChanged(RuntimeError):
    """A migration that has already run has another text now. Write a new one instead."""


class OriginMismatch(RuntimeError):
    """The database belongs to another deployment."""


def scripts() -> dict[str, str]:
    """The migrations by name, in the order in which they run."""
    folder = resources.files(__name__)
    return {
        entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".sql")
    }


def migrate(url: str, *, origin: str) -> list[str]:
    """Bring the database at `url` (its owner) up to date; return the names of what ran.

    `origin` names the deployment (one fund, one database); it is fixed by the first call and hashed with every event.
    """
    with psycopg.connect(url, autocommit=False) as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        connection.execute("create schema if not exists log")
        connection.execute(
            "create table if not exists log.migration "
            "(name text primary key, sha256 text not null, run_at timestamptz not null default now())"
        )
        ran = _run_pending(connection)
        _fix_origin(connection, origin)
    return ran


def _run_pending(connection: psycopg.Connection[TupleRow]) -> list[str]:
    done: dict[str, str] = dict(connection.execute("select name, sha256 from log.migration").fetchall())
    ran = []
    for name, text in scripts().items():
        digest = hashlib.sha256(text.encode()).hexdigest()
        if name not in done:
            connection.execute(text.encode())
            connection.execute("insert into log.migration (name, sha256) values (%s, %s)", (name, digest))
            ran.append(name)
        elif done[name] != digest:
            raise MigrationChanged(name)
    return ran


def _fix_origin(connection: psycopg.Connection[TupleRow], origin: str) -> None:
    connection.execute("insert into log.deployment (origin) values (%s) on conflict do nothing", (origin,))
    row = connection.execute("select origin from log.deployment").fetchone()
    if row is None or row[0] != origin:
        raise OriginMismatch(f"this database's origin is {row and row[0]!r}, not {origin!r}")
