"""Documents moved from the directory into a bucket, while the fund works: stopped, resumed, each one read back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from gateway import service as services
from gateway.cli.main import app, guarded
from gateway.service import Service
from gateway.settings import Settings, VaultSettings
from gateway.settings_vault import S3Bucket
from gateway.vault import moving
from gateway.vault.opening import store_of
from ledger.document.commands import RecordDeposit
from ledger.document.events import Category
from ledger.kit.ids import uuid7
from ledger.vault.directory import DirectoryStore
from ledger.vault.store import AlreadyStored, NotStored, StoreUnavailable
from support.databases import ORIGIN
from support.givens import DAY, Givens
from support.s3 import Server

pytestmark = pytest.mark.s3


@pytest.fixture(scope="module")
def server() -> Server:
    return Server.of_environment()


@pytest.fixture
def before(make_databases, tmp_path) -> Settings:
    """The fund as it was, with its documents in files."""
    databases = make_databases()
    settings = Settings(databases.ledger, databases.keys, data_dir=tmp_path / "data", origin=ORIGIN)
    services.migrate(settings)
    return settings


@pytest.fixture
def environment(server) -> dict[str, str]:
    return {**server.environment(server.bucket(lock=True), lock=True), "VAULT_FORMER": "directory"}


@pytest.fixture
def after(before, environment) -> Settings:
    """The same fund, with new settings."""
    return replace(before, vault=VaultSettings(s3=S3Bucket.read(environment), former="directory", lock_years=1))


@pytest.fixture
def documents(before) -> Iterator[list[UUID]]:
    with services.opened(before) as service:
        yield [deposited(service, f"document {number}".encode()) for number in range(6)]


def deposited(service: Service, content: bytes) -> UUID:
    document_id, givens = uuid7(), Givens(service.ledger)
    stored = service.vault.deposit(document_id, iter([content]), limit_bytes=1_000)
    organisation_id, number = givens.organisation()
    order = RecordDeposit(
        document_id=document_id, category=Category.AGREEMENT, name="Accord.pdf", media_type="application/pdf",
        size_bytes=stored.size_bytes, stored_bytes=stored.stored_bytes, stored_sha256=stored.stored_sha256,
        plain_sha256=stored.plain_sha256, establishment_id=givens.establishment_of(organisation_id, number), on=DAY,
    )  # fmt: skip
    givens.do(order)
    return document_id


@pytest.fixture
def run(before, environment, monkeypatch, capsys):
    def run_(*arguments: str, **changed: str) -> tuple[int, str]:
        given = {
            "DATABASE_URL": before.database_url, "KEYS_DATABASE_URL": before.keys_database_url,
            "DATA_DIR": str(before.data_dir), "ORIGIN": ORIGIN, **environment, **changed,
        }  # fmt: skip
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        try:
            code = guarded(lambda: app(["vault", *arguments]))
        except SystemExit as end:
            code = end.code or 0
        captured = capsys.readouterr()
        return int(code), captured.out + captured.err

    return run_


def test_a_fund_moves_into_a_bucket_without_a_pause(before, after, documents, run):
    """Issue E: while it moves, every document is read, wherever it is; in the end the directory has none."""
    assert run("move", VAULT_FORMER="")[0] == 2
    files = DirectoryStore(before.vault_dir)
    with services.opened(after) as service:
        new = deposited(service, b"deposited meanwhile")
        assert not files.exists(new)
        assert [b"".join(service.vault.read(each)) for each in documents][5] == b"document 5"
        with pytest.raises(AlreadyStored):
            service.store.put(documents[0], iter([b"another"]))
        assert set(service.store.keys()) == {*documents, new}

        assert run("move") == (0, "Documents : 6 copiés, 1 déjà en place\n")
        assert run("move") == (0, "Documents : 0 déjà en place\n")
        assert all(service.store.protected_until(each) is not None for each in documents)
        assert run("verify")[0] == 0

        assert run("move", "--remove") == (0, "Documents : 1 déjà en place, 6 retirés du répertoire\n")
        assert list(files.keys()) == []
        assert {b"".join(service.vault.read(each)) for each in documents} == {
            f"document {number}".encode() for number in range(6)
        }
    alone = replace(after, vault=replace(after.vault, former=None))
    assert set(store_of(alone).keys()) == {*documents, new}


def test_a_move_that_is_cut_goes_on_where_it_was(before, after, documents, run, monkeypatch):
    """Cut by the server's absence after the third document: nothing is half there, and nothing is copied twice."""
    monkeypatch.setattr(moving, "_NOTED_EVERY", 1)
    monkeypatch.setattr(moving, "_THREADS", 1)
    whole, calls = moving.verify, []

    def verify(store, key, sha256, **told):
        calls.append(key)
        if len(calls) > 3:
            raise StoreUnavailable("refused")
        return whole(store, key, sha256, **told)

    monkeypatch.setattr(moving, "verify", verify)
    code, told = run("move")
    assert code == 1
    assert "S3_ENDPOINT" in told
    noted = json.loads((before.data_dir / moving.PROGRESS).read_text())
    assert noted["position"] > 0
    monkeypatch.setattr(moving, "verify", whole)
    code, told = run("move")
    # The fourth was copied and not yet read back (so may be the fifth, in the other thread): it is not written again.
    assert (code, sum(map(int, re.findall("[0-9]+", told)))) == (0, 3)
    assert "abîmé" not in told
    assert run("verify")[0] == 0


def test_what_is_damaged_or_absent_is_named_and_tried_again(before, after, documents, run):
    """A later run begins at the first that failed; once the directory is put right, it ends well."""
    files, damaged, absent = DirectoryStore(before.vault_dir), documents[1], documents[3]
    kept = {each: b"".join(files.get(each)) for each in (damaged, absent)}
    for each in kept:
        files.remove(each)
    files.put(damaged, iter([kept[damaged][:-1] + b"\0"]))
    code, told = run("move")
    assert code == 3
    assert f"{damaged} : abîmé, position " in told
    assert f"{absent} : absent, position " in told
    new = store_of(after).new
    for each in kept:
        with pytest.raises(NotStored):
            new.stat(each)

    files.remove(damaged)
    for each, content in kept.items():
        files.put(each, iter([content]))
    assert run("move") == (0, "Documents : 2 copiés, 4 déjà en place\n")


def test_what_a_killed_run_left_half_compared_is_written_anew(before, after, documents, run):
    """Other bytes under a document's name, not locked: the run that finds the right ones replaces them."""
    new = store_of(after).new
    new.put(documents[0], iter([b"not these"]))
    assert run("move")[0] == 0
    files = DirectoryStore(before.vault_dir)
    assert b"".join(new.get(documents[0])) == b"".join(files.get(documents[0]))
