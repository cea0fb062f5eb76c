"""« Télécharger la sélection » and « Accusé de dépôt », as pages offer them: an ordinary form, no script."""

from __future__ import annotations

import io
import zipfile
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from support.browser import Browser, Response
from support.case import Case
from support.gateway import PDF
from support.html import Node, read
from support.reader import FORM, HTML


def opened(case: Case, browser: Browser, space: str) -> Node:
    answer = browser.get(f"/{space}{case.path}")
    assert answer.status_code == 200, answer.text[:500]
    return read(answer)


def sent(browser: Browser, page: Node, ticked: list[str], **changed: str) -> Response:
    """The form of the page with these of its boxes ticked, which stand elsewhere and name it."""
    [form] = [each for each in page.all("form") if each.attributes.get("id") == "selection"]
    hidden = {field.attributes["name"]: field.attributes["value"] for field in form.all("input")}
    fields = [*{**hidden, **changed}.items(), *(("document", value) for value in ticked)]
    headers = {"Accept": HTML, "Content-Type": FORM}
    return browser.send("POST", form.attributes["action"], headers=headers, content=urlencode(fields).encode())


def boxes(page: Node) -> dict[str, str]:
    found = [each for each in page.all("input") if each.attributes.get("name") == "document"]
    assert {each.attributes["form"] for each in found} <= {"selection"}
    return {each.attributes["aria-label"].removeprefix("Sélectionner "): each.attributes["value"] for each in found}


@pytest.mark.parametrize(
    ("who", "space", "offered"),
    [
        ("member", "adherent", {"Accord.pdf", "Courrier.pdf"}),
        ("provider", "of", {"Accord.pdf", "Courrier.pdf"}),
        ("case-manager", "gestion", {"Accord.pdf", "Courrier.pdf", "Devis.pdf", "Convention.pdf"}),
    ],
)
def test_what_is_ticked_comes_as_one_archive(shared: Case, who: str, space: str, offered: set[str]):
    """O33, B1: a box for each document that may be downloaded, and for no other; what is ticked, and nothing else."""
    browser = shared.browser(who)
    page = opened(shared, browser, space)
    found = boxes(page)
    assert set(found) == offered
    answer = sent(browser, page, [found["Courrier.pdf"], found["Accord.pdf"]])
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["content-disposition"].startswith("attachment;")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["Courrier.pdf", "Accord.pdf"]
        assert archive.read("Accord.pdf") == PDF


def test_what_is_no_selection_is_said_in_a_sentence(shared: Case):
    """Nothing ticked, too much, another's, or a page that has expired: a page in French, and no archive."""
    browser = shared.browser("member")
    page = opened(shared, browser, "adherent")
    accord = boxes(page)["Accord.pdf"]
    for ticked, status, told in (
        ([], 422, "Cochez au moins un document"),
        ([str(uuid4()) for _ in range(101)], 422, "100 documents au plus"),
        ([accord, str(shared.documents["Facture.pdf"])], 422, "n'existe pas ou ne vous est pas accessible"),
        (["rien"], 422, "La demande n'a pas abouti"),
    ):
        answer = sent(browser, page, ticked)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert told in read(answer).one("main").text
    assert sent(browser, page, [accord], csrf_token="x").status_code == 403


def test_the_receipt_is_offered_to_its_own_side_and_to_the_fund(shared: Case):
    """Issue E: beside each piece that one handed in; beside what the fund sent there is none."""
    for who, page, names in (
        ("member", f"/adherent/dossiers/{shared.dossier}/pieces", {"Devis.pdf", "Convention.pdf"}),
        ("member", f"/adherent{shared.path}", set()),
        ("case-manager", f"/gestion{shared.path}", set(shared.documents)),
    ):
        browser = shared.browser(who)
        found = {each.text.partition(" de ")[2].removeprefix("dépôt de "): each for each in receipts(browser, page)}
        assert set(found) == names
        for link in list(found.values())[:1]:
            answer = browser.get(link.attributes["href"])
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
            assert answer.headers["content-disposition"].startswith("attachment;")


def receipts(browser: Browser, page: str) -> list[Node]:
    answer = browser.get(page)
    assert answer.status_code == 200, answer.text[:300]
    return [each for each in read(answer).all("a") if each.text.startswith("Accusé de dépôt")]
