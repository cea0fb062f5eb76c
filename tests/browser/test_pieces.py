"""« Mes documents » in Chromium: files clicked or dropped, several at once, with what is wrong in its place (rows E9,
E14, O32).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from browser.conftest import Desk
from browser.sending import drop, uploading_slowly
from gateway.settings_vault import VaultSettings
from support.clamd import INFECTED, clamd_server
from support.company import Company, company
from support.databases import Cluster
from support.eventually import eventually
from support.site import Site, running_site
from support.uploading import kept, paper

BAD = b"MZ\x90\x00" + b"x" * 100


@dataclass
class Case:
    """A member's dossier with a provider; `member` and `provider` are accounts by their names."""

    site: Site
    firm: Company
    dossier: UUID
    member: str
    provider: str

    @property
    def path(self) -> str:
        return f"/adherent/dossiers/{self.dossier}/pieces"


def case_of(site: Site) -> Case:
    gateway, found = site.gateway, site.provider()
    firm = company(gateway, "member")
    name = firm.member(f"member-{gateway.number()}", firm.places[0])
    return Case(site, firm, gateway.dossier(found.establishment, firm.places[0]), name, found.name)


@pytest.fixture
def case(site: Site) -> Case:
    return case_of(site)


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def section(page: Page, label: str = "Autres pièces") -> Locator:
    return page.locator("section.pieces", has=page.get_by_role("heading", name=label))


def choose(page: Page, *files: FilePayload, label: str = "Autres pièces") -> None:
    section(page, label).get_by_label("Ajouter des fichiers").set_input_files(list(files))
    section(page, label).get_by_role("button", name="Déposer").click()


def said(page: Page, text: str) -> None:
    expect(section(page).get_by_role("status")).to_have_text(text)


def test_a_file_is_deposited_counted_and_transmitted(desk: Desk, case: Case):
    """E9: one button for each category, a counter, any number of files; the case manager has them without more; to
    anybody else the page is one that does not exist.
    """
    gateway = case.site.gateway
    desk.expected |= {503}  # read models that are behind: it is asked again
    page = desk.window(case.member)
    page.goto(f"/adherent/dossiers/{case.dossier}")
    page.get_by_role("link", name="Mes documents").click()
    expect(page.get_by_role("heading", name="Autres pièces (0)")).to_be_visible()
    choose(page, file("Un – été.pdf", paper(gateway)), file("Deux.pdf", paper(gateway)))
    expect(page.get_by_role("heading", name="Autres pièces (2)")).to_be_visible()
    said(page, "Fichiers déposés : 2.")
    row = section(page).get_by_role("row").filter(has_text="Un – été.pdf")
    expect(row).to_contain_text("Transmis (non analysé)")
    expect(row).to_contain_text("Déposé le")
    with page.expect_download() as saving:
        row.get_by_role("link", name="Un – été.pdf").first.click()
    assert saving.value.suggested_filename == "Un – été.pdf"
    manager = desk.window("case-manager", script=False)
    manager.goto(f"/gestion/dossiers/{case.dossier}/documents")
    expect(manager.get_by_role("row").filter(has_text="Un – été.pdf")).to_contain_text("Transmis")
    other = desk.window(case.provider, script=False)
    other.goto(case.path.replace("/adherent", "/of"))
    expect(other.get_by_role("heading", name="Autres pièces (0)")).to_be_visible()
    stranger = desk.window(case.site.provider().name, script=False)
    desk.expected |= {404}
    answer = stranger.goto(case.path.replace("/adherent", "/of"))
    assert (answer and answer.status, stranger.locator("h1").inner_text()) == (404, "Cette page n'existe pas")


