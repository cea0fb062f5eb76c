"""A backup and what is made of it again: into a fresh cluster, with equal proofs, and appends going on."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway import service as services
from gateway.api.app import create_app
from gateway.backup import Manifest, RestoreRefused, programs, restore, save, save_keys
from gateway.cli.main import app, guarded
from gateway.mail import links
from gateway.policies.registry import policies
from gateway.policies.runner import Runner
from gateway.settings import Settings
from ledger import embedded
from ledger.kit.errors import LogReadOnly
from ledger.kit.fictitious import fictitious_siren
from ledger.kit.personal import ERASED
from ledger.log.database import Role
from ledger.log.outside import FILE, Outside
from ledger.organisation.commands import RegisterOrganisation
from support.browser import SESSION, Browser
from support.databases import ORIGIN
from support.demo import fresh_place
from support.gateway import PASSWORD, PDF, Gateway, World, served


@pytest.fixture(scope="module")
def world(gateway: Gateway) -> World:
    """A fund with dossiers, a paid transfer, and a document."""
    world = gateway.world()
    invoice = gateway.approved_invoice(world.dossier, world.first)
    gateway.paid_transfer(invoice, provider=world.first, total_cents=gateway_total(gateway, invoice))
    assert gateway.deposited(dossier_ids=[str(world.dossier)]).status_code == 201
    return world


def gateway_total(gateway: Gateway, invoice: UUID) -> int:
    with psycopg.connect(gateway.settings.database_url) as connection:
        row = connection.execute("select approved_cents from read.invoice where invoice_id = %s", (invoice,)).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def place() -> Iterator[Path]:
    yield from fresh_place()


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs a command line in this process: its exit code, its output, its errors."""

    def run_(settings: Settings, *arguments: object) -> tuple[int, str, str]:
        for name, value in {
            "DATABASE_URL": settings.database_url, "KEYS_DATABASE_URL": settings.keys_database_url,
            "DATA_DIR": str(settings.data_dir), "ORIGIN": settings.origin,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        try:
            code = guarded(lambda: app([str(each) for each in arguments]))
        except SystemExit as end:
            code = end.code or 0
        captured = capsys.readouterr()
        return int(code), captured.out, captured.err

    return run_


def everything(url: str) -> dict[str, list[Any]]:
    """Every row of the log's and the read models' tables, but for what is a process's own."""
    found = {}
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "select schemaname || '.' || tablename from pg_tables where schemaname in ('log', 'read') order by 1"
        ).fetchall()
        for (table,) in tables:
            if table not in {"read.position", "log.migration"}:
                rows = connection.execute(f"select t::text from {table} t order by 1".encode()).fetchall()
                found[table] = [row[0] for row in rows]
    return found


@pytest.fixture
def empty(make_database, tmp_path) -> Settings:
    """Databases without anything in them, on the same server, and a place that has the master key."""
    return Settings(make_database("empty"), make_database("empty"), data_dir=tmp_path / "empty", origin=ORIGIN)


