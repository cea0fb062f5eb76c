"""`vault verify`: every document against the log, on a directory and on a real S3 server, without any key."""

from __future__ import annotations

import io
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from gateway.vault import verifying
from ledger.kit.clock import system_clock
from ledger.kit.ids import uuid7
from ledger.log import reader
from ledger.log.database import Database, Role
from ledger.vault.store import StoreUnavailable
from ledger.vault.verification import Finding
from support.gateway import PDF, Gateway
from support.s3 import Server


def head(gateway: Gateway) -> int:
    with gateway.service.database.transaction(Role.AUDITOR) as connection:
        return reader.head(connection)


def test_each_kind_of_harm_is_found_and_named(ground, verify, tmp_path, monkeypatch):
    """Whole, then strangers alone, then damage: the exit code says which. Nothing of it needs the master key."""
    whole, damaged, absent, erased, gone = (ground.document() for _ in range(5))
    monkeypatch.delenv("LEDGER_MASTER_KEY", raising=False)
    everything = {whole, damaged, absent, erased, gone}
    code, out, found = verify()
    assert (code, found) == (0, {"whole": everything})
    assert "Documents : 5 intègres" in out

    young = uuid7()
    ground.store.put(young, iter([b"a deposit that is going on"]))
    old = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    ground.store.put(old, iter([b"left by nobody knows whom"]))
    code, out, found = verify()
    assert (code, found) == (3, {"whole": everything, "stranger": {old}, "underway": {young}})
    assert f"{old} : étranger au registre" in out
    assert verify("--no-strangers")[::2] == (0, {"whole": everything})

    ground.gateway.service.keyring.destroy(erased)
    ground.gateway.service.keyring.destroy(gone)
    ground.damage(damaged)
    ground.lose(absent)
    ground.lose(gone)
    code, out, found = verify("--no-strangers")
    assert code == 1
    assert found == {"whole": {whole}, "damaged": {damaged}, "absent": {absent}, "erased": {erased, gone}}
    assert f"{damaged} : abîmé, position " in out
    assert f"{absent} : absent, position " in out

    elsewhere = "postgresql://nobody:motdepasse@127.0.0.1:1/keys?connect_timeout=1"
    listed = tmp_path / "destroyed.txt"
    listed.write_text(f"{erased}\n{gone}\n")
    again = verify("--no-strangers", "--destroyed", listed, KEYS_DATABASE_URL=elsewhere)
    assert again[2] == found
    code, out, found = verify("--no-strangers", KEYS_DATABASE_URL=elsewhere)
    assert found == {"whole": {whole, erased}, "damaged": {damaged}, "absent": {absent, gone}}
    assert "motdepasse" not in out


def test_a_sample_and_a_span_read_so_much_and_no_more(ground, verify):
    documents = {ground.document() for _ in range(3)}
    _, _, found = verify("--sample", 2, "--no-strangers")
    assert sum(map(len, found.values())) == 2
    tomorrow = (system_clock() + timedelta(days=2)).date()
    assert verify("--since", tomorrow, "--no-strangers")[::2] == (0, {})
    yesterday = (system_clock() - timedelta(days=2)).date()
    assert documents <= verify("--since", yesterday, "--no-strangers")[2]["whole"]


def test_the_log_is_read_in_batches_and_the_stores_keys_too(ground, monkeypatch):
    """What makes it possible for ten million documents: none is missed between two batches, none is read twice."""
    documents = {ground.document() for _ in range(5)}
    monkeypatch.setattr(verifying, "_BATCH", 2)
    passed: list[tuple[int, int]] = []
    with Database(ground.gateway.settings.database_url) as database:
        found = list(
            verifying.documents(
                database, ground.store, verifying.NotKnown(), verifying.Selection(), lambda *at: passed.append(at)
            )
        )
        stray = [each.document_id for each in verifying.strangers(database, ground.store)]
    counted = Counter(each.document_id for each in found)
    assert documents <= set(counted)
    assert set(counted.values()) == {1}
    assert [each.position for each in found] == sorted(each.position for each in found)
    assert passed[-1][0] == passed[-1][1] >= max(each.position for each in found)
    assert not documents & set(stray)
    assert len(stray) == len(set(stray))


