"""The comparison that keeps a swap from changing anything but rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row

from projections.engine.catalogue import catalogue, differences
from projections.engine.schema import install, make
from support.toy_projections import DossierToy

TABLES = [table.name for table in DossierToy.TABLES]


@pytest.fixture
def connection(ledger_url: str) -> Iterator[psycopg.Connection]:
    install(ledger_url, [DossierToy()])
    with psycopg.connect(ledger_url, row_factory=dict_row) as connection:
        make(connection, "read_next", DossierToy())
        yield connection


def found(connection, change: str) -> list[str]:
    connection.execute(change)
    return differences(catalogue(connection, "read", TABLES), catalogue(connection, "read_next", TABLES))


def test_tables_made_by_one_sql_are_equal(connection):
    assert found(connection, "select 1") == []
    assert len(catalogue(connection, "read", TABLES)) > 30


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("drop policy scope on read_next.toy_dossier", "toy_dossier: policy scope manque"),
        (
            "alter policy scope on read_next.toy_dossier using (true)",
            "toy_dossier: policy scope vaut « permissive for r",
        ),
        (
            "revoke select on read_next.toy_counter from ledger_gateway",
            "toy_counter: grants to ledger_gateway manque",
        ),
        ("grant select (person_id) on read_next.toy_trainee to public", "toy_trainee: column person_id vaut"),
        (
            "alter table read_next.toy_dossier no force row level security",
            "toy_dossier: row security vaut « enabled not",
        ),
        ("alter table read_next.toy_dossier disable row level security", "toy_dossier: row security vaut « off"),
        ("drop index read_next.toy_dossier_title", "toy_dossier: index toy_dossier_title manque"),
        ("alter table read_next.toy_counter alter dossiers type bigint", "toy_counter: column dossiers vaut"),
        ("alter table read_next.toy_dossier alter title drop not null", "toy_dossier: column title vaut"),
        ("alter table read_next.toy_counter alter dossiers set default 1", "toy_counter: column dossiers vaut"),
        ("alter table read_next.toy_trainee add note text", "toy_trainee: column note est en trop"),
        (
            "alter table read_next.toy_dossier drop constraint toy_dossier_reserved_cents_check",
            "toy_dossier: constraint toy_dossier_reserved_cents_check manque",
        ),
        ("alter table read_next.toy_counter owner to ledger_auditor", "toy_counter: owner vaut « ledger_auditor »"),
        ("alter table read_next.toy_trainee set unlogged", "toy_trainee: table vaut"),
        ("alter table read_next.toy_trainee set (fillfactor = 50)", "toy_trainee: table vaut"),
    ],
)
def test_whatever_is_not_as_it_was_is_said(connection, change, told):
    lines = found(connection, change)
    assert any(line.startswith(told) for line in lines), lines


def test_a_table_made_with_like_is_seen_through(connection):
    """Reproduced once: `like … including all` copies neither row security, nor policies, nor grants."""
    connection.execute("drop table read_next.toy_dossier")
    lines = found(connection, "create table read_next.toy_dossier (like read.toy_dossier including all)")
    things = {re.split(" manque| vaut| est en trop", line)[0] for line in lines}
    assert {"toy_dossier: row security", "toy_dossier: policy scope", "toy_dossier: grants to ledger_gateway"} <= things
