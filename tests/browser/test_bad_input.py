"""Bad input, over every field of every form that the pages have: said plainly in French, nothing changed, nobody named.

The forms are found on the pages, so that a new one is tried as all others are. What was answered is then shown in
Chromium: a page that says what is wrong is as accessible as any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from urllib.parse import unquote_plus

import psycopg
import pytest
from httpx import Response
from playwright.sync_api import Route

from browser import findings
from browser.conftest import Desk
from browser.forms import Found, forms_of, forms_on, send
from browser.ground import Ground
from browser.screens import SCREENS, Addresses
from gateway import logging
from ledger.account.commands import DisableAccount
from support.browser import Browser
from support.company import head
from support.html import read
from support.site import Site

TYPED = {
    "percent": "%",
    "quote": "'; drop table read.dossier --",
    "markup": '"><script>alert(1)</script>{{7*7}}',
    "right to left": "\u202eلمياء بنت المهدي",
    "beyond the plane": "Zoé 🧑\u200d🎓🏳\ufe0f\u200d🌈",
    "ten thousand": "Quorzeul" * 1_250,
}
RAW: dict[str, Callable[[Found], bytes]] = {
    "nothing": lambda form: b"&" + form.token.encode() + b"=%00",
    "lone surrogate": lambda _: b"&x=%ED%A0%80",
    "no UTF-8": lambda _: b"&x=\xff\xfe",
    "repeated": lambda form: f"&{form.token}=1".encode(),
}
# What a try leaves behind by its nature: a count of tries, a line of the journal, what somebody looked for.
_AUTH = ("credential", "device", "link", "mail", "passkey", "recovery_code", "session", "token", "totp", "wish")
_COUNTS = "select " + ", ".join(f"(select count(*) from auth.{each})" for each in _AUTH)
_SECOND_FACTOR = (
    "update auth.session set failures = 0, proved_at = case when proved_at is null then null else now() end"
)


@dataclass
class Trial:
    """A browser at the forms, and what must not have moved when it is done."""

    site: Site
    ground: Ground
    written: StringIO
    database: psycopg.Connection[tuple[object, ...]]
    answers: dict[tuple[str, int, str], Response] = field(default_factory=dict)

    def browser(self, who: str | None) -> Browser:
        if who is None:
            return self.site.gateway.browser()
        return self.ground.visitors[who].copy()

    def state(self) -> tuple[object, ...]:
        """The log's head, and the rows of what is never an event."""
        return head(self.site.gateway), self.database.execute(_COUNTS).fetchone()

    def afresh(self) -> None:
        """Tries are not counted from one to the next, and who is signed in has just shown who it is."""
        for each in ("delete from auth.throttle", "delete from auth.allowance", _SECOND_FACTOR):
            self.database.execute(each)

    def keep(self, form: Found, answer: Response) -> None:
        """One answer of each kind, to be looked at in a browser: what has no form of its own is the same for all."""
        if answer.status_code != 303:
            page = read(answer)
            whose = form.name if page.all("form") else ""
            self.answers.setdefault((whose, answer.status_code, page.one("h1").text), answer)


@pytest.fixture(scope="module")
def trial(site: Site, ground: Ground) -> Iterator[Trial]:
    written = StringIO()
    logging.configure(stream=written)
    with closing(psycopg.connect(site.gateway.settings.database_url, autocommit=True)) as database:
        found = Trial(site, ground, written, database)
        yield found
        found.afresh()
    logging.configure()


@pytest.fixture(scope="module")
def forms(ground: Ground) -> list[Found]:
    found = forms_of(ground, Addresses(ground))
    assert len(found) >= 30, sorted(each.name for each in found)
    return found


def of_the_same_page(browser: Browser, form: Found) -> Found:
    """The form as this browser is given it: whoever comes has a token of their own."""
    if form.who is not None:
        return form
    return next(each for each in forms_on(browser, form.page) if each.action == form.action)


def said_plainly(form: Found, answer: Response, typed: str) -> Iterator[str]:
    """What is wrong with the answer to a form whose fields hold `typed`."""
    if answer.status_code == 303:
        location = unquote_plus(answer.headers["location"])
        if typed in location:
            yield f"what was typed is in the address: {location[:100]}"
        return
    if answer.status_code not in {200, 401, 404, 422}:
        yield f"status {answer.status_code}"
    page = read(answer)
    if page.one("html").attributes["lang"] != "fr" or not page.one("h1").text:
        yield "no French page"
    if typed in page.one("head").one("title").text or any("src" not in each.attributes for each in page.all("script")):
        yield "what was typed is in the title, or is a script"
    told = [each for each in page.everything() if each.attributes.get("role") == "alert"]
    if answer.status_code in {401, 422} and not any(each.text for each in told):
        yield "nobody says what is wrong"
    for name in form.typed:
        given = [each.attributes.get("value", "") for each in page.all("input", id=name)]
        if name in form.secret and any(given):
            yield f"a secret is given back: {name}"


