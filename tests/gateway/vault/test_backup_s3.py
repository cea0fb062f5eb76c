"""Backups and buckets: a fund restored into a bucket with locks, then saved from it, and moved there under kill -9."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from gateway import service as services
from gateway.backup import restore, save, save_keys
from gateway.service import Service
from gateway.settings import Settings, VaultSettings
from gateway.settings_vault import S3Bucket
from gateway.vault import intents, verifying
from gateway.vault.locks import whole_term
from ledger.kit.clock import system_clock
from ledger.kit.ids import uuid7
from ledger.log.database import Role
from ledger.vault.directory import DirectoryStore
from ledger.vault.verification import Finding
from support.databases import ORIGIN
from support.eventually import eventually
from support.handing_in import counter_of, new
from support.programs import Program
from support.s3 import Server

pytestmark = [pytest.mark.s3, pytest.mark.full]


@pytest.fixture(scope="module")
def server() -> Server:
    return Server.of_environment()


@pytest.fixture
def fund(make_databases, tmp_path) -> Iterator[Service]:
    """With five documents in files, and a deposit on its way."""
    made = make_databases()
    settings = Settings(made.ledger, made.keys, data_dir=tmp_path / "fund", origin=ORIGIN)
    services.migrate(settings)
    with services.opened(settings) as service:
        counter = counter_of(service)
        for _ in range(5):
            counter.hand_in(new() + os.urandom(1 << 20))
        intents.begin(service.database, uuid7())
        yield service


def findings(service: Service) -> list[Finding]:
    documents = verifying.documents(
        service.database, service.store, verifying.NotKnown(), verifying.Selection(), lambda *_: None
    )
    return [each.finding for each in documents]


def stored(backup: Path) -> dict[UUID, bytes]:
    copies = DirectoryStore(backup / "vault")
    return {key: b"".join(copies.get(key)) for key in sorted(copies.keys())}


def test_a_fund_is_restored_into_a_bucket_and_saved_from_it(server, fund, make_database, tmp_path):
    """Each document is locked there for its term; what was on its way is forgotten, not swept; and a backup of the
    bucket has the same bytes as the one that it came from.
    """
    first, keys, second = tmp_path / "first", tmp_path / "keys", tmp_path / "second"
    told = save(fund.settings, first)
    save_keys(fund.settings, keys, origin=told.origin, position=told.position)
    bucket = S3Bucket.read(server.environment(server.bucket(lock=True), lock=True))
    there = Settings(
        make_database("empty"),
        make_database("empty"),
        data_dir=tmp_path / "there",
        origin=ORIGIN,
        vault=VaultSettings(s3=bucket, lock_years=3),
    )
    there.data_dir.mkdir()
    shutil.copy2(fund.settings.master_key_path, there.master_key_path)
    restored = restore(there, first, keys=keys)
    assert (restored.documents, restored.absent) == (5, 0)
    with services.opened(there) as service:
        assert findings(service) == [Finding.WHOLE] * 5
        term = whole_term(there, system_clock())
        for key in sorted(service.store.keys()):
            until = service.store.protected_until(key)
            assert until is not None
            assert abs((until - term).total_seconds()) < 3_600
            assert b"".join(service.vault.read(key)) == b"".join(fund.vault.read(key))
        with service.database.transaction(Role.AUTH) as connection:
            assert connection.execute("select document_id from auth.deposit").fetchall() == []

    again = save(there, second)
    assert (again.documents, again.absent) == (5, ())
    assert stored(second) == stored(first)
    third = save(there, tmp_path / "third", with_documents=False)
    assert (third.documents, third.documents_copied) == (5, False)
    assert not (tmp_path / "third" / "vault").exists()


def test_a_move_that_is_killed_goes_on_and_leaves_nothing_half(server, fund, tmp_path):
    """kill -9 after the first, the third and the last copy: each run goes on; every document is there once, whole."""
    environment = {
        "DATABASE_URL": fund.settings.database_url,
        "KEYS_DATABASE_URL": fund.settings.keys_database_url,
        "DATA_DIR": str(fund.settings.data_dir),
        "ORIGIN": ORIGIN,
        "VAULT_FORMER": "directory",
        **server.environment(bucket := server.bucket(lock=True), lock=True),
    }
    there = server.store(bucket, tmp_path, lock=True)
    mover = Program("move", ("vault", "move"), tmp_path, environment)
    for copied in (1, 3, 5):
        mover.start()
        process = mover.process
        assert process is not None
        eventually(lambda n=copied, p=process: len(list(there.keys())) >= n or p.poll() is not None, mover.said)
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        assert process.wait() in {0, -signal.SIGKILL}
    mover.start()
    assert mover.process is not None
    assert mover.process.wait(120) == 0, mover.said()
    moved = replace(fund.settings, vault=VaultSettings(s3=S3Bucket.read(environment)))
    with services.opened(moved) as service:
        assert findings(service) == [Finding.WHOLE] * 5
        keys = sorted(service.store.keys())
        assert keys == sorted(fund.store.keys())
        assert not any(service.store.overlaid(key) for key in keys)
        assert all(service.store.protected_until(key) for key in keys)
    assert Path(fund.settings.data_dir / "vault-move.json").exists()
