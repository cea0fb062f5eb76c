"""An outsider's script: every address that one provider can reach, tried as another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import pytest

from ledger.account.events import Role
from support.browser import Browser
from support.gateway import Gateway, World
from support.html import fields_of, read

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HOME = "/of"


@pytest.fixture(scope="module")
def world(gateway: Gateway) -> World:
    """The first provider has a dossier that was paid, an agreement and an avis; the second has one dossier."""
    found = gateway.world()
    invoice = gateway.approved_invoice(found.dossier, found.first)
    _, transfer = gateway.paid_transfer(invoice, provider=found.first, total_cents=60000)
    held = {"transfer_id": str(transfer), "establishment_id": str(found.first)}
    for fields in ({"dossier_ids": str(found.dossier)}, {"category": "remittance-advice", **held}):
        who = "accountant" if "transfer_id" in fields else "case-manager"
        assert gateway.deposited(who=who, name="Secret.pdf", **fields).status_code == 201
    return found


def crawled(browser: Browser, start: str) -> dict[str, str]:
    """Each address of ours that is reached by links from `start`: its text, empty for files."""
    waiting, found = [start], dict[str, str]()
    while waiting:
        path = waiting.pop()
        answer = browser.get(path, headers={"Accept": "text/html"})
        assert answer.status_code in {200, 303}, path
        html = answer.headers.get("content-type", "").startswith("text/html")
        found[path] = answer.text if html else ""
        links = [each.attributes["href"] for each in read(answer).all("a")] if html else []
        inside = {urljoin(path, each) for each in links if not urlsplit(each).scheme and not each.startswith("#")}
        waiting += [each for each in inside if each not in found and each not in waiting]
    return found


def searched(browser: Browser) -> str:
    """The address of a search by name."""
    form = read(browser.get("/of/dossiers")).one("form", role="search")
    answer = browser.send("POST", form.attributes["action"], data={**fields_of(form), "trainee_name": "stagiaire"})
    return str(answer.headers["location"])


def ids_of(pages: dict[str, str]) -> Iterator[str]:
    for path, text in pages.items():
        yield from ID.findall(path)
        yield from ID.findall(text)


def test_an_outsider_finds_nothing_of_another_s(gateway: Gateway, world: World):
    """Each page, tab, file and kept search of one provider is a 404 to another, whose own pages never name them."""
    mine, theirs = gateway.session("provider"), gateway.session("other-provider")
    reached = crawled(mine, HOME)
    reached[kept] = mine.get(kept := searched(mine)).text
    narrowed = [path for path in reached if "establishment_id=" in path]
    told = [path for path in reached if ID.search(path) and path not in narrowed]
    # Four pages of a dossier, a règlement, an establishment with its documents, two files, a search: a crawl that found
    # less would show nothing.
    assert {path.rpartition("/")[2] for path in told} >= {"reglements", "documents", "historique", str(world.dossier)}
    assert f"/of/etablissements/{world.first}/documents" in told
    assert len(told) >= 10
    # A list narrowed to another's establishment is an empty list of one's own.
    assert narrowed
    for path in narrowed:
        assert str(world.first) not in "".join(each.text for each in read(theirs.get(path)).all("table"))
        assert "600,00" not in theirs.get(path).text
    assert {path: theirs.get(path).status_code for path in told} == dict.fromkeys(told, 404)
    assert not set(ids_of({path: reached[path] for path in told})) & set(ids_of(crawled(theirs, HOME)))


def test_every_id_at_every_address(gateway: Gateway, world: World):
    """Ids tried where they do not belong too: a document's as a dossier, an establishment's as a règlement."""
    mine, theirs = gateway.session("provider"), gateway.session("other-provider")
    ids = {UUID(each) for each in ids_of(crawled(mine, HOME))} | {world.first, world.dossier, world.company}
    templates = ("/of/dossiers/{}", "/of/dossiers/{}/reglements", "/of/dossiers/{}/documents")
    templates += ("/of/dossiers/{}/historique", "/of/reglements/{}", "/documents/{}", "/of/dossiers?recherche={}")
    templates += ("/of/etablissements/{}", "/of/etablissements/{}/documents", "/of/etablissements?recherche={}")
    asked = [template.format(each) for template in templates for each in ids]
    assert {theirs.get(each).status_code for each in asked} == {404}


def test_counters_and_choices_are_one_s_own(gateway: Gateway, world: World):
    """Row O30: what an outsider counts and may choose from is their own, whatever they filter by."""
    theirs = gateway.session("other-provider")
    for path in ("/of/dossiers", f"/of/dossiers?establishment_id={world.first}", "/of/dossiers?number=1900"):
        page = read(theirs.get(path))
        assert [each.text for each in page.one("dl", **{"class": "counters"}).all("dd")] == ["1", "0", "1"]
        choices = page.one("select", id="establishment_id").all("option")
        assert [each.attributes["value"] for each in choices] == ["", str(world.second)]
        assert str(world.dossier) not in theirs.get(path).text


def test_who_sees_nothing_reads_nothing(gateway: Gateway, world: World):
    """An account without any establishment has empty lists, and no address that answers."""
    name = gateway.account("nobody", Role.PORTAL)
    nobody = gateway.session(name)
    for path in ("/of/dossiers", "/of/reglements"):
        assert not read(nobody.get(path)).all("table")
    assert nobody.get(f"/of/dossiers/{world.dossier}").status_code == 404
