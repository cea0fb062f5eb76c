"""The pages of dossiers, as any browser is answered: what they show, refuse, and never say."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from httpx import Response

from gateway.generator.pdf import one_page
from ledger.account.events import Role
from support.browser import Browser
from support.gateway import Gateway, World
from support.html import Node, fields_of, read, rows

LIST = "/of/dossiers"
FORM = {"role": "search"}


@pytest.fixture(scope="module")
def provider(gateway: Gateway, world: World) -> Browser:
    return gateway.session("provider")


@pytest.fixture(scope="module")
def other(gateway: Gateway, world: World) -> Browser:
    return gateway.session("other-provider")


def shown(answer: Response) -> Node:
    assert answer.status_code == 200, answer.text
    return read(answer)


def search(browser: Browser, **filters: str) -> Response:
    """The form of the list, sent with these fields filled in."""
    form = read(browser.get(LIST)).one("form", **FORM)
    sent = {**fields_of(form), **filters}
    return browser.send("POST", form.attributes["action"], data=sent, headers={"X-CSRF-Token": ""})


def followed(browser: Browser, answer: Response) -> Node:
    assert answer.status_code == 303, answer.text
    return shown(browser.get(answer.headers["location"]))


def numbers(page: Node) -> list[str]:
    return [row[0] for row in rows(page)] if page.all("table") else []


def counters(page: Node) -> dict[str, str]:
    told = page.one("dl", **{"class": "counters"})
    return {name.text: number.text for name, number in zip(told.all("dt"), told.all("dd"), strict=True)}


def test_the_list_has_its_counters_and_its_columns(gateway: Gateway, world: World, provider: Browser):
    """Rows O30 and O31: one dossier of one's own, with its company, its trainee's name and its scheme."""
    page = shown(provider.get(LIST))
    assert counters(page) == {"En cours": "1", "Soldés": "0", "Total": "1"}
    [[number, company, agreement, trainee, scheme]] = rows(page)
    told = gateway.get("provider", "/v1/dossiers").json()["items"][0]
    assert number == told["number"]
    assert company == told["company"]["name"]
    assert "non renseigné" in agreement
    assert trainee.startswith("STAGIAIRE Ariane")
    assert scheme == "PLAN"


def test_an_agreement_is_downloaded_from_the_list(gateway: Gateway, world: World, provider: Browser):
    """Rows O31 and O33: the bytes that were deposited, saved and not shown, and the same document in its tab."""
    dossier = gateway.dossier(world.first, world.company)
    content = one_page(["Accord"])
    answer = gateway.deposited(content=content, dossier_ids=str(dossier), name="Accord é.pdf")
    assert answer.status_code == 201, answer.text
    page = shown(provider.get(LIST))
    [link] = [each for each in page.all("a") if each.text.startswith("Télécharger l'accord du dossier")]
    saved = provider.get(link.attributes["href"])
    assert saved.content == content
    assert saved.headers["content-disposition"].startswith("attachment;")
    assert saved.headers["content-security-policy"].startswith("sandbox;")
    tab = shown(provider.get(f"{LIST}/{dossier}/documents"))
    [[name, deposited, state, *_]] = [row[-5:] for row in rows(tab)]
    assert state == "Transmis (non analysé)"
    assert (name, deposited) == ("Accord é.pdf Accord de prise en charge", "Déposé le 10/02/2026")
    assert tab.one("tbody").one("tr").attributes["data-href"] == link.attributes["href"]


def test_filters_alone_and_together(gateway: Gateway, world: World):
    """Row O30: each filter, and all of them, find what they should; the counters stay those of the whole scope."""
    organisation, establishment = gateway.organisation()
    who = gateway.account("filtering", Role.PORTAL, (organisation, establishment))
    early = gateway.dossier(establishment, world.company, scheme="POEI", starts_on="2026-01-05", ends_on="2026-01-09")
    late = gateway.dossier(establishment, world.company, starts_on="2026-06-01", ends_on="2026-06-05")
    browser = gateway.session(who)
    told = {each["dossier_id"]: each["number"] for each in gateway.get(who, "/v1/dossiers").json()["items"]}
    first, second = told[str(early)], told[str(late)]
    for filters, found in (
        ({"scheme": "POEI"}, [first]),
        ({"starts_from": "2026-03-01"}, [second]),
        ({"ends_until": "2026-03-01"}, [first]),
        ({"starts_from": "01/03/2026"}, [second]),
        ({"number": first}, [first]),
        ({"trainee_name": "stagiaire"}, [second, first]),
        ({"trainee_name": "stagiaire", "scheme": "PLAN"}, [second]),
        ({"establishment_id": str(establishment), "sort": "starts_on"}, [first, second]),
        ({"scheme": "POEI", "starts_from": "2026-03-01"}, []),
    ):
        page = followed(browser, search(browser, **filters))
        assert numbers(page) == found, filters
        assert counters(page)["Total"] == "2"
        if not found:
            assert "Aucun dossier ne correspond à votre recherche" in page.text


def test_a_name_is_in_no_address(gateway: Gateway, world: World, provider: Browser, other: Browser):
    """Row O30, security of pages: the search goes on by an id, that nobody else may use, nor any other session."""
    answer = search(provider, trainee_name="Stagiaire", scheme="PLAN")
    location = answer.headers["location"]
    assert list(parse_qs(urlsplit(location).query)) == ["recherche"]
    page = followed(provider, answer)
    assert fields_of(page.one("form", **FORM))["trainee_name"] == "Stagiaire"
    refused = [
        other.get(location),
        gateway.session("provider").get(location),
        provider.get(f"{LIST}?recherche={uuid4()}"),
    ]
    assert [each.status_code for each in refused] == [404, 404, 404]
    assert provider.get(f"{LIST}?trainee_name=Stagiaire").status_code == 422


@pytest.mark.parametrize("text", ["100 %", "l'un d'eux", "%10%", "\u202eerialgats", "' or 1=1 --", "<b>Ariane</b>"])
def test_a_filter_is_a_text_and_nothing_else(provider: Browser, text: str):
    """Bad input: a percent sign, a quote, a right-to-left mark, an element: shown again as it was typed."""
    for name in ("trainee_name", "number"):
        page = followed(provider, search(provider, **{name: text}))
        assert numbers(page) == []
        assert fields_of(page.one("form", **FORM))[name] == text
        assert not page.all("b")


def test_a_text_of_ten_thousand_characters_is_refused_in_its_place(provider: Browser):
    """Bad input: the page says which field and which rule, and nothing is kept."""
    answer = search(provider, trainee_name="é" * 10_000)
    page = read(answer)
    assert answer.status_code == 422
    assert page.one("title").text.startswith("Erreur :")
    summary = page.one("div", role="alert")
    assert "100 caractères au plus" in summary.text
    assert summary.one("a").attributes["href"] == "#trainee_name"
    assert page.one("input", id="trainee_name").attributes["aria-invalid"] == "true"
    assert not page.all("table")


def test_a_search_of_nothing_is_refused_in_its_place(provider: Browser):
    """Bad input: a name without a letter or a digit would list everybody."""
    answer = search(provider, trainee_name="%_%")
    page = read(provider.get(answer.headers["location"]))
    assert "deux lettres" in page.one("p", id="trainee_name-erreur").text
    assert not page.all("table")


@pytest.mark.parametrize(
    "asked", ["starts_from=abc", "scheme=XXX", "sort=name", "essai=1", "establishment_id=12", "limit=9", "cursor=abc"]
)
def test_an_address_that_asks_what_cannot_be(provider: Browser, asked: str):
    """A parameter misspelt must not list everything: 422, the form, and no row."""
    answer = provider.get(f"{LIST}?{asked}")
    assert answer.status_code == 422
    assert not read(answer).all("table")


def test_another_s_establishment_filters_everything_away(world: World, provider: Browser):
    """As in the API: no rows, and no word on whether it exists."""
    assert numbers(shown(provider.get(f"{LIST}?establishment_id={world.second}"))) == []


def test_pages_of_a_list_go_on_and_back(gateway: Gateway, world: World):
    """Row O30: 25 rows a page; « Suivants » keeps the filters, « Revenir au début » too."""
    organisation, establishment = gateway.organisation()
    who = gateway.account("turning", Role.PORTAL, (organisation, establishment))
    for day in range(1, 28):
        gateway.dossier(establishment, world.company, starts_on=f"2026-05-{day:02d}", ends_on="2026-06-30")
    browser = gateway.session(who)
    first = followed(browser, search(browser, trainee_name="stagiaire", sort="starts_on"))
    assert len(numbers(first)) == 25
    assert "27 dossiers correspondent à votre recherche" in first.text
    [following] = [each.attributes["href"] for each in first.all("a", rel="next")]
    assert "stagiaire" not in following.lower()
    second = shown(browser.get(following))
    assert len(numbers(second)) == 2
    assert set(numbers(first)).isdisjoint(numbers(second))
    [back] = [each.attributes["href"] for each in second.all("a", rel="first")]
    assert numbers(shown(browser.get(back))) == numbers(first)


def test_the_dossier_shows_its_trainees_and_nothing_else_of_them(gateway: Gateway, world: World, provider: Browser):
    """Row O32: Nom, Prénom, Du, Au; never NIR, birth date or address on this side."""
    page = shown(provider.get(f"{LIST}/{world.dossier}"))
    assert [each.text for each in page.all("th", scope="col")] == ["Nom", "Prénom", "Du", "Au"]
    [[last, first, start, end]] = rows(page)
    assert (last, start, end) == ("STAGIAIRE", "02/03/2026", "06/03/2026")
    assert first.startswith("Ariane")
    assert "1990" not in page.text
    assert page.one("h1").text.startswith("Dossier n° 19000")
    tabs = page.one("nav", **{"class": "tabs"})
    documents = f"Documents {gateway.settings.fund_name}"
    told = ["Stagiaire(s)", "Règlements", "Mes documents", documents, "Historique"]
    assert [each.text for each in tabs.all("a")] == told
    assert [each.text for each in tabs.all("a", **{"aria-current": "page"})] == ["Stagiaire(s)"]


def test_its_transfers_are_its_own_lines(gateway: Gateway, world: World, provider: Browser):
    """Row O34: of a règlement that pays two dossiers, each dossier shows its own line, and the IBAN that was paid."""
    one, two = (gateway.dossier(world.first, world.company) for _ in range(2))
    invoices = [
        gateway.approved_invoice(one, world.first, 60000),
        gateway.approved_invoice(two, world.first, 12345),
    ]
    _, transfer = gateway.paid_transfer(*invoices, provider=world.first, total_cents=72345)
    page = shown(provider.get(f"{LIST}/{two}/reglements"))
    [row] = rows(page)
    assert row[6:9] == ["19/03/2026", "123,45", "Virement"]
    assert row[1].endswith("- 75001 / Modèleville")
    assert row[5] == "Plan de développement des compétences"
    assert row[9].replace(" ", "").startswith("FR")
    assert "123,45" in page.one("tfoot").text
    assert "723,45" not in page.text
    [link] = page.one("tbody").all("a")
    assert link.attributes["href"] == f"/of/reglements/{transfer}"


def test_the_history_says_who_did_what_when(gateway: Gateway, world: World, provider: Browser):
    """Each step of the dossier, oldest first, by the role of who did it: no name of the fund's staff."""
    page = shown(provider.get(f"{LIST}/{world.dossier}/historique"))
    steps = page.one("ol", **{"class": "timeline"}).all("li")
    told = gateway.get("provider", f"/v1/dossiers/{world.dossier}/history").json()["items"]
    assert [each["label"] for each in told] == [
        step.one("p", **{"class": "what"}).text.partition(" :")[0] for step in steps
    ]
    assert "Gestionnaire de dossiers" in steps[0].text
    marks = {
        each["event"]: "good" in step.attributes.get("class", "").split()
        for each, step in zip(told, steps, strict=True)
    }
    assert marks["dossier.agreement-issued.v1"]
    assert not marks["dossier.opened.v1"]
    # The day is said once, and read with every step of it.
    assert steps[0].all("strong")
    assert all(
        step.one("time").attributes["datetime"] == each["recorded_at"].replace("Z", "+00:00")
        for each, step in zip(told, steps, strict=True)
    )
    assert "1 200,00 €" in page.text.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize("page", ["", "/reglements", "/documents", "/historique"])
def test_another_s_dossier_is_not_there(world: World, provider: Browser, page: str):
    """Absent, another's and no id at all: one page, one status."""
    answers = [provider.get(f"{LIST}/{each}{page}") for each in (world.other_dossier, UUID(int=7), "abc")]
    assert [each.status_code for each in answers] == [404, 404, 404]
    assert len({read(each).one("main").text.rpartition(":")[0] for each in answers}) == 1
