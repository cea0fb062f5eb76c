"""Migrations: once each, forward only, also when many processes start together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ledger.log import migrations
from ledger.log.database import Role
from ledger.log.migrations import MigrationChanged, OriginMismatch, migrate, scripts


def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        ran = list(pool.map(lambda _: migrate(empty_url, origin="fonds.example"), range(6)))
    assert sorted(map(len, ran)) == [0] * 5 + [len(scripts())]


def test_a_script_edited_after_it_ran_is_noticed(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(empty_url, origin="fonds.example")
    edited = {name: text + "\n-- a later thought" for name, text in scripts().items()}
    monkeypatch.setattr(migrations, "scripts", lambda: edited)
    with pytest.raises(MigrationChanged):
        migrate(empty_url, origin="fonds.example")


def test_the_origin_is_fixed_when_the_deployment_is_made(empty_url: str) -> None:
    migrate(empty_url, origin="fonds.example")
    with pytest.raises(OriginMismatch):
        migrate(empty_url, origin="autre.example")


def test_a_role_that_may_make_roles_is_enough(empty_url: str) -> None:
    """The owner of a managed database is seldom a superuser."""
    with psycopg.connect(empty_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"create role owner_{name} login createrole password 'essai'".encode())
        for role in Role:
            connection.execute(
                f"do $$ begin create role {role}; exception when duplicate_object then null; end $$".encode()
            )
            connection.execute(f"grant {role} to owner_{name} with admin option".encode())
        connection.execute(f"alter database {name} owner to owner_{name}".encode())
    try:
        url = psycopg.conninfo.make_conninfo(empty_url, user=f"owner_{name}", password="essai")
        migrate(url, origin="fonds.example")
        with psycopg.connect(url) as connection:
            connection.execute("select set_config('role', 'ledger_writer', true)")
            connection.execute("select * from log.events")
    finally:
        with psycopg.connect(empty_url, autocommit=True) as connection:
            connection.execute(f"drop owned by owner_{name} cascade".encode())
            connection.execute(f"alter database {name} owner to postgres".encode())
            connection.execute(f"drop role owner_{name}".encode())
