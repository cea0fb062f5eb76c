"""A document from the staff's desk to its readers and back, in Chromium (rows B1, E14, O33, O51)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import Desk
from browser.sending import drop, uploading_slowly
from gateway.generator.pdf import one_page
from support.case import case_of
from support.site import Site

NAME = "Avenant – été.pdf"


@pytest.mark.parametrize("script", [False, pytest.param(True, marks=pytest.mark.full)])
def test_a_letter_is_filed_read_and_withdrawn(desk: Desk, site: Site, tmp_path: Path, script: bool):
    """B1, E14, O33: from the dossier to the form, to the list; a party reads it; withdrawn, it is the staff's alone."""
    case = case_of(site.gateway)
    file = tmp_path / NAME
    file.write_bytes(one_page([NAME]))
    manager = desk.window("case-manager", script=script)
    manager.goto(f"/gestion/dossiers/{case.dossier}")
    manager.get_by_role("link", name="Documents", exact=True).click()
    manager.get_by_role("link", name="Déposer des documents").click()
    manager.get_by_label("Catégorie").select_option(label="Document du fonds")
    manager.get_by_label("Fichiers").set_input_files(file)
    manager.get_by_role("button", name="Déposer").click()
    expect(manager.get_by_role("status").first).to_contain_text("Les fichiers sont déposés")
    expect(_row(manager)).to_contain_text("Transmis (non analysé)")

    member = desk.window(case.readers["member"], script=script, accept_downloads=True)
    member.goto(f"/adherent{case.path}")
    with member.expect_download() as saving:
        member.get_by_role("link", name=NAME, exact=True).click()
    assert saving.value.suggested_filename == NAME

    manager.get_by_label("État").select_option(label="Transmis (non analysé)")
    manager.get_by_label("Déposé par").select_option(label="Fonds")
    manager.get_by_role("button", name="Filtrer").click()
    expect(manager.locator("tbody tr")).to_have_count(2)
    _row(manager).get_by_role("link", name="Retirer").click()
    manager.get_by_label("Motif du retrait").fill("Mauvais dossier")
    manager.get_by_role("button", name="Continuer").click()
    expect(manager.get_by_role("heading", level=1)).to_have_text("Confirmer le retrait")
    manager.get_by_role("button", name="Retirer le document").click()
    expect(_row(manager)).to_contain_text("Motif : Mauvais dossier")

    member.reload()
    expect(member.locator("tbody tr").first).to_be_visible()
    expect(member.get_by_role("row").filter(has_text=NAME)).to_have_count(0)


def test_files_of_the_fund_show_how_far_they_are_and_can_be_stopped(desk: Desk, site: Site, tmp_path: Path):
    """B1: what is refused stands in its place; what was stopped, however far it had come, is there once when it is sent
    again: the same bytes are the same document.
    """
    case, desk.expected = case_of(site.gateway), {422}
    file, wrong = tmp_path / NAME, tmp_path / "Faux.pdf"
    file.write_bytes(one_page(["Avenant"]) + b"%" + b"x" * 4_000_000 + b"\n")
    assert file.read_bytes().isascii(), "a text that is dropped goes as UTF-8"
    wrong.write_bytes(b"MZ" + bytes(100))
    page = desk.window("case-manager")
    page.goto(f"/gestion/dossiers/{case.dossier}/documents/depot")
    page.get_by_label("Catégorie").select_option(label="Document du fonds")
    page.get_by_label("Fichiers").set_input_files(file)
    with uploading_slowly(page):
        page.get_by_role("button", name="Déposer").click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.get_by_text(" %")).to_be_visible()
        page.get_by_role("button", name="Annuler l'envoi").click()
        expect(page.get_by_role("status").last).to_contain_text("Envoi annulé")
    expect(page.get_by_role("progressbar")).to_be_hidden()
    expect(page.get_by_label("Fichiers")).to_be_focused()
    page.get_by_label("Fichiers").set_input_files([wrong])
    page.get_by_role("button", name="Déposer").click()
    expect(page.get_by_role("alert")).to_contain_text("Aucun fichier n'a été déposé")
    expect(page.get_by_text("Erreur : Faux.pdf : Types de fichier acceptés")).to_be_visible()
    expect(page.get_by_label("Catégorie")).to_have_value("fund-document")
    drop(page.locator("form[data-stopped]"), (NAME, file.read_bytes().decode("latin-1")))
    page.get_by_role("button", name="Déposer").click()
    expect(page.get_by_role("status").first).to_contain_text("Les fichiers sont déposés")
    expect(_row(page)).to_have_count(1)


def _row(page: Page) -> Locator:
    return page.get_by_role("row").filter(has_text=NAME)
