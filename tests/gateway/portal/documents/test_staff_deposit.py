"""The staff file documents by a page, on a dossier and on an establishment."""

from __future__ import annotations

from httpx import Response

from gateway.generator.pdf import one_page
from ledger.kit.fictitious import fictitious_iban
from support.browser import Browser
from support.case import Case, listed
from support.company import head
from support.html import fields_of, read

Files = list[tuple[str, tuple[str, bytes, str]]]


def pdf(name: str) -> tuple[str, bytes, str]:
    """Bytes of its own: the same ones are the same document."""
    return name, one_page([name]), "application/pdf"


def sent(browser: Browser, path: str, *files: tuple[str, bytes, str], **typed: str) -> Response:
    form = read(browser.get(path)).one("form", method="post", enctype="multipart/form-data")
    told = {name: text for name, text in {**fields_of(form), **typed}.items() if name != "file"}
    parts = [(name, (None, text)) for name, text in told.items()]
    return browser.send("POST", path, files=[*parts, *(("file", each) for each in files or [("", b"", "")])])


def test_a_dossier_s_papers_are_filed(case: Case):
    """B1: a letter is shown to all parties, a piece that came by post to the party that it is of, else to nobody."""
    path = f"/gestion{case.path}/depot"
    manager = case.browser("case-manager")
    shown = sent(manager, path, pdf("Avenant.pdf"), pdf("Relance.pdf"), category="fund-document", on="2026-03-04")
    assert (shown.status_code, shown.headers["location"]) == (303, f"/gestion{case.path}?fait=depot")
    party = str(case.member.places[0])
    assert sent(manager, path, pdf("Contrat.pdf"), category="other", establishment_id=party).status_code == 303
    assert sent(manager, path, pdf("Interne.pdf"), category="other").status_code == 303

    filed = {"Avenant.pdf", "Relance.pdf"}
    assert {*filed, "Contrat.pdf", "Interne.pdf"} <= set(listed(case, "auditor", "gestion"))
    assert {*filed, "Contrat.pdf"} <= set(listed(case, "member", "adherent"))
    assert filed <= set(listed(case, "provider", "of"))
    assert not {"Contrat.pdf", "Interne.pdf"} & set(listed(case, "provider", "of"))
    assert "Interne.pdf" not in listed(case, "member", "adherent")
    assert listed(case, "auditor", "gestion")["Avenant.pdf"][:2] == ["Document du fonds", "Fonds, le 04/03/2026"]


def test_the_same_file_again_is_the_same_document(case: Case):
    """A form sent twice, or by two colleagues: one document, and the page says so."""
    path = f"/gestion{case.path}/depot"
    for who, said in (("case-manager", "depot"), ("case-manager", "depot-deja"), ("accountant", "depot-deja")):
        answer = sent(case.browser(who), path, pdf("Accord signé.pdf"), category="agreement")
        assert answer.headers["location"].endswith(f"?fait={said}")
    rows = case.gateway.get("auditor", f"/v1/dossiers/{case.dossier}/documents").json()["items"]
    assert [each["name"] for each in rows].count("Accord signé.pdf") == 1


