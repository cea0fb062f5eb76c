"""Opening a deployment: migrations that any number of processes may run at once, and the key of the first start."""

from __future__ import annotations

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from gateway import auth, service
from gateway.auth.migrations import scripts
from gateway.settings import Settings
from ledger.kit.ids import uuid7
from projections.registry import ALL


@pytest.fixture
def settings(make_database: Callable[[str], str], tmp_path: Path) -> Settings:
    return Settings(make_database("empty"), make_database("empty"), data_dir=tmp_path / "data", origin="essai.example")


def test_processes_that_start_together_migrate_once(settings: Settings):
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(service.migrate, [settings] * 4))
    with psycopg.connect(settings.database_url) as connection:
        assert connection.execute("select name from auth.migration").fetchall() == [(name,) for name in scripts()]
        row = connection.execute("select count(*) from read.position").fetchone()
    assert row is not None
    assert row[0] == len(ALL)
    assert auth.migrate(settings.database_url) == []


def test_the_master_key_is_made_once_and_for_its_owner_alone(settings: Settings):
    service.migrate(settings)
    subject = uuid7()
    with service.opened(settings) as first:
        sealed = first.keyring.seal(subject, "confidentiel")
    assert stat.S_IMODE(settings.master_key_path.stat().st_mode) == 0o600
    with service.opened(settings) as second:
        assert second.keyring.open(sealed) == "confidentiel"


def test_a_token_of_nobodys_account_lets_nobody_in(settings: Settings):
    """A token is found through its account: without one it opens nothing."""
    service.migrate(settings)
    with service.opened(settings) as opened:
        secret, token = opened.tokens.create(uuid7(), label="orphelin")
        assert secret.startswith("dlt_")
        assert [each.token_id for each in opened.tokens.all()] == [token.token_id]
    with psycopg.connect(settings.database_url) as connection:
        found = connection.execute(
            "select count(*) from auth.token t join read.account a using (account_id)"
        ).fetchone()
    assert found == (0,)