@pytest.mark.s3
def test_what_lies_over_a_document_is_told_and_the_document_read(ground, verify):
    """Whoever holds the S3 secret may write over or mark as deleted; neither is read, both are found."""
    if not ground.environment:
        pytest.skip("a file has one version")
    marked, overwritten = ground.document(), ground.document()
    server, bucket = Server.of_environment(), ground.gateway.settings.vault.s3.bucket
    server.client().remove_object(bucket, f"documents/{marked}")
    server.client().put_object(bucket, f"documents/{overwritten}", io.BytesIO(b"forged"), 6)
    code, _, found = verify("--no-strangers")
    assert code == 1
    assert found["overlaid"] == {marked, overwritten}
    for document_id in (marked, overwritten):
        content = ground.gateway.client.get(
            f"/v1/documents/{document_id}/content", headers=ground.gateway.headers("case-manager")
        )
        assert content.content.startswith(PDF)


@pytest.mark.s3
def test_a_store_that_does_not_answer_is_no_finding(ground, verify, capsys):
    """Exit code 1 and a sentence, and no document called absent; the secret is in no text."""
    if not ground.environment:
        pytest.skip("a directory answers")
    _, path = ground.environment["S3_ENDPOINT"].removeprefix("http://").split("/", 1)
    code, out, found = verify(S3_ENDPOINT=f"http://127.0.0.1:1/{path}")
    assert (code, found) == (1, {})
    code, out, found = verify(S3_SECRET_KEY="not-the-secret-of-anybody")
    assert (code, found) == (1, {})
    assert "not-the-secret" not in out


def test_a_bad_place_of_a_disk_is_no_absence(ground, monkeypatch):
    """One document that the store cannot give now is told to be unread: it is neither lost nor damaged."""
    document = ground.document()

    class Bad:
        def get(self, key, offset=0, length=None):
            if key == document:
                raise StoreUnavailable("disk")
            return ground.store.get(key, offset, length)

        def overlaid(self, key):
            return False

    monkeypatch.setattr(verifying.time, "sleep", lambda seconds: None)
    with Database(ground.gateway.settings.database_url) as database:
        found = {
            each.document_id: each.finding
            for each in verifying.documents(
                database, Bad(), verifying.NotKnown(), verifying.Selection(), lambda *at: None
            )
        }
    assert found[document] is Finding.UNREAD
    assert list(found.values()).count(Finding.UNREAD) == 1


@pytest.mark.s3
def test_while_the_store_is_away_people_are_told_so_and_nothing_is_recorded(ground):
    """The last story of this ground, whose server goes: 503 with a time to come back, neither 404 nor a bare 500."""
    if ground.wire is None:
        pytest.skip("a directory answers")
    document_id, gateway = ground.document(), ground.gateway
    before, counted = head(gateway), unavailable(gateway)
    ground.wire.refuse()
    asked = gateway.client.get(f"/v1/documents/{document_id}/content", headers=gateway.headers("case-manager"))
    refused = gateway.deposited(dossier_ids=[str(ground.world.dossier)], content=PDF + b"% another\n")
    for answer in (asked, refused):
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/vault-unavailable")
        assert answer.headers["Retry-After"] == "30"
        assert "documents" in answer.json()["detail"]
    assert head(gateway) == before
    assert unavailable(gateway) == counted + 2  # what LedgerVaultUnavailable looks at


def unavailable(gateway: Gateway) -> float:
    return gateway.metrics.registry.get_sample_value("ledger_vault_faults_total", {"fault": "unavailable"}) or 0.0