def test_an_avis_is_filed_on_its_establishment(case: Case):
    """O42, O51: with its règlement, found by the lot; one of another's lot is told apart, in place."""
    gateway, place = case.gateway, case.provider.places[0]
    bank = {"iban": fictitious_iban(gateway.number()), "bic": "PSSTFRPP", "on": "2026-01-01"}
    gateway.done("accountant", f"/v1/establishments/{place}/bank-details", bank)
    invoice = gateway.approved_invoice(case.dossier, place)
    lot_id, transfer_id = gateway.paid_transfer(invoice, provider=place, total_cents=60000)
    lot = gateway.get("accountant", f"/v1/lots/{lot_id}").json()["reference"]
    path = f"/gestion/etablissements/{place}/documents/depot"
    accountant = case.browser("accountant")
    wrong = sent(accountant, path, pdf("Avis.pdf"), category="remittance-advice", lot="VIR-AUCUN")
    assert wrong.status_code == 422
    assert read(wrong).one("input", id="lot").attributes["aria-invalid"] == "true"
    # Filed once without its règlement by mistake: what says of which it is, is no repeat of it.
    assert sent(accountant, path, pdf("Avis.pdf"), category="remittance-advice").status_code == 303
    for said in ("depot", "depot-deja"):
        done = sent(accountant, path, pdf("Avis.pdf"), category="remittance-advice", lot=lot)
        assert done.headers["location"] == f"/gestion/etablissements/{place}/documents?fait={said}"
    told = gateway.get(case.readers["provider"], f"/v1/transfers/{transfer_id}").json()
    assert len(told["advice_document_ids"]) == 1
    own = case.browser("provider").get(f"/of/etablissements/{place}/documents")
    assert "Avis.pdf" in read(own).one("table").text


def test_what_is_wrong_is_said_in_place(case: Case):
    """Bad input: a field before any file is received; each file by itself, the right one of them filed."""
    path = f"/gestion{case.path}/depot"
    manager, before = case.browser("case-manager"), head(case.gateway)
    for typed, field in (
        ({"category": ""}, "category"),
        ({"category": "remittance-advice"}, "category"),
        ({"category": "nonsense"}, "category"),
        ({"category": "other", "on": "31/02/2026"}, "on"),
        ({"category": "other", "on": ""}, "on"),
        ({"category": "other", "establishment_id": str(case.gateway.number())}, "establishment_id"),
        ({"category": "other", "establishment_id": str(case.dossier)}, "establishment_id"),
    ):
        answer = sent(manager, path, pdf("Pièce.pdf"), **typed)
        assert answer.status_code == 422, typed
        told = [each for each in read(answer).everything() if each.attributes.get("id") == field]
        assert [each.attributes.get("aria-invalid") for each in told] == ["true"], typed
    nothing = sent(manager, path, category="other")
    assert nothing.status_code == 422
    assert "Choisissez au moins un fichier." in read(nothing).one("main").text
    assert head(case.gateway) == before

    lying = ("Menu.pdf", b"MZ\x90\x00 programme", "application/pdf")
    mixed = sent(manager, path, lying, pdf("Bonne pièce.pdf"), category="other")
    assert mixed.status_code == 422
    summary = read(mixed).one("div", role="alert").text
    assert summary.startswith("Certains fichiers n'ont pas été déposés")
    assert "Menu.pdf" in summary
    assert "Bonne pièce.pdf" in listed(case, "case-manager", "gestion")
    assert "Menu.pdf" not in listed(case, "case-manager", "gestion")


def test_a_deposit_s_page_is_the_case_manager_s_and_the_accountant_s(shared: Case):
    """Not the auditor's, nor anybody's of the other spaces; a form without our token is passed over whole."""
    place = shared.provider.places[0]
    for path in (f"/gestion{shared.path}/depot", f"/gestion/etablissements/{place}/documents/depot"):
        for who in ("auditor", "operator", "member", "provider"):
            browser = shared.browser(who)
            assert browser.get(path).status_code == 404, who
            files = [("csrf_token", (None, browser.csrf or "")), ("category", (None, "other")), ("file", pdf("a.pdf"))]
            assert browser.send("POST", path, files=files).status_code == 404, who
        manager, before = shared.browser("case-manager"), head(shared.gateway)
        manager.csrf = None
        files = [("csrf_token", (None, "faux")), ("category", (None, "other")), ("on", (None, "2026-03-04"))]
        assert manager.send("POST", path, files=[*files, ("file", pdf("a.pdf"))]).status_code == 403
        assert head(shared.gateway) == before
    offered = read(shared.browser("auditor").get(f"/gestion{shared.path}")).one("main").text
    assert "Déposer des documents" not in offered
