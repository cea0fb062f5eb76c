"""An outsider's script over everything that a company has, users and employees included: pages, forms and the API.

Whatever one référent reaches by links is tried by another company's référent, who has as many rights, elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from ledger.account.events import Role
from ledger.kit.fictitious import fictitious_iban
from support.browser import Browser
from support.company import Company, company, head
from support.gateway import PDF, Gateway
from support.html import Node, read
from support.reader import FORM, HTML
from support.uploading import END, TYPE, part

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PLACE = re.compile(r"{[a-z_]+}")


@dataclass
class Firm:
    """A company, its référent's name and browser, and its users, dossiers, règlements, files."""

    company: Company
    referent: str
    browser: Browser


@pytest.fixture(scope="module")
def firms(gateway: Gateway) -> tuple[Firm, Firm]:
    return _firm(gateway), _firm(gateway)


def _firm(gateway: Gateway) -> Firm:
    """Something of everything."""
    made = company(gateway)
    place, n = made.places[0], gateway.number()
    referent = made.referent(f"chef-{n}")
    made.member(f"simple-{n}", place)
    assert made.invite(referent, place).status_code == 201
    employee = {"civility": "Madame", "last_name": "Salariée", "first_name": "Anne", "birth_date": "1990-01-02"}
    assert gateway.post(referent, f"{made.path}/employees", employee).status_code == 201
    _, payer = gateway.organisation("member")
    dossier = gateway.dossier(place, payer)
    bank = {"iban": fictitious_iban(n), "bic": "PSSTFRPP", "on": "2026-01-01"}
    gateway.done("accountant", f"/v1/establishments/{place}/bank-details", bank)
    _, transfer = gateway.paid_transfer(gateway.approved_invoice(dossier, place), provider=place, total_cents=60000)
    avis = {"category": "remittance-advice", "transfer_id": str(transfer), "establishment_id": str(place)}
    assert gateway.deposited(dossier_ids=str(dossier)).status_code == 201
    assert gateway.deposited(who="accountant", on="2026-03-20", **avis).status_code == 201
    return Firm(made, referent, gateway.session(referent))


@dataclass
class Reached:
    """What a référent comes to by links: addresses, and where the forms on them go."""

    pages: dict[str, Node | None]

    @property
    def ids(self) -> set[str]:
        """That addresses, forms and boxes name; not what a form holds so as to be sent once."""
        told = set[str]()
        for path, page in self.pages.items():
            told |= set(ID.findall(path))
            for each in page.everything() if page else ():
                kept = each.attributes.get("value", "") if each.attributes.get("name") != "demande" else ""
                told |= set(ID.findall(kept + each.attributes.get("action", "")))
        return told

    @property
    def forms(self) -> dict[str, bool]:
        """Where they go, and whether they have files."""
        found = {
            urljoin(path, form.attributes.get("action", "")): "enctype" in form.attributes
            for path, page in self.pages.items()
            if page
            for form in page.all("form", method="post")
        }
        return {each: files for each, files in found.items() if ID.search(each)}


def crawled(browser: Browser, *start: str) -> Reached:
    waiting, found = list(start), dict[str, Node | None]()
    while waiting:
        path = waiting.pop()
        answer = browser.get(path, headers={"Accept": HTML})
        assert answer.status_code in {200, 303}, path
        page = read(answer) if answer.headers.get("content-type", "").startswith("text/html") else None
        found[path] = page
        links = [each.attributes["href"] for each in page.all("a")] if page else []
        inside = {urljoin(path, each) for each in links if not urlsplit(each).scheme and not each.startswith("#")}
        if "until=" in path:  # the months go back to the year 2000
            inside = {each for each in inside if "until=" not in each}
        waiting += [each for each in inside if each not in found and each not in waiting]
    return Reached(found)


def searched(browser: Browser) -> Iterator[str]:
    """The addresses of searches by name, one in each list that has one."""
    lists = ("/of/dossiers", "/of/etablissements", users(browser))
    for path, name in zip(lists, ("trainee_name", "name", "name"), strict=True):
        form = read(browser.get(path)).one("form", role="search")
        kept = {each.attributes["name"]: each.attributes.get("value", "") for each in form.all("input")}
        answer = browser.send("POST", form.attributes["action"], data={**kept, name: "stagiaire"})
        assert "recherche=" in answer.headers["location"]
        yield answer.headers["location"]


def users(browser: Browser) -> str:
    """The list of the only team; « Gérer mes utilisateurs » leads there at once."""
    answer = browser.get("/of/utilisateurs", headers={"Accept": HTML})
    return answer.headers.get("location", "/of/utilisateurs")


@pytest.fixture(scope="module")
def reached(firms: tuple[Firm, Firm]) -> Reached:
    """What the first référent comes to, searches included; the second never does."""
    mine, theirs = (each.browser for each in firms)
    found = crawled(mine, "/of", *searched(mine))
    shared = crawled(theirs, "/of").ids
    assert not found.ids & shared
    return found


