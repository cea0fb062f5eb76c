"""Forward-only migrations of the schema `auth`, safe against processes that start together."""

from __future__ import annotations

from importlib import resources
from typing import Final

import psycopg

LOCK: Final = 0x61757468  # "auth": any number that no other migration of this database takes


def scripts() -> list[str]:
    """The names of the migrations, in the order in which they run."""
    names = (entry.name for entry in resources.files(__name__).iterdir())
    return sorted(name.removesuffix(".sql") for name in names if name.endswith(".sql"))


def migrate(url: str) -> list[str]:
    """Bring the schema `auth` at `url` (its owner) up to date; the log's migrations, that make the roles, ran before.

    Returns the names of what ran.
    """
    with psycopg.connect(url) as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        connection.execute("create schema if not exists auth")
        connection.execute("create table if not exists auth.migration (name text primary key, run_at timestamptz)")
        done = {row[0] for row in connection.execute("select name from auth.migration")}
        pending = [name for name in scripts() if name not in done]
        for name in pending:
            connection.execute(resources.files(__name__).joinpath(f"{name}.sql").read_bytes())
            connection.execute("insert into auth.migration values (%s, now())", [name])
    return pending
