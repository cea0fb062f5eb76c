"""« Aperçu »: a document's first pages in the portal, as pictures, from the lists in which it stands."""

from __future__ import annotations

import pytest

from support.case import Case
from support.html import read


@pytest.mark.parametrize(
    ("who", "space", "listed", "name"),
    [
        ("member", "adherent", "documents", "Courrier.pdf"),
        ("member", "adherent", "pieces", "Devis.pdf"),
        ("case-manager", "gestion", "documents", "Devis.pdf"),
        ("auditor", "gestion", "documents", "Accord.pdf"),
    ],
)
def test_from_the_list_to_the_pages_and_back(shared: Case, who: str, space: str, listed: str, name: str):
    """Each page is a picture with its place in words and its size, so that nothing moves while it comes."""
    browser = shared.browser(who)
    path = f"/{space}/dossiers/{shared.dossier}/{listed}"
    [link] = [each for each in read(browser.get(path)).all("a") if each.text == f"Aperçu de {name}"]
    page = read(browser.get(link.attributes["href"]))
    assert page.one("main").text.count(name) == 1
    [picture] = page.all("img")
    assert picture.attributes["alt"] == "Page 1 sur 1"
    assert (picture.attributes["width"], picture.attributes["height"]) == ("989", "1400")
    assert picture.attributes["loading"] == "lazy"
    answer = browser.get(picture.attributes["src"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content.startswith(b"\x89PNG")
    hrefs = [each.attributes["href"] for each in page.one("main").all("a")]
    assert path in hrefs
    assert f"/documents/{shared.documents[name]}" in hrefs


def test_what_has_no_bytes_to_show_has_no_preview(shared: Case):
    """Not analysed yet, in quarantine, another side's: a page says so, in French, and none of it is drawn."""
    member, staff = shared.browser("member"), shared.browser("case-manager")
    for browser, name, status in (
        (staff, "Attendu.pdf", 409),
        (staff, "Facture.pdf", 409),
        (member, "Facture.pdf", 404),
        (member, "Émargement.pdf", 404),
    ):
        path = f"/documents/{shared.documents[name]}/apercu"
        for address in (path, f"{path}/1"):
            answer = browser.get(address)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
            assert not read(answer).all("img")
    page = read(staff.get(f"/gestion{shared.path}"))
    assert not [each for each in page.all("a") if each.text in {"Aperçu de Attendu.pdf", "Aperçu de Facture.pdf"}]


def test_a_page_that_is_not_there_is_not_found(shared: Case):
    browser = shared.browser("case-manager")
    for page in ("0", "2", "x"):
        assert browser.get(f"/documents/{shared.documents['Accord.pdf']}/apercu/{page}").status_code == 404
