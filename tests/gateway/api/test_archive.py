"""A selection of documents as one ZIP: the rights of each member, all of it or nothing that any tool opens."""

from __future__ import annotations

import io
import zipfile
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from gateway.api import archive
from ledger.document.commands import RecordAnalysis
from support.gateway import PDF, Gateway, World

LONG = PDF + b"% " + bytes(65 + n % 26 for n in range(200_000)) + b"\n"
ARCHIVE = "/v1/documents/archive"


def deposited(gateway: Gateway, world: World, name: str, content: bytes = PDF, **fields: object) -> str:
    given = {"dossier_ids": [str(world.dossier)], **fields}
    answer = gateway.deposited(name=name, content=content + f"% {gateway.number()}\n".encode(), **given)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def damage(gateway: Gateway, document_id: str, at: int) -> None:
    store = gateway.service.store
    stored = bytearray(b"".join(store.get(UUID(document_id))))
    stored[at] ^= 1
    store.remove(UUID(document_id))
    store.put(UUID(document_id), iter([bytes(stored)]))


def accesses(gateway: Gateway, who: str) -> list[tuple[str, str]]:
    question = (
        "select target_id::text, correlation_id::text from auth.journal "
        "where kind = 'document' and outcome = 'archived' and account_id = %s order by entry_id"
    )
    with psycopg.connect(gateway.settings.database_url) as connection:
        return connection.execute(question, (gateway.accounts[who],)).fetchall()


def test_a_selection_comes_as_one_archive(gateway: Gateway, world: World):
    """O33: what is ticked, in its order, under the names they were sent with; each is in the access log, once."""
    chosen = [
        deposited(gateway, world, "Accord – été.pdf", LONG),
        deposited(gateway, world, "accord – Été.pdf"),
        deposited(gateway, world, "Courrier.pdf"),
    ]
    answer = gateway.post("provider", ARCHIVE, {"document_ids": chosen})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="documents-20')
    assert answer.headers["cache-control"] == "no-store"
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as read:
        assert read.namelist() == ["Accord – été.pdf", "accord – Été (2).pdf", "Courrier.pdf"]
        for document_id, name in zip(chosen, read.namelist(), strict=True):
            assert read.read(name) == gateway.get("provider", f"/v1/documents/{document_id}/content").content
    noted = accesses(gateway, "provider")
    assert [target for target, _ in noted] == chosen
    assert {correlation for _, correlation in noted} == {answer.headers["correlation-id"]}


def test_each_member_needs_its_own_right(gateway: Gateway, world: World):
    """One that the caller does not see, one that does not exist and one withdrawn are the same answer: no archive."""
    own = deposited(gateway, world, "Accord.pdf")
    foreign = deposited(gateway, world, "Autre.pdf", dossier_ids=[str(world.other_dossier)])
    withdrawn = deposited(gateway, world, "Erreur.pdf")
    reason = {"reason": "Erreur de dossier", "on": "2026-02-12"}
    gateway.done("case-manager", f"/v1/documents/{withdrawn}/withdrawal", reason)
    before = accesses(gateway, "provider")
    for other in (foreign, withdrawn, str(uuid4())):
        answer = gateway.post("provider", ARCHIVE, {"document_ids": [own, other]})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unknown-reference")
        [fault] = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("/document_ids/1", "not-found")
    assert accesses(gateway, "provider") == before
    assert gateway.post("case-manager", ARCHIVE, {"document_ids": [own, foreign]}).status_code == 200
    assert gateway.post("operator", ARCHIVE, {"document_ids": [own]}).status_code == 403
    assert gateway.client.post(ARCHIVE, json={"document_ids": [own]}).status_code == 401


def test_what_must_not_be_sent_is_in_no_archive(gateway: Gateway, world: World):
    """In quarantine: the one document is named, and nothing of the others is sent."""
    clean, infected = deposited(gateway, world, "Bon.pdf"), deposited(gateway, world, "Mauvais.pdf")
    told = {"document_id": infected, "verdict": "infected", "engine": "essai"}
    gateway.service.ledger.execute(RecordAnalysis.model_validate(told), actor=None)
    gateway.settle()
    answer = gateway.post("case-manager", ARCHIVE, {"document_ids": [clean, infected]})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/quarantined")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/document_ids/1"]


@pytest.mark.parametrize(
    "asked",
    [{}, {"document_ids": []}, {"document_ids": ["x"]}, {"document_ids": [str(uuid4()) for _ in range(101)]},
     {"document_ids": ["01890a5d-ac96-774b-bcce-b302099a8057"] * 2}],
)  # fmt: skip
def test_what_is_no_selection_is_refused(gateway: Gateway, asked: dict[str, object]):
    answer = gateway.post("provider", ARCHIVE, asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/document_ids")


def test_an_archive_has_a_largest_size(gateway: Gateway, world: World, monkeypatch):
    chosen = [deposited(gateway, world, "Un.pdf"), deposited(gateway, world, "Deux.pdf")]
    monkeypatch.setattr(archive, "MOST_BYTES", 2 * len(PDF))
    answer = gateway.post("provider", ARCHIVE, {"document_ids": chosen})
    assert answer.status_code == 422
    assert "1 Gio" in answer.json()["errors"][0]["detail"]


def test_damage_known_beforehand_is_an_answer(gateway: Gateway, world: World):
    """In the beginning of any member, or an erased one: no byte of the others is sent."""
    whole, damaged, erased = (deposited(gateway, world, name) for name in ("a.pdf", "b.pdf", "c.pdf"))
    damage(gateway, damaged, -1)
    gateway.service.keyring.destroy(UUID(erased))
    answer = gateway.post("provider", ARCHIVE, {"document_ids": [whole, damaged]})
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/document-damaged")
    answer = gateway.post("provider", ARCHIVE, {"document_ids": [whole, erased]})
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/document-erased")


def test_damage_further_on_breaks_the_archive_off(gateway: Gateway, world: World):
    """What arrived is no archive: a client sees that it is cut, and no tool opens it."""
    whole, damaged, last = (deposited(gateway, world, name, LONG) for name in ("a.pdf", "b.pdf", "c.pdf"))
    damage(gateway, damaged, -1)
    given = bytearray()
    asked = {"document_ids": [whole, damaged, last]}
    with gateway.client.stream("POST", ARCHIVE, json=asked, headers=gateway.headers("provider")) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            collect(answer, given)
    assert len(LONG) < len(given) < 3 * len(LONG)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(given))


def collect(answer: httpx.Response, into: bytearray) -> None:
    for piece in answer.iter_raw():
        into += piece
