"""The services portal: its entrance, the account that a company creates alone, the offer, the tools at hand (rows E1,
E2, E18); and the appearance of every page.
"""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from httpx import Response

from ledger.account.events import Role
from support.browser import Browser
from support.company import Company, auth, company, fulfil, head, link_of, mails, use
from support.forms import Sheet, sheet
from support.gateway import Gateway
from support.html import Node, read
from support.reader import FORM, HTML, Reader
from support.readers import menu, shown, status
from support.team_pages import faults

FAVOURITES = "/services/favoris"
REGISTER = "/services/inscription"


@pytest.fixture(scope="module")
def firm(gateway: Gateway) -> Company:
    """A member company with a contact on file and a référent."""
    made = company(gateway, "member")
    gateway.done("case-manager", f"/v1/organisations/{made.organisation}/contact", {"email": contact(made)})
    return made


@pytest.fixture(scope="module")
def member(gateway: Gateway, firm: Company) -> Browser:
    return gateway.session(firm.member("member"))


@pytest.fixture
def stranger(gateway: Gateway) -> Browser:
    """Whoever comes, with the address's allowance to themselves."""
    with auth(gateway) as connection:
        connection.execute("delete from auth.allowance")
        connection.execute("delete from auth.throttle")
    return gateway.browser()


def contact(firm: Company) -> str:
    return f"contact-{firm.member_number}@example.org"


def sent(browser: Browser, form: Sheet, **headers: str) -> Response:
    """As a browser without a script sends it."""
    token, browser.csrf = browser.csrf, None
    answer = browser.send(
        "POST",
        form.action,
        headers={"Accept": HTML, "Content-Type": FORM, **headers},
        content=urlencode(form.pairs).encode(),
    )
    browser.csrf = token
    return answer


def cards(page: Node) -> list[str]:
    """The tools at hand, in their order."""
    section = next(each for each in page.all("section") if each.attributes.get("aria-labelledby") == "outils")
    return [each.text for each in section.all("h3")]