@pytest.fixture(scope="module")
def typed(trial: Trial, forms: list[Found]) -> list[str]:
    """What is wrong with the answers to what may be typed."""
    wrong = list[str]()
    for form in forms:
        before = trial.state()
        browser = trial.browser(form.who)
        mine = of_the_same_page(browser, form)
        for kind, text in TYPED.items() if form.typed else ():
            trial.afresh()
            answer = send(browser, mine, mine.filled(**dict.fromkeys(form.typed, text)))
            trial.keep(form, answer)
            wrong += [f"{form.name} {kind}: {each}" for each in said_plainly(form, answer, text)]
        if trial.state() != before:
            wrong.append(f"{form.name}: something changed")
    return wrong


def test_what_may_be_typed_into_any_field(trial: Trial, typed: list[str]):
    """`%`, a quote, markup, a name from right to left, emoji, 10,000 characters, in all fields that one types into."""
    assert not typed, "\n".join(typed)
    lines = trial.written.getvalue()
    assert "POST" in lines
    assert not [each for each in ("drop table", "alert(1)", "المهدي", "Quorzeul", "Zoé") if each in lines]


@pytest.fixture(scope="module")
def unsent(trial: Trial, forms: list[Found]) -> list[str]:
    """What is wrong with the answers to what no browser sends."""
    wrong = list[str]()
    for form in forms:
        before = trial.state()
        trial.afresh()
        browser = trial.browser(form.who)
        mine = of_the_same_page(browser, form)
        told = {kind: send(browser, mine, list(mine.pairs), raw=raw(mine)) for kind, raw in RAW.items()}
        told["no token"] = send(browser, mine, mine.filled(**{mine.token: None}))
        told["another's token"] = send(browser, mine, mine.filled(**{mine.token: "a" * 43}))
        for kind, answer in told.items():
            trial.keep(form, answer)
            page = read(answer)
            right = {403} if kind.endswith("token") else {400}
            if answer.status_code not in right or not page.one("p", role="alert").text:
                wrong.append(f"{form.name} {kind}: {answer.status_code} {page.one('h1').text}")
        if trial.state() != before:
            wrong.append(f"{form.name}: something changed")
    return wrong


def test_what_no_browser_sends(unsent: list[str]):
    """A zero byte, what is no UTF-8, a field twice, no token, another's: refused whole, before anything is done."""
    assert not unsent, "\n".join(unsent)


def test_a_page_left_open_after_deactivation(trial: Trial, site: Site, ground: Ground):
    """Every form of a référent whose account is disabled meanwhile: the sign-in page, and nothing was recorded."""
    gateway = site.gateway
    name = ground.firm.referent(f"leaving-{gateway.number()}")
    browser = gateway.session(name)
    addresses = Addresses(ground)
    paths = {addresses.of(each) for each in SCREENS if each.who in {"referent", "provider"} and each.status == 200}
    forms = [form for path in sorted(paths) for form in forms_on(browser, path)]
    assert len({form.name for form in forms}) > 15
    command = DisableAccount.model_validate({"account_id": gateway.accounts[name], "on": "2026-03-01"})
    gateway.service.ledger.execute(command, actor=None)
    gateway.settle()
    before = trial.state()
    led = {(form.name, send(browser, form, list(form.pairs)).headers.get("location")) for form in forms}
    assert {location for _, location in led} == {"/connexion?fait=session-finie"}, led
    assert trial.state() == before


@pytest.mark.usefixtures("typed", "unsent")
def test_the_answers_are_as_accessible_as_any_page(desk: Desk, trial: Trial):
    """What each form answered to bad input, in light or in dark by turns; the summary has the focus and leads on."""
    assert len(trial.answers) > 20
    page, wrong = desk.window(reduced_motion="reduce"), list[str]()
    desk.expected |= {400, 401, 403, 404, 422}
    for turn, ((name, status, title), answer) in enumerate(trial.answers.items()):
        page.emulate_media(color_scheme="dark" if turn % 2 else "light")
        page.context.route("**/reponse", partial(give, answer))
        page.goto("/reponse")
        found = findings.accessible(page) + [f"wide: {each}" for each in findings.wide(page)]
        if page.locator("#problemes").count():
            found += findings.without_focus(page, "#problemes")
            found += page.evaluate(LINKS)
        wrong += [f"{name} {status} {title}: {each}" for each in found]
        page.context.unroute("**/reponse")
    assert not wrong, "\n".join(wrong)


def give(answer: Response, route: Route) -> None:
    """What came over HTTP, as if the browser had sent the form."""
    headers = {key: text for key, text in answer.headers.items() if key not in {"set-cookie", "content-length"}}
    route.fulfill(status=answer.status_code, headers=headers, body=answer.text)


LINKS = """() => [...document.querySelectorAll('.summary a')]
  .filter((each) => !document.querySelector(each.hash)?.matches('input, select, textarea, fieldset, table'))
  .map((each) => `a fault leads nowhere: ${each.outerHTML}`)"""