def test_of_two_files_that_are_dropped_one_is_refused_in_its_place(desk: Desk, case: Case):
    """What is wrong stands beside the file's name; the other one is counted; a second try begins anew. A session that
    is over is said there too.
    """
    gateway = case.site.gateway
    page = desk.window(case.member)
    page.goto(case.path)
    desk.expected |= {422, 503}
    drop(section(page), ("Bon.pdf", paper(gateway).decode("latin-1")), ("Faux.pdf", BAD.decode("latin-1")))
    said(page, "Fichiers déposés : 1. Non déposés : 1.")
    expect(page.get_by_role("heading", name="Autres pièces (1)")).to_be_visible()
    line = section(page).locator("li").filter(has_text="Faux.pdf")
    expect(line).to_contain_text("Types de fichier acceptés")
    expect(section(page).locator("li")).to_have_count(1)
    choose(page, file("Encore.pdf", paper(gateway)))
    expect(page.get_by_role("heading", name="Autres pièces (2)")).to_be_visible()
    expect(section(page).locator("li")).to_have_count(0)
    drop(section(page), ("Lourd.pdf", 25 * 1024 * 1024 + 1))
    expect(section(page).locator("li")).to_contain_text("Le fichier dépasse 25 Mo.")
    desk.expected |= {401}
    page.context.clear_cookies()
    choose(page, file("Un.pdf", paper(gateway)))
    expect(section(page).locator("li")).to_contain_text("Votre session est terminée")


def test_a_file_that_is_cancelled_leaves_nothing(desk: Desk, case: Case):
    """Cut while it is sent: neither document nor draft. What waits behind it can be taken back as well."""
    gateway = case.site.gateway
    page = desk.window(case.member)
    page.goto(case.path)
    before = kept(gateway)
    large = b"%" + b"x" * 400_000 + b"\n"
    with uploading_slowly(page):
        choose(page, *(file(f"{n}.pdf", paper(gateway, large)) for n in (1, 2, 3)))
        lines = section(page).locator("li")
        expect(lines.nth(0).get_by_role("progressbar")).to_be_visible()
        expect(lines.nth(2)).to_contain_text("En attente")
        for n in (2, 1, 0):
            lines.nth(n).get_by_role("button", name="Annuler").click()
            expect(lines.nth(n)).to_contain_text("Annulé")
        said(page, "Fichiers déposés : 0. Non déposés : 3.")
    eventually(lambda: kept(gateway) == before, "what was cut is gone")
    expect(page.get_by_role("heading", name="Autres pièces (0)")).to_be_visible()


def test_without_a_script_what_is_wrong_stands_in_its_place(desk: Desk, case: Case):
    """The page comes back with the summary, which leads to the field; what was right is there. Then all is right."""
    gateway = case.site.gateway
    page = desk.window(case.member, script=False)
    page.goto(case.path)
    desk.expected |= {422}
    choose(page, file("Bon.pdf", paper(gateway)), file("Faux.pdf", BAD))
    expect(page.get_by_role("alert")).to_contain_text("Certains fichiers n'ont pas été déposés")
    expect(section(page).get_by_text("Erreur : Faux.pdf : Types de fichier acceptés")).to_be_visible()
    expect(page.get_by_role("heading", name="Autres pièces (1)")).to_be_visible()
    page.get_by_role("alert").get_by_role("link").click()
    assert page.url.endswith("#file-other")
    choose(page, file("Encore.pdf", paper(gateway)))
    expect(page.get_by_text("Vos fichiers sont déposés")).to_be_visible()
    expect(page.get_by_role("heading", name="Autres pièces (2)")).to_be_visible()


@pytest.fixture(scope="module")
def guarded(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A deployment with a real clamd."""
    with clamd_server() as clamd:
        vault = VaultSettings(clamd=clamd.address)
        with running_site(cluster, tmp_path_factory.mktemp("guarded"), vault=vault) as site:
            yield case_of(site)


@pytest.mark.clamd
def test_what_a_scanner_finds_is_refused_in_its_place(chromium: Browser, guarded: Case):
    """What is clean is « analysé » at once, to the case manager as well; EICAR is refused beside its name."""
    desk = Desk(guarded.site, chromium)
    desk.expected = {422, 503}
    page = desk.window(guarded.member)
    page.goto(guarded.path)
    choose(page, file("Sain.pdf", paper(guarded.site.gateway)), file("Infecté.pdf", INFECTED))
    said(page, "Fichiers déposés : 1. Non déposés : 1.")
    expect(section(page).get_by_role("row").filter(has_text="Sain.pdf")).to_contain_text("Transmis (analysé le")
    expect(section(page).locator("li").filter(has_text="Infecté.pdf")).to_contain_text("logiciel malveillant")
    manager = desk.window("case-manager", script=False)
    manager.goto(f"/gestion/dossiers/{guarded.dossier}/documents")
    expect(manager.get_by_role("row").filter(has_text="Sain.pdf")).to_contain_text("Transmis (analysé le")
    desk.close()
    assert desk.trouble == []
