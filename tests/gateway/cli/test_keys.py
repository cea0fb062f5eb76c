"""`dossier-ledger keys`: two steps, so that every machine has the next key before it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import service as services
from gateway.cli.main import app, guarded
from gateway.settings import Settings
from ledger.kit.ids import uuid7
from ledger.kit.keyring import MasterKey
from support.databases import ORIGIN


@pytest.fixture
def settings(ledger_url, keys_url, tmp_path: Path, monkeypatch) -> Settings:
    settings = Settings(ledger_url, keys_url, data_dir=tmp_path, origin=ORIGIN)
    services.migrate(settings)
    for name, value in {
        "DATABASE_URL": ledger_url, "KEYS_DATABASE_URL": keys_url, "DATA_DIR": str(tmp_path), "ORIGIN": ORIGIN,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return settings


def run(*arguments: str) -> int:
    try:
        return guarded(lambda: app(list(arguments)))
    except SystemExit as end:
        return int(end.code or 0)


def test_a_running_service_follows_a_rotation(settings):
    assert run("keys", "prepare") == 4  # before the first start there is no key to follow
    with services.opened(settings) as service:
        sealed = service.keyring.seal(uuid7(), "texte")
        assert run("keys", "rotate") == 4  # nothing is prepared
        assert run("keys", "prepare") == 0
        assert run("keys", "prepare") == 4  # one is waiting
        assert run("keys", "rotate") == 0
        assert service.keyring.open(sealed) == "texte"
        later = service.keyring.seal(uuid7(), "après")
    with services.opened(settings) as restarted:
        assert restarted.keyring.open_many([sealed, later]) == ["texte", "après"]
    assert MasterKey.from_file(settings.master_key_path).epoch == 2


def test_a_key_from_the_environment_is_not_rotated_behind_its_back(settings, monkeypatch):
    monkeypatch.setenv("LEDGER_MASTER_KEY", MasterKey.generate().as_text())
    assert run("keys", "prepare") == 2
    assert settings.master_key_path.with_name("master.key.next").exists() is False
