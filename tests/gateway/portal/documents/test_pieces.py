"""« Mes documents » without a script: forms with files, read as they come (rows E9, E14, O32)."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from httpx import Response

from gateway.portal import piece
from gateway.vault import depositing
from ledger.vault.inspection import ALLOWED
from support.browser import Browser
from support.case import Case, case_of
from support.gateway import PDF, Gateway
from support.html import Node, fields_of, read
from support.reader import HTML
from support.uploading import END, kept, line, paper, part

OTHER = "pieces-other"
BAD = b"MZ\x90\x00" + b"x" * 100


@pytest.fixture(scope="module")
def case(gateway: Gateway) -> Case:
    """One for all of them: what is deposited stays."""
    return case_of(gateway)


SESSIONS: dict[tuple[str, str], Browser] = {}


def page_of(case: Case, who: str = "member") -> tuple[Browser, str, Node]:
    browser = SESSIONS.get((case.readers[who], who)) or case.browser(who)
    SESSIONS[case.readers[who], who] = browser
    space = "/adherent" if who == "member" else "/of"
    path = f"{space}/dossiers/{case.dossier}/pieces"
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return browser, path, read(answer)


def section(page: Node, code: str = "other") -> Node:
    return page.one("section", id=f"pieces-{code}")


def deposit(browser: Browser, page: Node, *files: tuple[str, bytes], code: str = "other", **changed: str) -> Response:
    """The form of a category, sent as a browser sends it: its token before its files."""
    form = section(page, code).one("form")
    fields = {name: text for name, text in fields_of(form).items() if name != "file"}
    assert next(iter(fields)) == "csrf_token"
    sent = [("file", (name, content, "application/octet-stream")) for name, content in files]
    headers = {"X-CSRF-Token": "", "Accept": HTML}
    return browser.send("POST", form.attributes["action"], data={**fields, **changed}, files=sent, headers=headers)


def names(page: Node, code: str = "other") -> dict[str, str]:
    """Of the rows of a category: the name with the state."""
    found = {}
    for row in section(page, code).one("tbody").all("tr") if section(page, code).all("tbody") else []:
        cells = {cell.attributes["data-label"]: cell.text for cell in row.inside if isinstance(cell, Node)}
        assert cells["Dépôt"].startswith("Déposé le ")
        found[cells["Document"]] = cells["État"]
    return found


@pytest.mark.parametrize("who", ["member", "provider"])
def test_files_are_deposited_into_a_category_and_counted(gateway: Gateway, case: Case, who: str):
    """E9: any number of files, « Autres pièces (3) », each in the grid; the case manager has them without more."""
    browser, path, page = page_of(case, who)
    before = names(page)
    assert section(page).one("h2").text == f"Autres pièces ({len(before)})"
    one, two = (f"{each} {who}.pdf" for each in ("Un", "Deux – été"))
    answer = deposit(browser, page, (one, paper(gateway)), (two, paper(gateway)), ("", b""))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?fait=pieces")
    after = read(browser.get(answer.headers["location"]))
    new = {name: state for name, state in names(after).items() if name not in before}
    assert new == dict.fromkeys((one, two), "Transmis (non analysé)")
    assert section(after).one("h2").text == f"Autres pièces ({len(before) + 2})"
    manager = read(case.browser("case-manager").get(f"/gestion{case.path}"))
    assert two in manager.text
    other = "provider" if who == "member" else "member"
    assert two not in page_of(case, other)[2].text


def test_the_same_files_again_add_nothing(gateway: Gateway, case: Case):
    """E14: a form that is sent twice, or once more after its answer was lost."""
    browser, path, page = page_of(case)
    content = paper(gateway)
    assert deposit(browser, page, ("Un.pdf", content)).status_code == 303
    before = kept(gateway)
    again = deposit(browser, page, ("Un.pdf", content))
    assert again.headers["location"] == f"{path}?fait=pieces-deja"
    assert kept(gateway) == before


def test_each_file_is_judged_by_itself(gateway: Gateway, case: Case):
    """What is wrong stands at its category, by name; what is right is there."""
    browser, _, page = page_of(case)
    files = (("Bon.pdf", paper(gateway)), ("Faux.pdf", BAD), ("Vide.pdf", b""), ("x" * 296 + ".pdf", PDF))
    answer = deposit(browser, page, *files, ("Aussi bon.pdf", paper(gateway)))
    assert answer.status_code == 422
    shown = read(answer)
    assert {"Bon.pdf", "Aussi bon.pdf"} <= set(names(shown))
    faults = [fault.text for fault in section(shown).all("p", **{"class": "fault"})]
    assert [fault.partition(" : ")[0] for fault in faults] == ["Erreur"] * 3
    assert "Erreur : Faux.pdf : Types de fichier acceptés" in faults[0]
    assert "Erreur : Vide.pdf : Le fichier est vide." in faults[1]
    assert "1 à 255 caractères" in faults[2]
    summary = shown.one("div", role="alert")
    assert [link.attributes["href"] for link in summary.all("a")] == ["#file-other"] * 3
    assert "2 fichiers déposés : ils sont dans la liste." in summary.text
    field = section(shown).one("input", type="file")
    assert field.attributes["aria-describedby"] == "limites file-other-erreur"


def test_nothing_chosen_is_said(gateway: Gateway, case: Case):
    browser, _, page = page_of(case)
    before = kept(gateway)
    answer = deposit(browser, page, ("", b""))
    assert answer.status_code == 422
    assert "Choisissez au moins un fichier." in section(read(answer)).text
    assert kept(gateway) == before


def test_more_files_than_are_taken_at_once(gateway: Gateway, case: Case):
    """The fifty first are judged, here refused; the next is not looked at."""
    browser, _, page = page_of(case)
    before = kept(gateway)
    answer = deposit(browser, page, *[("Vide.pdf", b"")] * 51)
    assert answer.status_code == 422
    assert "Erreur : 50 fichiers au plus sont reçus à la fois." in section(read(answer)).text
    assert kept(gateway) == before


def test_the_token_is_looked_at_before_the_first_byte_of_a_file(gateway: Gateway, case: Case):
    """A forged form is answered though nothing of its file was ever sent; one without a session as well."""
    browser, path, page = page_of(case)
    told = fields_of(section(page).one("form"))
    before = kept(gateway)
    for token, status, sign in (("faux", 403, "La page avait expiré"), (None, 403, "La page avait expiré")):
        fields = part("category", b"other") + (part("csrf_token", token.encode()) if token else b"")
        head = fields + part("file", b"", filename="Un.pdf")[:-2]
        with line(gateway) as wire:
            wire.begin(f"{path}/other", {"Cookie": browser._own()["Cookie"]}, length=10_000_000)
            wire.send(head)
            found, text = wire.answer()
        assert (found, sign in text) == (status, True)
    with line(gateway) as wire:
        wire.begin(f"{path}/other", {}, length=10_000_000)
        wire.send(part("csrf_token", told["csrf_token"].encode()) + part("file", b"", filename="Un.pdf")[:-2])
        found, text = wire.answer()
    assert (found, "/connexion?fait=session-finie" in text) == (303, True)
    assert kept(gateway) == before


def test_a_token_after_the_file_is_none(gateway: Gateway, case: Case):
    browser, path, page = page_of(case)
    token = fields_of(section(page).one("form"))["csrf_token"].encode()
    before = kept(gateway)
    body = part("file", paper(gateway), filename="Un.pdf") + part("csrf_token", token) + END
    headers = {"Content-Type": "multipart/form-data; boundary=----essai-0123456789", "X-CSRF-Token": ""}
    assert browser.send("POST", f"{path}/other", content=body, headers=headers).status_code == 403
    assert kept(gateway) == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 415),
        (part("file", PDF, filename="Un.pdf")[:-30], 400),
        (part("csrf_token") * 2 + part("file", PDF, filename="Un.pdf") + END, 400),
        (part("x", b"x" * 70_000) + END, 413),
        (b"".join(part(f"x{n}") for n in range(9)) + END, 413),
    ],
)
def test_a_form_that_is_none_says_so_on_a_page(gateway: Gateway, case: Case, body: bytes, status: int):
    browser, path, _ = page_of(case)
    before = kept(gateway)
    kind = "application/json" if body == b"{}" else "multipart/form-data; boundary=----essai-0123456789"
    answer = browser.send("POST", f"{path}/other", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert "rien n'a été enregistré" in read(answer).text
    assert kept(gateway) == before


def test_older_documents_of_a_category_are_on_pages_of_its_own(
    gateway: Gateway, case: Case, monkeypatch: pytest.MonkeyPatch
):
    """Beside the others each category has its newest; all of one are behind a link, by pages, and back."""
    monkeypatch.setattr(piece, "_NEWEST", 2)
    monkeypatch.setattr(piece, "PAGE_ROWS", 2)
    browser, path, page = page_of(case)
    told = [f"Programme {n}.pdf" for n in range(5)]
    deposit(browser, page, *((name, paper(gateway)) for name in told), code="programme")
    page = read(browser.get(path))
    assert section(page, "programme").one("h2").text == "Programme de formation (5)"
    assert len(names(page, "programme")) == 2
    found: list[str] = []
    [following] = [
        each.attributes["href"] for each in section(page, "programme").all("a") if "Tous les documents" in each.text
    ]
    for left in (3, 1, 0):
        page = read(browser.get(following))
        assert [each.attributes["id"] for each in page.all("section", **{"class": "card pieces"})] == [
            "pieces-programme"
        ]
        assert section(page, "programme").all("form")
        found += names(page, "programme")
        assert len(told) - len(found) == left
        following = next((each.attributes["href"] for each in page.all("a", rel="next")), "")
    assert (sorted(found), following) == (told, "")
    [back] = [each for each in page.all("a") if each.text == "Toutes les catégories"]
    assert back.attributes["href"] == path
    asked = {
        "?category=accord": 404,
        "?category=agreement": 404,
        "?name=Programme": 404,
        "?category=other&cursor=x": 422,
    }
    assert {query: browser.get(f"{path}{query}").status_code for query in asked} == asked


def test_a_stranger_finds_nothing_there(gateway: Gateway, case: Case, shared: Case):
    """O25: neither page nor form; as for a dossier, a category or a space that does not exist."""
    browser, path, page = page_of(shared)
    token = fields_of(section(page).one("form"))["csrf_token"]
    before = kept(gateway)
    missing = read(browser.get(f"/adherent/dossiers/{uuid4()}/pieces")).one("main").text[:-36]  # but for its number
    for dossier in (case.dossier, uuid4()):
        answer = browser.get(f"/adherent/dossiers/{dossier}/pieces")
        assert answer.status_code == 404
        assert read(answer).one("main").text[:-36] == missing
        sent = {"data": {"csrf_token": token}, "files": [("file", ("Un.pdf", PDF, "application/pdf"))]}
        for code in ("other", "inconnu"):
            refused = browser.send("POST", f"/adherent/dossiers/{dossier}/pieces/{code}", **sent)
            assert refused.status_code == 404
    for place in (path.replace("/adherent", "/of"), path.replace("/adherent", "/gestion"), f"{path}?min_position=x"):
        assert browser.get(place).status_code == 404
    for code in ("attendance", "agreement", "inconnu"):
        assert browser.send("POST", f"{path}/{code}", **sent).status_code == 404
    assert kept(gateway) == before


def test_a_cancelled_dossier_shows_what_was_deposited_and_takes_nothing(gateway: Gateway, case: Case):
    dossier = gateway.dossier(case.provider.places[0], case.member.places[0])
    case = replace(case, dossier=dossier)
    browser, path, page = page_of(case)
    assert deposit(browser, page, ("Un.pdf", paper(gateway))).status_code == 303
    cancelled = {"reason": "Demande en double.", "on": "2026-02-12"}
    gateway.done("case-manager", f"/v1/dossiers/{case.dossier}/cancellation", cancelled)
    before = kept(gateway)
    refused = deposit(browser, page, ("Deux.pdf", paper(gateway)))
    assert refused.status_code == 409
    assert "il ne change plus" in read(refused).text
    assert kept(gateway) == before
    shown = read(browser.get(path))
    assert "Un.pdf" in names(shown)
    assert not shown.all("input", type="file")
    assert "Ce dossier ne reçoit plus de pièces" in shown.text


def test_a_process_that_is_busy_says_so_on_a_page(gateway: Gateway, case: Case, monkeypatch: pytest.MonkeyPatch):
    """In French, with when to come back; nothing was recorded."""
    monkeypatch.setattr(depositing, "DEPOSITS_AT_ONCE", 0)
    monkeypatch.setattr(depositing, "PATIENCE_SECONDS", 0.1)
    browser, _, page = page_of(case)
    before = kept(gateway)
    answer = deposit(browser, page, ("Un.pdf", paper(gateway)))
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True)
    assert read(answer).one("h1").text == "Service momentanément indisponible"
    assert "style-src 'self'" in answer.headers["content-security-policy"]
    assert kept(gateway) == before


def test_the_page_says_what_it_takes(case: Case):
    """Types and size in words, the same to the browser's dialog; what the scheme asks for is marked."""
    _, _, page = page_of(case)
    field = section(page, "programme").one("input", type="file")
    assert {".pdf", ".png", ".jpeg", ".docx", ".xlsx", ".odt"} <= set(field.attributes["accept"].split(","))
    assert "multiple" in field.attributes
    told = page.one("p", id=field.attributes["aria-describedby"]).text
    assert "PDF, PNG, JPEG, DOCX, XLSX ou ODT ; 25 Mo au plus par fichier, 50 fichiers au plus à la fois." in told
    assert len(ALLOWED) == 6
    assert "pièce exigée pour ce dispositif" in section(page, "programme").text
    assert "pièce exigée" not in section(page).text
    assert not page.all("section", id="pieces-attendance")
    assert section(page_of(case, "provider")[2], "attendance")


def test_whoever_has_several_establishments_on_a_dossier_chooses(gateway: Gateway, case: Case):
    """The form asks for which, since each sees its own pieces; what is chosen stays chosen after a fault."""
    places = [str(each) for each in case.provider.places]
    told = {"provider_establishment_ids": places}
    dossier = gateway.dossier(case.provider.places[0], case.member.places[0], **told)
    browser, _, page = page_of(replace(case, dossier=dossier), "provider")
    chosen = {"establishment_id": places[1]}
    shown = read(deposit(browser, page, ("Faux.pdf", BAD), **chosen))
    select = section(shown).one("select", name="establishment_id")
    assert [each.attributes["value"] for each in select.all("option") if "selected" in each.attributes] == [places[1]]
    assert deposit(browser, page, ("Un.pdf", paper(gateway)), **chosen).status_code == 303
    strange = read(deposit(browser, page, ("Un.pdf", paper(gateway)), establishment_id=str(uuid4())))
    assert "Erreur : Un.pdf" in section(strange).text
