"""Documents that nobody can delete before their day, on a real S3 server, in a deployment of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from gateway import service as services
from gateway.doctor import Level, place
from gateway.policies.registry import policies
from gateway.policies.runner import Runner
from gateway.service import Service
from gateway.settings import Settings, VaultSettings
from gateway.settings_vault import S3Bucket
from gateway.vault.locks import whole_term
from gateway.vault.opening import proved
from ledger.document.commands import RecordDeposit
from ledger.document.events import Category
from ledger.kit.clock import system_clock
from ledger.kit.ids import uuid7
from ledger.vault.store import StoreUnfit
from ledger.vault.vault import DocumentErased
from ledger.vault.verification import Finding
from support.databases import ORIGIN
from support.gateway import PDF
from support.givens import DAY, Givens
from support.s3 import Server

pytestmark = pytest.mark.s3


@pytest.fixture(scope="module")
def server() -> Server:
    return Server.of_environment()


@pytest.fixture
def settings(server, make_databases, tmp_path) -> Settings:
    databases = make_databases()
    bucket = S3Bucket.read(server.environment(server.bucket(lock=True), lock=True))
    return Settings(
        databases.ledger, databases.keys, data_dir=tmp_path, origin=ORIGIN, vault=VaultSettings(s3=bucket, lock_years=6)
    )


@pytest.fixture
def service(settings) -> Iterator[Service]:
    services.migrate(settings)
    with services.opened(settings) as opened:
        yield opened


def recorded(service: Service) -> UUID:
    """A document as an import brings it in: stored, recorded, and without any lock yet."""
    document_id, givens = uuid7(), Givens(service.ledger)
    deposited = service.vault.deposit(document_id, io.BytesIO(PDF), limit_bytes=1_000_000)
    organisation_id, number = givens.organisation()
    givens.do(
        RecordDeposit(
            document_id=document_id,
            category=Category.AGREEMENT,
            name="Accord.pdf",
            media_type="application/pdf",
            size_bytes=deposited.size_bytes,
            stored_bytes=deposited.stored_bytes,
            stored_sha256=deposited.stored_sha256,
            plain_sha256=deposited.plain_sha256,
            establishment_id=givens.establishment_of(organisation_id, number),
            on=DAY,
        )
    )
    return document_id


def test_a_recorded_document_is_locked_for_its_whole_term_and_can_still_be_erased(service):
    """Issue E: deletion is refused by the server; destroying the document's key makes it unreadable all the same."""
    document_id, now = recorded(service), system_clock()
    assert service.store.protected_until(document_id) is None
    runner = Runner(service, policies(service))
    runner.catch_up()
    until = service.store.protected_until(document_id)
    assert until is not None
    assert timedelta(0) <= until - whole_term(service.settings, now) < timedelta(minutes=2)
    assert not service.store.remove(document_id)
    assert b"".join(service.vault.read(document_id)) == PDF

    service.keyring.destroy(document_id)
    with pytest.raises(DocumentErased):
        service.vault.read(document_id)
    assert service.store.exists(document_id)
    stored = b"".join(service.store.get(document_id))
    assert PDF not in stored
    assert service.vault.verify(document_id, sha256(stored).hexdigest()) is Finding.ERASED


def test_the_doctor_tries_the_store(settings):
    """What it says names what is lacking, in French, and quotes no key."""
    findings = {each.subject: each for each in place.vault(settings)}
    assert {each.level for each in findings.values()} == {Level.OK}
    assert "verrous éprouvés" in findings["stockage S3"].told
    s3 = settings.vault.s3
    lost = replace(settings, vault=VaultSettings(s3=replace(s3, secret_key="another-secret")))
    [finding] = [each for each in place.vault(lost) if each.level is Level.FAIL]
    assert "S3_ACCESS_KEY" in finding.told
    assert "another-secret" not in finding.told


def test_serving_over_a_bucket_without_locks_is_refused_where_locks_are_asked_for(server, settings):
    s3 = replace(settings.vault.s3, bucket=server.bucket())
    with pytest.raises(StoreUnfit, match="object-lock"):
        proved(replace(settings, vault=VaultSettings(s3=s3)))
    proved(replace(settings, vault=VaultSettings(s3=replace(s3, lock=False))))
    proved(replace(settings, vault=VaultSettings(s3=replace(s3, server="127.0.0.1:1"))))  # it is waited for


def test_a_term_that_begins_on_the_29th_of_february_ends_a_day_later(tmp_path):
    settings = Settings("", "", data_dir=tmp_path, vault=VaultSettings(lock_years=10))
    assert whole_term(settings, datetime(2028, 2, 29, 23, tzinfo=UTC)).date() == date(2038, 3, 1)
    assert whole_term(settings, datetime(2026, 11, 22, 6, tzinfo=UTC)) == datetime(2036, 11, 22, 6, tzinfo=UTC)
