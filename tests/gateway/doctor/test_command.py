"""`dossier-ledger doctor` as an operator runs it."""

from __future__ import annotations

import psycopg
import pytest

from gateway.cli.main import app, guarded
from ledger.kit.errors import LogReadOnly
from ledger.log.outside import Outside, guard


@pytest.fixture
def run(house, monkeypatch, capsys):
    """Runs a command line in this process, on the house: its exit code and its output."""
    settings = house.settings
    environment = {
        "DATABASE_URL": settings.database_url, "KEYS_DATABASE_URL": settings.keys_database_url,
        "DATA_DIR": str(settings.data_dir), "ORIGIN": settings.origin,
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run_(*arguments: str) -> tuple[int, str]:
        try:
            code = guarded(lambda: app(list(arguments)))
        except SystemExit as end:
            code = end.code or 0
        return int(code), capsys.readouterr().out

    return run_


def test_a_failure_is_a_line_a_remedy_a_page_and_the_code_1(house, run):
    house.record("dossier.teleported.v1", b"{}")
    code, out = run("doctor")
    assert code == 1
    assert "panne  noms d'événements : « dossier.teleported.v1 »" in out
    assert "(docs/runbooks/read-model-stopped.md)" in out
    assert "ok     positions" in out


def test_a_log_that_went_back_stays_closed_until_its_head_is_accepted(house, run):
    """Issue B: a head behind the last outside copy makes the log read-only until an operator decides."""
    outside = Outside(house.settings.outside_path)
    with psycopg.connect(house.url) as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute("delete from log.events where position = 3")
    guard(house.service.database, outside)
    with pytest.raises(LogReadOnly):
        house.register(10)
    assert run("doctor")[0] == 1
    assert run("doctor", "--accept-head") == (
        0,
        "Tête acceptée à la position 2 : le journal est ouvert en écriture.\n",
    )
    assert house.register(10) == 3
    assert "ok     lecture seule" in run("doctor")[1]


def test_without_a_database_it_says_so_and_not_where(house, run, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://login:motdepasse@127.0.0.1:1/ledger?connect_timeout=1")
    code, out = run("doctor")
    assert code == 1
    assert "panne  PostgreSQL : ne répond pas" in out
    assert "motdepasse" not in out