def kept(browser: Browser, form: Sheet) -> list[str]:
    answer = sent(browser, form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{FAVOURITES}?fait=favoris")
    return cards(shown(browser, "/services"))


def test_the_offer_is_the_funds(member: Browser):
    """E2: five themes with their links; what has an address leads to it, what has none to its words and whom to ask."""
    page = shown(member, "/services")
    offer = next(each for each in page.all("section") if each.attributes.get("aria-labelledby") == "offre")
    assert [each.text for each in offer.all("h3")] == [
        "Choisir l'alternance", "Piloter l'activité RH", "Développer les compétences", "Accompagner les transitions",
        "Recruter et intégrer",
    ]  # fmt: skip
    links = {each.text: each.attributes["href"] for each in offer.all("a")}
    assert len(links) == 5 + 15
    assert links["Gérer la formation"] == "/adherent/dossiers"
    assert links["Gérer les entretiens"] == "/services/themes/activite-rh#lien-2"
    told = shown(member, "/services/themes/activite-rh")
    assert told.one("section", id="lien-2").one("h2").text == "Gérer les entretiens"
    assert "01 99 00 00 10" in told.text
    assert "01 99 00 00 10" in page.text
    assert [status(member, f"/services/{each}") for each in ("themes/autre", "outils/autre", "themes/a%2Fb")] == [
        404
    ] * 3


def test_a_link_that_is_not_open_to_the_reader_is_none(gateway: Gateway, firm: Company):
    """E15: who has the accounting alone is led to no list of dossiers; the theme's page says what it is."""
    name = firm.member("accounts-only")
    grant = {"organisation_id": str(firm.organisation), "kind": "member", "menus": ["accounting"]}
    gateway.done("case-manager", f"/v1/accounts/{gateway.accounts[name]}/memberships/menus", grant)
    page = shown(gateway.session(name), "/services")
    links = {each.text: each.attributes["href"] for each in page.one("main").all("a")}
    assert links["Gérer la formation"] == "/services/themes/competences#lien-3"


def test_favourites_are_each_accounts_own(gateway: Gateway, firm: Company, member: Browser):
    """E2: the first three until one chooses; then those that are ticked, in one's own order, whichever browser asks."""
    first = ["Espace adhérent", "Espace tutoriels", "Espace compétences"]
    assert cards(shown(member, "/services")) == first
    form = sheet(shown(member, FAVOURITES), FAVOURITES)
    assert form.all("tools") == ["espace-adherent", "tutoriels", "competences"]
    assert kept(member, form.untick("tools", "tutoriels").tick("tools", "contacts")) == [
        "Espace adhérent", "Espace compétences", "Annuaire régional",
    ]  # fmt: skip
    form = sheet(shown(member, FAVOURITES), FAVOURITES)
    form.pairs.append(("move", "up:contacts"))
    assert kept(member, form) == ["Espace adhérent", "Annuaire régional", "Espace compétences"]
    form = sheet(shown(member, FAVOURITES), FAVOURITES)
    form.pairs.append(("move", "down:competences"))
    assert kept(member, form) == ["Espace adhérent", "Annuaire régional", "Espace compétences"]
    assert cards(shown(gateway.session("member"), "/services")) == cards(shown(member, "/services"))
    assert cards(shown(gateway.session(firm.member("colleague")), "/services")) == first
    for tool in ("espace-adherent", "contacts", "competences"):
        form.untick("tools", tool)
    assert kept(member, form) == []
    assert "Vous n'avez pas d'outil favori" in shown(member, "/services").text


@pytest.mark.parametrize("tools", [["inconnu"], ["tutoriels", "%'\u202e" + "9" * 10_000], ["contacts"] * 70])
def test_favourites_that_are_none_change_nothing(gateway: Gateway, firm: Company, tools: list[str]):
    """A made-up tool, ten thousand characters, more boxes than there are: said on a page, nothing kept."""
    name = f"fond-{gateway.number()}"
    browser = gateway.session(firm.member(name))
    form = sheet(shown(browser, FAVOURITES), FAVOURITES)
    form.pairs += [("tools", tool) for tool in tools]
    answer = sent(browser, form)
    assert answer.status_code == 400
    assert "rien n'a été enregistré" in read(answer).text
    with auth(gateway) as connection:
        query = "select count(*) as n from auth.favourite where account_id = %s"
        assert connection.execute(query, (gateway.accounts[name],)).fetchone() == {"n": 0}


def test_a_tool_that_the_fund_has_no_more_is_passed_over(gateway: Gateway, firm: Company):
    """The fund's file changed meanwhile: the others stay at hand."""
    browser = gateway.session(firm.member("faithful"))
    with auth(gateway) as connection:
        told = (gateway.accounts["faithful"], ["parti", "contacts"])
        connection.execute("insert into auth.favourite (account_id, tools) values (%s, %s)", told)
    assert cards(shown(browser, "/services")) == ["Annuaire régional"]
    assert kept(browser, sheet(shown(browser, FAVOURITES), FAVOURITES)) == ["Annuaire régional"]


def test_one_sign_in_for_portal_and_space(gateway: Gateway, firm: Company, stranger: Browser):
    """E1, E2: at the services' own door one comes to the services; a provider there comes to the provider's space."""
    reader = Reader(stranger)
    page = reader.open("/services/connexion")
    assert page.heading == "Bienvenue sur votre portail de services"
    assert "01 99 00 00 10" in page.text
    name = firm.member("door")
    gateway.session(name)
    form = page.form("/services/connexion")
    wrong = reader.send(form, email=gateway.emails[name], password="Faux-Mot-2026!")
    assert (wrong.status, wrong.heading) == (401, "Bienvenue sur votre portail de services")
    assert "Faux-Mot-2026!" not in wrong.text
    password = gateway.password(name)
    assert reader.send(form, email=gateway.emails[name], password=password).location == "/services"
    assert menu(shown(stranger, "/services"))["Espace adhérent"] == "/adherent"
    assert reader.open("/services/connexion", follow=False).location == "/adherent"
    provider = gateway.account("at-the-door", Role.PORTAL, gateway.organisation())
    gateway.session(provider)
    reader = Reader(gateway.browser())
    form = reader.open("/services/connexion").form("/services/connexion")
    answer = reader.send(form, follow=True, email=gateway.emails[provider], password=gateway.password(provider))
    assert answer.answer.request.url.path == "/of"


def filled(browser: Browser, firm: Company, **changed: str) -> Sheet:
    told = {
        "siret": f"{firm.sirets[0][:3]} {firm.sirets[0][3:9]} {firm.sirets[0][9:]}",
        "member_number": str(firm.member_number),
        "civility": "Monsieur",
        "last_name": "Demandeur",
        "first_name": "Amaury",
        "email": f"amaury-{firm.gateway.number()}@example.org",
        **changed,
    }
    return sheet(shown(browser, REGISTER), REGISTER).fill(**told)


def test_a_company_creates_its_account_alone(gateway: Gateway, stranger: Browser):
    """E1: the form, the contact's confirmation, the password, and then alone: the members' space as its référent."""
    made = company(gateway, "member")
    gateway.done("case-manager", f"/v1/organisations/{made.organisation}/contact", {"email": contact(made)})
    answer = sent(stranger, filled(stranger, made, email="premiere@example.org"))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{REGISTER}/envoyee")
    assert "un message vient d'être envoyé au contact" in shown(stranger, answer.headers["location"]).text
    fulfil(gateway)
    assert (mails(gateway)[-1]["kind"], mails(gateway)[-1]["to"]) == ("registration-contact", contact(made))
    query = "select registration_id from auth.registration where organisation_id = %s"
    with auth(gateway) as connection:
        row = connection.execute(query, (made.organisation,)).fetchone()
    assert row is not None
    assert use(gateway, link_of(gateway, "registration", row["registration_id"])).status_code == 200
    gateway.settle()
    [user] = made.users("case-manager")
    password = "Ajonc-Bruyère-2026"
    assert use(gateway, link_of(gateway, "invitation", user["user_id"]), password=password).status_code == 200
    gateway.settle()
    reader = Reader(stranger)
    form = reader.open("/services/connexion").form("/services/connexion")
    terms = reader.send(form, email="premiere@example.org", password=password)
    assert terms.location == "/conditions?suite=%2Fservices"
    page = reader.open(terms.location)
    gone = reader.send(page.form("/conditions"), answer="accept")
    assert gone.location == "/services"
    gateway.settle()
    assert "Gérer les utilisateurs" in menu(shown(stranger, "/adherent"))


def test_the_page_says_the_same_whatever_is_true(gateway: Gateway, firm: Company, stranger: Browser):
    """E1: numbers that do not agree lead to the very same page, and write to nobody."""
    other = company(gateway, "member")
    queued, before = len(mails(gateway)), head(gateway)
    answers = [
        sent(stranger, filled(stranger, firm, member_number="9999999")),
        sent(stranger, filled(stranger, firm, siret=other.sirets[0])),
    ]
    assert [faults(read(each)) for each in answers if each.status_code != 303] == []
    assert {each.headers["location"] for each in answers} == {f"{REGISTER}/envoyee"}
    fulfil(gateway)
    assert (len(mails(gateway)), head(gateway)) == (queued, before)


def test_a_form_sent_twice_is_one_demand(gateway: Gateway, firm: Company, stranger: Browser):
    """A double click, and the page sent again after « back »; mended and sent again it is another demand."""
    form = filled(stranger, firm)
    with auth(gateway) as connection:
        before = connection.execute("select count(*) as n from auth.wish").fetchone()
    assert [sent(stranger, form).status_code for _ in range(3)] == [303] * 3
    assert sent(stranger, form.fill(last_name="Demandeuse")).status_code == 303
    with auth(gateway) as connection:
        after = connection.execute("select count(*) as n from auth.wish").fetchone()
    assert before is not None
    assert after == {"n": before["n"] + 2}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("siret", "99900001199001"),
        ("siret", ""),
        ("member_number", "ABC"),
        ("last_name", "https://autre.example"),
        ("last_name", "\u202e%'<script>"),
        ("first_name", "M" * 10_000),
        ("email", "амори@example.org"),
        ("civility", ""),
    ],
)
def test_bad_input_is_said_at_its_field(gateway: Gateway, firm: Company, stranger: Browser, field: str, text: str):
    """French, at the field and in the summary, what was typed kept and escaped; no row, nothing in the address."""
    with auth(gateway) as connection:
        before = connection.execute("select count(*) as n from auth.wish").fetchone()
    form = filled(stranger, firm, **{field: text})
    answer = sent(stranger, form)
    page = read(answer)
    assert answer.status_code == 422
    assert faults(page)
    assert [each for each in page.everything() if each.attributes.get("id", "").startswith(f"{field}-erreur")]
    assert page.one("title").text.startswith("Erreur")
    assert "<script>" not in answer.text
    assert "Amaury" not in str(answer.request.url)
    with auth(gateway) as connection:
        assert connection.execute("select count(*) as n from auth.wish").fetchone() == before


