"""The pages of establishments, as any browser is answered (rows O50, O51)."""

from __future__ import annotations

from io import StringIO
from uuid import UUID

import pytest

from gateway import logging
from ledger.account.events import Role
from ledger.kit.fictitious import fictitious_siret
from support.browser import Browser
from support.gateway import Gateway, World
from support.html import Node, fields_of, read, rows

LIST = "/of/etablissements"
STAFF = "/gestion/etablissements"
LOOK = f"{LIST}/recherche"
COLUMNS = ["N°", "Raison sociale", "Siret", "CP", "Ville", "IBAN", "BIC", "NDA", "Enseigne"]


@pytest.fixture(scope="module")
def world(gateway: Gateway) -> World:
    return gateway.world()


@pytest.fixture(scope="module")
def provider(gateway: Gateway, world: World) -> Browser:
    return gateway.session("provider")


def places(gateway: Gateway, more: int, **changed: str) -> tuple[UUID, list[UUID]]:
    """An organisation and its establishments: one that can be paid, and so many more without bank details."""
    n = gateway.number() + 1
    organisation, first = gateway.organisation()
    found = [first]
    for place in range(1, more + 1):
        body = {
            "number": f"{n:05d}{place:02d}9",
            "siret": fictitious_siret(n, place),
            "name": f"Site {place}",
            **changed,
        }
        told = {"organisation_id": str(organisation), "postcode": "31000", "town": "Toulouse", **body}
        found.append(gateway.done("case-manager", "/v1/establishments", told))
    return organisation, found


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ")


def look(browser: Browser, **filters: str) -> str:
    """Where the filters lead to."""
    form = read(browser.get(LIST)).one("form", role="search")
    answer = browser.send("POST", form.attributes["action"], data={**fields_of(form), **filters})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def facts(page: Node) -> dict[str, str]:
    return {each.one("dt").text: plain(each.one("dd").text) for each in page.one("main").all("div") if each.all("dt")}


def test_the_list_has_its_columns(gateway: Gateway, world: World, provider: Browser):
    """Row O50: the nine columns; the IBAN in full for who holds the establishment."""
    page = read(provider.get(LIST))
    assert [each.text for each in page.all("th", scope="col")] == COLUMNS
    told = gateway.get("provider", f"/v1/establishments/{world.first}").json()
    [row] = rows(page)
    assert [row[0], row[1], row[3], row[4], row[6], row[7], row[8]] == [
        told[name] for name in ("number", "name", "postcode", "town", "bic", "nda", "trade_name")
    ]
    assert plain(row[2]).replace(" ", "") == told["siret"]
    assert row[5].replace(" ", "") == told["iban"]
    assert "•" not in row[5]


def test_the_account_is_masked_for_who_does_not_hold_it(gateway: Gateway, world: World):
    """Row O50: a case manager sees that there is one, and not which; the fund's accountants pay it."""
    iban = gateway.get("provider", f"/v1/establishments/{world.first}").json()["iban"]
    shown = {who: gateway.session(who).get(f"{STAFF}/{world.first}") for who in ("case-manager", "accountant")}
    assert {each.status_code for each in shown.values()} == {200}
    masked, whole = facts(read(shown["case-manager"]))["IBAN"], facts(read(shown["accountant"]))["IBAN"]
    assert "••••" in masked
    assert masked.startswith(iban[:4])
    assert iban not in shown["case-manager"].text.replace(" ", "")
    assert whole.replace(" ", "") == iban


def test_the_sheet_says_what_is_on_file(gateway: Gateway, world: World, provider: Browser):
    """Row O51, tab ÉTABLISSEMENT; the title has a number, since a name may be a person's."""
    told = gateway.get("provider", f"/v1/establishments/{world.first}").json()
    page = read(provider.get(f"{LIST}/{world.first}"))
    found = facts(page)
    assert found["Raison sociale"] == told["name"]
    assert found["Adresse"].endswith("75001 Modèleville")
    assert found["BIC"] == "PSSTFRPP"
    assert found["En vigueur depuis le"] == "01/01/2026"
    assert told["number"] in page.one("title").text
    assert told["name"] not in page.one("title").text
    links = {each.attributes["href"] for each in page.one("main").all("a")}
    assert f"/of/reglements?establishment_id={world.first}" in links
    assert {provider.get(each).status_code for each in links if each.startswith("/")} == {200}


def test_its_avis_are_in_its_documents(gateway: Gateway, world: World, provider: Browser):
    """Row O51, tab DOCUMENT: each page of an avis by its own name, « Déposé le », newest first, to download."""
    empty = read(provider.get(f"{LIST}/{world.first}/documents"))
    assert not empty.all("table")
    invoice = gateway.approved_invoice(world.dossier, world.first)
    _, transfer = gateway.paid_transfer(invoice, provider=world.first, total_cents=60000)
    for page, day in ((1, "2026-03-20"), (2, "2026-03-21")):
        name = f"Avis de virement - Lot 550 - Page {page}.pdf"
        held = {"transfer_id": str(transfer), "establishment_id": str(world.first)}
        answer = gateway.deposited(who="accountant", category="remittance-advice", name=name, on=day, **held)
        assert answer.status_code == 201, answer.text
    shown = read(provider.get(f"{LIST}/{world.first}/documents"))
    assert [(row[1], row[2]) for row in rows(shown)] == [
        ("Avis de virement - Lot 550 - Page 2.pdf Avis de virement", "Déposé le 21/03/2026"),
        ("Avis de virement - Lot 550 - Page 1.pdf Avis de virement", "Déposé le 20/03/2026"),
    ]
    for link in shown.one("tbody").all("a", **{"class": "download"}):
        saved = provider.get(link.attributes["href"])
        assert (saved.status_code, saved.content[:5]) == (200, b"%PDF-")
    for each in shown.one("tbody").all("tr"):
        assert each.attributes["data-href"].startswith("/documents/")