def give_key(gateway: Gateway, settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy2(gateway.settings.master_key_path, settings.master_key_path)


def order(number: int) -> RegisterOrganisation:
    return RegisterOrganisation.model_validate(
        {"siren": fictitious_siren(number), "name": "Organisme", "kinds": ["provider"]}
    )


def test_a_fund_is_made_again_in_a_fresh_cluster_and_goes_on(gateway, world, run, place, tmp_path, monkeypatch):
    """Issue B: log, keys apart, documents; positions, projections and proofs go on."""
    log, keys = tmp_path / "log", tmp_path / "keys"
    code, out, told = run(gateway.settings, "backup", log, "--keys", keys)
    assert (code, told) == (0, "")
    position = Manifest.read(log).position
    assert f"position {position}" in out
    before = everything(gateway.settings.database_url)
    assert len(before["log.events"]) == position > 20

    data = place / "data"
    data.mkdir()
    give_key(gateway, replace(gateway.settings, data_dir=data))
    code, out, told = run(gateway.settings, "restore", log, "--keys", keys, "--data-dir", data)
    assert (code, told) == (0, "")
    assert f"position {position}" in out
    code, out, _ = run(gateway.settings, "doctor", "--all", "--data-dir", data)
    assert (code, [line for line in out.splitlines() if line.startswith("panne")]) == (0, [])

    with embedded.running(data) as server:
        settings = Settings(server.url("ledger"), server.url("ledger_keys"), data_dir=data, origin=ORIGIN)
        assert everything(settings.database_url) == before
        monkeypatch.undo()
        with services.opened(settings) as service:
            (document,) = service.store.keys()
            assert b"".join(service.vault.read(document)) == PDF
            assert service.ledger.execute(order(8000), actor=None).position == position + 1


def test_a_backup_that_was_changed_cut_short_or_is_anothers_is_refused(gateway, world, run, empty, tmp_path):
    log, keys = tmp_path / "log", tmp_path / "keys"
    assert run(gateway.settings, "backup", log, "--keys", keys)[0] == 0
    give_key(gateway, empty)
    dump = (log / "log.dump").read_bytes()
    (log / "log.dump").write_bytes(dump[:-1] + bytes([dump[-1] ^ 1]))
    code, _, told = run(empty, "restore", log, "--keys", keys)
    assert (code, "log.dump" in told) == (2, True)
    (log / "log.dump").write_bytes(dump)
    assert run(replace(empty, origin="autre.example"), "restore", log, "--keys", keys)[0] == 4
    manifest = (log / "manifest.json").read_text()
    (log / "manifest.json").unlink()
    assert run(empty, "restore", log, "--keys", keys)[0] == 2
    lying = {**json.loads(manifest), "leaves": "0" * 64}
    (log / "manifest.json").write_text(json.dumps(lying))
    code, _, told = run(empty, "restore", log, "--keys", keys)
    assert (code, "n'est pas celui" in told) == (2, True)


def test_nothing_is_restored_over_something_or_without_its_keys(gateway, world, empty, tmp_path):
    manifest = save(gateway.settings, tmp_path / "log")
    save_keys(gateway.settings, tmp_path / "keys", origin=ORIGIN, position=manifest.position)
    with pytest.raises(RestoreRefused, match="clé maîtresse"):
        restore(empty, tmp_path / "log", keys=tmp_path / "keys")
    assert not empty.master_key_path.exists()
    give_key(gateway, empty)
    with pytest.raises(RestoreRefused, match="--keys"):
        restore(empty, tmp_path / "log")
    with pytest.raises(RestoreRefused, match="base vide"):
        restore(gateway.settings, tmp_path / "log", keys=tmp_path / "keys")
    save_keys(gateway.settings, tmp_path / "early", origin=ORIGIN, position=manifest.position - 1)
    with pytest.raises(RestoreRefused, match="avant le journal"):
        restore(empty, tmp_path / "log", keys=tmp_path / "early")
    with pytest.raises(FileExistsError):
        save(gateway.settings, tmp_path / "log")


def test_what_was_destroyed_stays_destroyed(gateway, world, empty, tmp_path):
    """Keys come back from an older copy: the newer list of those destroyed is applied again."""
    before, after = (gateway.service.ledger.execute(order(n), actor=None) for n in (8101, 8102))
    keyring = gateway.service.keyring
    sealed = [keyring.seal(each.resource_id, "confidentiel") for each in (before, after)]
    keyring.destroy(before.resource_id)
    manifest = save(gateway.settings, tmp_path / "log", with_documents=False)
    old = save_keys(gateway.settings, tmp_path / "old", origin=ORIGIN, position=manifest.position)
    keyring.destroy(after.resource_id)
    new = save_keys(gateway.settings, tmp_path / "new", origin=ORIGIN, position=manifest.position)
    assert (old.destroyed + 1, old.keys) == (new.destroyed, new.keys)
    give_key(gateway, empty)
    shutil.copytree(gateway.settings.vault_dir, empty.vault_dir)
    restored = restore(empty, tmp_path / "log", keys=tmp_path / "old", destroyed=tmp_path / "new" / "destroyed.txt")
    assert (restored.destroyed_again, restored.absent) == (1, 0)
    with services.opened(empty) as service:
        assert service.keyring.open_many(sealed) == [ERASED, ERASED]


def test_passwords_survive_and_nothing_that_was_open_does(gateway, world, empty, tmp_path):
    """What was ended since the backup cannot be known from it: sessions, links and tokens begin anew. Nobody is written
    to again for what happened before.
    """
    browser = gateway.session("accountant")
    secret = browser.session
    with gateway.service.database.transaction(Role.AUTH) as connection:
        links.make(connection, "password", account_id=gateway.accounts["provider"])
    Runner(gateway.service, policies(gateway.service)).catch_up()
    manifest = save(gateway.settings, tmp_path / "log", with_documents=False)
    save_keys(gateway.settings, tmp_path / "keys", origin=ORIGIN, position=manifest.position)
    give_key(gateway, empty)
    shutil.copytree(gateway.settings.vault_dir, empty.vault_dir)
    restore(empty, tmp_path / "log", keys=tmp_path / "keys")
    with psycopg.connect(empty.database_url) as connection:
        for query, count in {
            "select count(*) from auth.session where ended_at is null": 0,
            "select count(*) from auth.token where revoked_at is null": 0,
            "select count(*) from auth.link where used_at is null and void_at is null": 0,
            "select count(*) from auth.totp where confirmed_at is not null": 1,
        }.items():
            assert connection.execute(query).fetchone() == (count,), query
        mails = connection.execute("select count(*) from auth.mail").fetchone()
    with services.opened(empty) as service:
        Runner(service, policies(service)).catch_up()
    with served(create_app(empty)) as (client, _):
        old = Browser(client, {SESSION: secret})
        assert old.get("/v1/me").status_code == 401
        assert Browser(client).sign_in(gateway.emails["accountant"], PASSWORD).json()["stage"] == "second-factor"
    with psycopg.connect(empty.database_url) as connection:
        assert connection.execute("select count(*) from auth.mail").fetchone() == mails


def test_a_backup_of_before_there_were_mails_writes_to_nobody(gateway, world, empty, tmp_path):
    """A log alone: the policies begin at its head, and what has no password gets one by a link, when it asks for it."""
    manifest = save(gateway.settings, tmp_path / "log", with_documents=False, with_sign_in=False)
    save_keys(gateway.settings, tmp_path / "keys", origin=ORIGIN, position=manifest.position)
    give_key(gateway, empty)
    shutil.copytree(gateway.settings.vault_dir, empty.vault_dir)
    restore(empty, tmp_path / "log", keys=tmp_path / "keys")
    with services.opened(empty) as service:
        Runner(service, policies(service)).catch_up()
    with psycopg.connect(empty.database_url) as connection:
        assert connection.execute("select count(*) from auth.mail").fetchone() == (0,)


def test_an_archive_holds_neither_keys_nor_read_models_nor_tokens(gateway, world, run, tmp_path):
    """DESIGN: long-term copies hold neither read schemas nor keys; nothing personal is in clear in them."""
    target = tmp_path / "archive"
    assert run(gateway.settings, "backup", target)[0] == 2  # which of the two must be said
    for together in (target, target / "keys", tmp_path):
        assert run(gateway.settings, "backup", target, "--keys", together)[0] == 2
    assert not target.exists()
    assert run(gateway.settings, "backup", target, "--without-keys", "--without-documents")[0] == 0
    assert {each.name for each in target.iterdir()} == {"log.dump", "documents.jsonl", "manifest.json"}
    listed = listed_in(target / "log.dump")
    assert " log events" in listed
    assert " auth " not in listed
    assert " read " not in listed


def listed_in(dump: Path) -> str:
    """What PostgreSQL's own program finds in a dump."""
    return subprocess.run(
        [programs._program("pg_restore"), "--list", dump], capture_output=True, text=True, check=True
    ).stdout


def test_a_document_that_is_not_there_is_said(gateway, world, run, tmp_path):
    first = next(iter(gateway.service.store.keys()))
    (path,) = gateway.settings.vault_dir.glob(f"*/*/{first}")
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    try:
        code, out, _ = run(gateway.settings, "backup", tmp_path / "log", "--keys", tmp_path / "keys")
    finally:
        path.write_bytes(content)
    assert code == 3
    assert "dont 1 absents" in out
    assert Manifest.read(tmp_path / "log").absent == (str(first),)


def test_a_copy_older_than_the_outside_head_is_restored_read_only(gateway, world, empty, tmp_path):
    """What was acknowledged after the backup is gone: an operator has to know before anything is written over it."""
    manifest = save(gateway.settings, tmp_path / "log")
    save_keys(gateway.settings, tmp_path / "keys", origin=ORIGIN, position=manifest.position)
    gateway.service.ledger.execute(order(8200), actor=None)
    save(gateway.settings, tmp_path / "later")
    give_key(gateway, empty)
    shutil.copytree(gateway.settings.outside_path, empty.outside_path)
    noted = Outside(empty.outside_path).read()
    assert noted is not None
    assert noted.position == manifest.position + 1
    assert (empty.outside_path / FILE).exists()
    assert restore(empty, tmp_path / "log", keys=tmp_path / "keys").verdict == "behind"
    with services.opened(empty) as service, pytest.raises(LogReadOnly):
        service.ledger.execute(order(8201), actor=None)


def test_a_password_never_stands_among_a_programs_arguments(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "_program", lambda name: str(tmp_path / "program"))
    (tmp_path / "program").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" "env:$PGPASSWORD" > {tmp_path}/said\n')
    (tmp_path / "program").chmod(0o700)
    programs.dump("postgresql://login:motdepasse@127.0.0.1/ledger", "log", tmp_path / "x")
    *arguments, environment = (tmp_path / "said").read_text().splitlines()
    assert environment == "env:motdepasse"
    assert "motdepasse" not in " ".join(arguments)
