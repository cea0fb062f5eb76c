"""« Accusé de dépôt »: what it says, to whom, and that a screen reader can read it."""

from __future__ import annotations

import hashlib
import io
from uuid import UUID

import pikepdf
import psycopg
import pypdfium2
import pytest
from httpx import Response

from gateway.typesetting import typesetting
from gateway.typesetting.typesetting import Untypeset, typeset
from ledger.document.commands import RecordAnalysis
from ledger.document.events import Category, Side
from ledger.kit.ids import uuid7
from support.gateway import PDF, Gateway, World
from support.papers import paper

NAME = "Facture n° 12 – été.pdf"


@pytest.fixture(scope="module")
def invoice(gateway: Gateway, world: World) -> UUID:
    """A piece that the provider handed in."""
    return handed_in(gateway, world, NAME)


def handed_in(gateway: Gateway, world: World, name: str) -> UUID:
    document_id = uuid7()
    stored = gateway.service.vault.deposit(document_id, iter([PDF]), limit_bytes=1 << 20)
    given = {"dossier_ids": (world.dossier,), "establishment_id": world.first, "name": name, "document_id": document_id}
    command = paper(Category.INVOICE, side=Side.PROVIDER, **stored._asdict(), **given)
    gateway.service.ledger.execute(command, actor=None)
    gateway.settle()
    return document_id


def text_of(pdf: bytes) -> str:
    """Its words, with one space between them: a line may end anywhere."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        words = " ".join(page.get_textpage().get_text_range() for page in document).split()
    finally:
        document.close()
    return " ".join(words)


def receipt(gateway: Gateway, who: str, document_id: UUID) -> Response:
    return gateway.get(who, f"/v1/documents/{document_id}/receipt")


def test_it_says_what_was_received_and_when(gateway: Gateway, world: World, invoice: UUID):
    """Issue E: hash, date, position; the fund, the dossier, the category, the name, the size and the state too."""
    answer = receipt(gateway, "provider", invoice)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    shown = gateway.get("provider", f"/v1/documents/{invoice}").json()
    assert shown["receipt"] == f"/v1/documents/{invoice}/receipt"
    with psycopg.connect(gateway.settings.database_url) as connection:
        position, at = connection.execute(
            "select position, to_char(recorded_at at time zone 'Europe/Paris', 'DD/MM/YYYY \"à\" HH24:MI:SS') "
            "from log.events where stream_id = %s",
            (invoice,),
        ).fetchone()
    number = gateway.get("case-manager", f"/v1/dossiers/{world.dossier}").json()["number"]
    text = text_of(answer.content)
    for told in (
        "Accusé de dépôt", gateway.settings.fund_name, f"Dossier {number}", "Catégorie Facture", NAME,
        f"Taille {len(PDF)} octets", hashlib.sha256(PDF).hexdigest(), f"Enregistré le {at} (heure de Paris)",
        f"Position dans le registre {position}", str(invoice), shown["state"]["label"],
    ):  # fmt: skip
        assert told in text
    assert "probant" not in text.lower()
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="accuse-de-depot-{position}.pdf"')
    assert answer.headers["cache-control"] == "no-store"


def test_a_screen_reader_can_read_it(gateway: Gateway, invoice: UUID):
    """PDF/UA-1: it says that it is, in French, with a title; a heading and a table whose heads are heads."""
    with pikepdf.open(io.BytesIO(receipt(gateway, "provider", invoice).content)) as pdf:
        assert str(pdf.Root.Lang) == "fr-FR"
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as metadata:
            assert str(metadata["pdfuaid:part"]) == "1"
            assert metadata["dc:title"] == "Accusé de dépôt"
        kinds = {str(each.S) for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/S" in each}
        assert {"/Document", "/H1", "/Table", "/TR", "/TH", "/TD"} <= kinds


def test_only_its_own_side_and_the_fund_have_one(gateway: Gateway, world: World, invoice: UUID):
    """A document that is shown to somebody is no receipt of hers; nobody else learns that it exists."""
    assert receipt(gateway, "case-manager", invoice).status_code == 200
    assert receipt(gateway, "auditor", invoice).status_code == 200
    assert receipt(gateway, "other-provider", invoice).status_code == 404
    shown = UUID(gateway.deposited(dossier_ids=[str(world.dossier)]).json()["id"])
    assert gateway.get("provider", f"/v1/documents/{shown}").json()["receipt"] is None
    assert receipt(gateway, "provider", shown).status_code == 404
    assert receipt(gateway, "operator", shown).status_code == 404


def test_it_is_in_the_access_log(gateway: Gateway, world: World):
    document_id = handed_in(gateway, world, "Facture.pdf")
    assert receipt(gateway, "provider", document_id).status_code == 200
    with psycopg.connect(gateway.settings.database_url) as connection:
        question = "select outcome, account_id, facts from auth.journal where target_id = %s and kind = 'document'"
        lines = connection.execute(question, (document_id,)).fetchall()
    assert lines == [("receipt", gateway.accounts["provider"], {})]


def test_what_became_of_it_is_said_and_a_name_in_any_letters_makes_one(gateway: Gateway, world: World):
    """In quarantine nobody downloads it, its depositor still has the receipt; letters that no font has are « ? »."""
    document_id = handed_in(gateway, world, "\u0645\u0633 \u6587\u4ef6 " + "x" * 200 + ".pdf")
    told = {"document_id": document_id, "verdict": "infected", "engine": "essai"}
    gateway.service.ledger.execute(RecordAnalysis.model_validate(told), actor=None)
    gateway.settle()
    text = text_of(receipt(gateway, "provider", document_id).content)
    assert "En quarantaine" in text
    assert "?? ?? xxxxx" in text
    assert "remplacés par « ? »" in text


def test_an_erased_document_has_one_without_its_digest(gateway: Gateway, world: World):
    document_id = handed_in(gateway, world, "Facture.pdf")
    gateway.service.keyring.destroy(document_id)
    text = text_of(receipt(gateway, "provider", document_id).content)
    assert "effacé" in text
    assert hashlib.sha256(PDF).hexdigest() not in text


def test_data_is_never_the_templates_text(gateway: Gateway, world: World):
    """What would be markup, code or a file's inclusion in typst stands there as it was typed."""
    name = '#read("passwd") *gras* $x$ `y` @z <w> [a] "b".pdf'
    text = text_of(receipt(gateway, "provider", handed_in(gateway, world, name)).content)
    assert name in text


def test_a_compiler_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(typesetting, "SECONDS", 0.001)
    with pytest.raises(Untypeset, match="late"):
        typeset("receipt", {})
    monkeypatch.setattr(typesetting, "SECONDS", 20)
    with pytest.raises(Untypeset, match="failed"):
        typeset("receipt", {})