def test_without_bank_details_it_is_said(gateway: Gateway):
    """Row O11: what cannot be paid says so, and where the account is sent. A name is text, whatever is in it."""
    _, [_, other] = places(gateway, 1, name="L'Atelier d'Émile & fils <>")
    page = read(gateway.session("case-manager").get(f"{STAFF}/{other}"))
    assert "n'a pas de coordonnées bancaires" in page.text
    assert "L'Atelier d'Émile & fils <>" in page.text


def test_the_filters(gateway: Gateway, world: World, provider: Browser):
    """Row O50: numbers go on in the address, a SIRET however it is grouped; another's establishment is not found."""
    told = gateway.get("provider", f"/v1/establishments/{world.first}").json()
    siret = told["siret"]
    grouped = f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}"
    assert look(provider, siret=grouped) == f"{LIST}?siret={siret}"
    for asked in (
        f"siret={siret}",
        f"number={told['number']}",
        f"nda={told['nda'][:6]}",
        f"siret={siret[:3]}%20{siret[3:5]}",
    ):
        assert len(rows(read(provider.get(f"{LIST}?{asked}")))) == 1, asked
    other = gateway.get("other-provider", f"/v1/establishments/{world.second}").json()
    nothing = read(provider.get(f"{LIST}?siret={other['siret']}"))
    assert "Aucun établissement ne correspond" in nothing.text
    assert not nothing.all("table")


def test_a_name_stands_in_no_address_and_no_log_line(gateway: Gateway, world: World, provider: Browser):
    """A sole trader's name is a person's: posted, kept sealed, shown again in the form."""
    written = StringIO()
    logging.configure(stream=written)
    try:
        for field, name in (("name", "Organisme"), ("trade_name", "Enseigne")):
            there = look(provider, **{field: name})
            assert there.startswith(f"{LIST}?recherche=")
            page = read(provider.get(there))
            assert len(rows(page)) == 1
            assert fields_of(page.one("form", role="search"))[field] == name
    finally:
        logging.configure()
    assert LIST in written.getvalue()
    assert "Organisme" not in written.getvalue()
    assert "Enseigne" not in written.getvalue()
    assert provider.get(f"{LIST}?name=Organisme").status_code == 422
    assert gateway.session("other-provider").get(there).status_code == 404


@pytest.mark.parametrize(
    "name", ["%%", "'; drop table read.establishment --", "\u202eelgoog", "x" * 100, "<b>gras</b>"]
)
def test_odd_names_are_shown_plainly(provider: Browser, name: str):
    """Bad input: looked for as they are, found nowhere, given back as text."""
    answer = provider.get(look(provider, name=name))
    assert answer.status_code in {200, 422}
    page = read(answer)
    assert fields_of(page.one("form", role="search"))["name"] == name
    assert not page.all("b")


@pytest.mark.parametrize("filters", [{"name": "x" * 10_000}, {"number": "x" * 41}, {"siret": "1\x01"}])
def test_what_cannot_be_looked_for_is_said_at_its_field(provider: Browser, filters: dict[str, str]):
    form = read(provider.get(LIST)).one("form", role="search")
    answer = provider.send("POST", form.attributes["action"], data={**fields_of(form), **filters})
    [field] = filters
    page = read(answer)
    assert answer.status_code == 422
    assert page.one("input", id=field).attributes["aria-invalid"] == "true"
    assert not page.all("table")


@pytest.mark.parametrize(
    "path", ["", "?cursor=abc", "/{first}", "/{first}/documents", "/abc", "/{first}/documents?x=1"]
)
def test_another_s_establishment_is_not_there(gateway: Gateway, world: World, path: str):
    """Absent, another's and no id at all: 404; a cursor that was made up says so."""
    stranger = gateway.session("other-provider")
    answer = stranger.get(LIST + path.format(first=world.first))
    assert answer.status_code == {"": 200, "?cursor=abc": 422}.get(path, 404)
    assert str(world.first) not in answer.text


def test_a_long_list_goes_on(gateway: Gateway):
    """Twenty-five a page; the next page begins where this one ends."""
    organisation, held = places(gateway, 26)
    name = gateway.account("grande", Role.PORTAL)
    ids = [str(each) for each in held]
    grant = {"organisation_id": str(organisation), "kind": "provider", "establishment_ids": ids}
    gateway.done("operator", f"/v1/accounts/{gateway.accounts[name]}/memberships", grant)
    browser = gateway.session(name)
    page = read(browser.get(LIST))
    assert "27 établissements" in plain(page.text)
    after = read(browser.get(page.one("a", rel="next").attributes["href"]))
    assert (len(rows(page)), len(rows(after))) == (25, 2)
    assert after.one("a", rel="first").attributes["href"] == LIST