def test_too_many_demands_wait(gateway: Gateway, firm: Company, stranger: Browser):
    """Ten an hour from one address: then a page that says when, with what was typed."""
    answers = [sent(stranger, filled(stranger, firm, last_name=f"Demande{'ABCDEFGHIJK'[n]}")) for n in range(11)]
    assert [each.status_code for each in answers] == [303] * 10 + [429]
    assert answers[-1].headers["retry-after"]
    assert "DemandeK" in answers[-1].text


def test_a_demand_that_is_not_from_our_page_is_refused(gateway: Gateway, firm: Company, stranger: Browser):
    """Another site's form, and one for another purpose: 403, nothing noted."""
    form = filled(stranger, firm)
    assert sent(stranger, form, Origin="https://ailleurs.example").status_code == 403
    other = sheet(shown(stranger, "/apparence"), "/apparence")
    form.pairs = [(name, other.all("form_token")[0] if name == "form_token" else text) for name, text in form.pairs]
    assert sent(stranger, form).status_code == 403


def test_the_appearance_is_kept_by_the_browser(gateway: Gateway, stranger: Browser, member: Browser):
    """Light, dark, or the device's: on every page from then on, signed in or not; a made-up one is none."""

    def look(browser: Browser, path: str) -> str | None:
        return shown(browser, path).one("html").attributes.get("data-look")

    assert look(stranger, "/connexion") is None
    form = sheet(shown(stranger, "/apparence"), "/apparence")
    for chosen, expected in (("dark", "dark"), ("light", "light"), ("system", None)):
        form.pairs = [pair for pair in form.pairs if pair[0] != "look"] + [("look", chosen)]
        assert sent(stranger, form).headers["location"] == "/apparence?fait=apparence"
        assert look(stranger, "/connexion") == look(stranger, "/aide") == expected
    form.pairs = [pair for pair in form.pairs if pair[0] != "look"] + [("look", "%'\u202e")]
    answer = sent(stranger, form)
    assert (answer.status_code, faults(read(answer))) == (422, ["Choisissez l'une des apparences."])
    member.cookies["__Host-look"] = "dark"
    assert look(member, "/services") == "dark"
    member.cookies["__Host-look"] = '"><script>'
    assert look(member, "/services") is None
    del member.cookies["__Host-look"]