def test_each_address_is_a_404(firms: tuple[Firm, Firm], reached: Reached):
    """O20 to O51: users, employees, establishments, dossiers, documents, règlements, months, invitations, searches."""
    _, theirs = firms
    told = {path for path in reached.pages if ID.search(path)}
    narrowed = {path for path in told if "establishment_id=" in path}
    kinds = {ID.sub("…", path).partition("?")[0] for path in told}
    # A crawl that found less would show nothing.
    assert len(kinds) >= 13, sorted(kinds)
    assert {"/of/utilisateurs/…/nouveau", "/of/utilisateurs/…/…", "/of/etablissements/…/documents"} <= kinds
    assert {f"{each}?recherche=…" for each in ("/of/dossiers", "/of/etablissements", "/of/utilisateurs/…")} <= {
        ID.sub("…", path) for path in told
    }
    answered = {path: theirs.browser.get(path, headers={"Accept": HTML}) for path in told}
    assert {path for path in told - narrowed if answered[path].status_code != 404} == set()
    # A list narrowed to another's establishment is an empty list of one's own.
    assert not [path for path in narrowed if "600,00" in answered[path].text]


def test_each_id_at_each_page(firms: tuple[Firm, Firm], reached: Reached):
    """Ids tried where they do not belong too: a document's as a dossier, an establishment's as a règlement."""
    mine, theirs = firms
    templates = {ID.sub("{}", path) for path in reached.pages if len(ID.findall(path)) == 1 and "=" not in path}
    templates |= {f"/of/utilisateurs/{mine.company.organisation}/{{}}", "/documents/{}"}
    templates |= {f"{each}?recherche={{}}" for each in ("/of/dossiers", "/of/etablissements", users(theirs.browser))}
    asked = [template.format(each) for template in templates for each in reached.ids]
    assert len(templates) >= 12
    assert {path for path in asked if theirs.browser.get(path).status_code != 404} == set()


def test_each_form_is_a_404(gateway: Gateway, firms: tuple[Firm, Firm], reached: Reached):
    """With a token of one's own: nothing of another's is changed, and nothing says that it is there. (Of a session that
    is another's the page says what it says of one that is over: it has ended.)
    """
    _, theirs = firms
    before = head(gateway)
    forms = {each: files for each, files in reached.forms.items() if not each.startswith("/profil/")}
    assert any(forms.values())
    assert len({ID.sub("…", each) for each in forms}) >= 8
    token = read(theirs.browser.get("/of")).all("input", name="csrf_token")[0].attributes["value"]
    fields = {"csrf_token": token, "demande": "une-fois", "suspended": ""}
    told = {False: (FORM, urlencode(fields).encode()), True: (TYPE, b"".join(_parts(fields)))}
    answers = dict[str, int]()
    for path, files in forms.items():
        headers = {"Accept": HTML, "Content-Type": told[files][0]}
        answers[path] = theirs.browser.send("POST", path, headers=headers, content=told[files][1]).status_code
    assert answers == dict.fromkeys(forms, 404)
    assert head(gateway) == before


def _parts(fields: dict[str, str]) -> Iterator[bytes]:
    for name, text in fields.items():
        yield part(name, text.encode())
    yield part("file", PDF, filename="Intrus.pdf")
    yield END


def test_each_id_at_each_address_of_the_api(gateway: Gateway, firms: tuple[Firm, Firm], reached: Reached):
    """What one may read there, the other may not."""
    mine, theirs = firms
    described = gateway.client.get("/v1/openapi.json").json()["paths"]
    templates = [path for path, told in described.items() if "get" in told and PLACE.search(path)]
    team = {"organisation_id": str(mine.company.organisation), "kind": "provider"}
    headers = gateway.headers(theirs.referent)
    answered = dict[str, int]()
    for template in templates:
        told = team if template.startswith("/v1/teams/") else {}
        for each in reached.ids:
            path = template.format_map({**_all(template, each), **told})
            answered[path] = gateway.client.get(path, headers=headers).status_code
            if answered[path] == 403:  # nobody's of a provider, whatever the id
                break
    assert {path: status for path, status in answered.items() if status not in {403, 404, 422}} == {}
    known = {path for path in answered if answered[path] == 404 and gateway.get(mine.referent, path).status_code == 200}
    assert len({ID.sub("…", path) for path in known}) >= 12, sorted({ID.sub("…", path) for path in known})


def _all(template: str, each: str) -> dict[str, str]:
    return {place[1:-1]: each for place in PLACE.findall(template)}


def test_counters_and_choices_do_not_move(gateway: Gateway, firms: tuple[Firm, Firm]):
    """What one company counts and may choose from is its own, whatever happens to the other."""
    mine, theirs = firms
    paths = ["/of", "/of/dossiers", "/of/reglements", "/of/etablissements", "/of/reglements/par-mois"]
    paths += [users(theirs.browser), f"{users(theirs.browser)}/nouveau"]
    before = [_shown(theirs.browser, path) for path in paths]
    _, payer = gateway.organisation("member")
    gateway.dossier(mine.company.places[0], payer)
    mine.company.member(f"simple-{gateway.number()}", mine.company.places[0])
    assert [_shown(theirs.browser, path) for path in paths] == before


def _shown(browser: Browser, path: str) -> tuple[list[str], list[str]]:
    """Figures, and what may be chosen."""
    page = read(browser.get(path, headers={"Accept": HTML}))
    main = page.one("main")
    return [each.text for each in [*main.all("dd"), *main.all("td")]], [each.text for each in main.all("option")]


def test_who_sees_nothing_reads_nothing(gateway: Gateway, reached: Reached):
    """An account without any establishment has empty lists, and no address that answers."""
    nobody = gateway.session(gateway.account(f"nobody-{gateway.number()}", Role.PORTAL))
    for path in ("/of/dossiers", "/of/reglements", "/of/etablissements"):
        assert not read(nobody.get(path)).all("table")
    told = [path for path in reached.pages if re.fullmatch(f"/of/dossiers/{ID.pattern}", path)]
    assert told
    assert {nobody.get(path).status_code for path in told} == {404}
