"""Damage of stored bytes: found by `vault verify` and by the next download, told to the operator, never sent."""

from __future__ import annotations

import io
from uuid import UUID

import httpx
import psycopg
import pytest
from structlog.testing import CapturingLogger

from gateway.api import document_bytes
from ledger.kit.ids import uuid7
from ledger.kit.keyring import Keyring, MasterKey
from ledger.vault.sealing import HEADER_BYTES, SEALED_CHUNK_BYTES
from ledger.vault.vault import Vault
from ledger.vault.verification import Finding
from ledger.vault.verification import verify as verified
from support.gateway import PDF, Gateway
from support.s3 import Server

PADDING = b"% " + bytes(65 + n % 26 for n in range(150_000)) + b"\n"
AT_THE_START = {
    "its format": 0,
    "its salt": 5,
    "its nonces' beginning": HEADER_BYTES - 1,
    "its first chunk": HEADER_BYTES + 100,
    "the tag of its first chunk": HEADER_BYTES + SEALED_CHUNK_BYTES - 1,
}
FURTHER_ON = {"its second chunk": HEADER_BYTES + SEALED_CHUNK_BYTES, "its last tag": -1}


def faults(gateway: Gateway, fault: str) -> float:
    return gateway.metrics.registry.get_sample_value("ledger_vault_faults_total", {"fault": fault}) or 0.0


def journalled(gateway: Gateway, document_id: UUID) -> list[tuple[str, dict[str, int]]]:
    question = "select outcome, facts from auth.journal where kind = 'document' and target_id = %s order by at"
    with psycopg.connect(gateway.settings.database_url) as connection:
        return connection.execute(question, (document_id,)).fetchall()


def test_a_flipped_bit_anywhere_is_found_by_verify_and_by_the_next_download(ground, verify, monkeypatch):
    """Each place of a stored document in turn. At its start: 500, in French. Further on the answer is cut, after bytes
    that are right. One line of the log, one more of the figure: with the document's id, and nobody's name."""
    gateway = ground.gateway
    flipped = {place: ground.document(PADDING) for place in (*AT_THE_START, *FURTHER_ON)}
    short, absent, whole = (ground.document(PADDING) for _ in range(3))
    content = gateway.get("provider", f"/v1/documents/{whole}/content").content
    for place, document_id in flipped.items():
        ground.damage(document_id, {**AT_THE_START, **FURTHER_ON}[place])
    ground.replace(short, b"".join(ground.store.get(short))[: HEADER_BYTES + SEALED_CHUNK_BYTES])
    ground.lose(absent)

    code, _, found = verify("--no-strangers")
    assert code == 1
    assert found["damaged"] == {*flipped.values(), short}
    assert found["absent"] == {absent}
    assert whole in found["whole"]

    at_once = [flipped[place] for place in AT_THE_START]
    before = faults(gateway, "damaged"), faults(gateway, "absent")
    log = CapturingLogger()
    monkeypatch.setattr(document_bytes, "_log", log)
    for document_id in (*at_once, short, absent):
        answer = gateway.get("provider", f"/v1/documents/{document_id}/content")
        assert (answer.status_code, answer.json()["type"]) == (500, "/problems/document-damaged")
        assert answer.json()["detail"].startswith("Ce document est abîmé")
        assert "l'exploitant est prévenu" in answer.json()["detail"]
        assert journalled(gateway, document_id) == []  # not a byte of it was sent
    assert [(call.method_name, UUID(call.kwargs["document_id"])) for call in log.calls] == [
        ("error", document_id) for document_id in (*at_once, short, absent)
    ]
    assert all(set(call.kwargs) == {"document_id", "fault", "correlation_id"} for call in log.calls)
    assert faults(gateway, "damaged") == before[0] + len(at_once) + 1
    assert faults(gateway, "absent") == before[1] + 1

    for place in FURTHER_ON:
        sent = received(gateway, flipped[place])
        assert len(sent) < len(content)
        assert sent == content[: len(sent)]  # all of them are the same but for their last line
        assert [outcome for outcome, _ in journalled(gateway, flipped[place])] == ["downloaded"]
    assert faults(gateway, "damaged") == before[0] + len(at_once) + 1 + len(FURTHER_ON)
    again = gateway.get("provider", f"/v1/documents/{whole}/content")
    assert (again.status_code, again.content) == (200, content)


def received(gateway: Gateway, document_id: UUID) -> bytes:
    """What a client has of an answer that is cut."""
    sent = bytearray()
    address, headers = f"/v1/documents/{document_id}/content", gateway.headers("provider")
    with gateway.client.stream("GET", address, headers=headers) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            drain(answer, sent)
    return bytes(sent)


def drain(answer: httpx.Response, sent: bytearray) -> None:
    for piece in answer.iter_raw():
        sent += piece


def test_an_access_is_in_the_journal_before_its_first_byte(ground):
    """Who, which document, which bytes of it: a range as well; a refusal to show anything leaves no access."""
    gateway, document_id = ground.gateway, ground.document(PADDING)
    address = f"/v1/documents/{document_id}/content"
    assert gateway.get("other-provider", address).status_code == 404
    assert journalled(gateway, document_id) == []
    size = len(gateway.get("provider", address).content)
    assert gateway.get("case-manager", address, headers={"Range": "bytes=100-199"}).status_code == 206
    assert journalled(gateway, document_id) == [
        ("downloaded", {"start": 0, "end": size}),
        ("downloaded", {"start": 100, "end": 200}),
    ]
    gateway.account("controleur", gateway.roles["auditor"])
    asked = {"kind": "document", "target_id": str(document_id)}
    lines = gateway.client.post("/v1/journal/search", json=asked, headers=gateway.headers("controleur")).json()
    assert {line["kind_label"] for line in lines["items"]} == {"Document envoyé"}
    assert {line["account_id"] for line in lines["items"]} == {
        str(gateway.accounts["provider"]),
        str(gateway.accounts["case-manager"]),
    }


@pytest.mark.s3
def test_with_an_object_lock_writing_over_is_no_damage(keys_url, tmp_path):
    """The oldest version is the document: another written over it by whoever holds the secret is told, and not read."""
    server = Server.of_environment()
    bucket = server.bucket(lock=True)
    store = server.store(bucket, tmp_path, lock=True)
    with Keyring(keys_url, MasterKey.generate()) as keyring:
        vault, document_id = Vault(store, keyring), uuid7()
        deposited = vault.deposit(document_id, iter([PDF]), limit_bytes=1 << 20)
        sealed = b"".join(store.get(document_id))
        forged = sealed[:-1] + bytes([sealed[-1] ^ 1])
        server.client().put_object(bucket, f"documents/{document_id}", io.BytesIO(forged), len(forged))
        assert b"".join(vault.read(document_id)) == PDF
        assert verified(store, document_id, deposited.stored_sha256) is Finding.WHOLE
        assert store.overlaid(document_id)
