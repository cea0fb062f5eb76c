"""After every search of every page: nothing personal in an address, the history, a Referer or a line of the log.

The searches are found on the pages, so that a new list is tried as all others are (rows O20, O21, O30, O50).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Desk
from browser.forms import ID
from browser.ground import Ground
from browser.screens import SCREENS, Addresses
from gateway import logging
from support.browser import Browser
from support.html import read
from support.reader import HTML

TYPED = "Quorzéleu d'Ys"
MAIL = "quorzeleu@example.org"
FOUND = ("quorz", "Quorz", "leu d", "leu%20d", "leu+d")


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the gateway writes meanwhile."""
    written = StringIO()
    logging.configure(stream=written)
    yield written
    logging.configure()


def lists(ground: Ground) -> dict[str, tuple[str, str]]:
    """Lists that are searched: by what they are, who looks, and where."""
    addresses = Addresses(ground)
    plain = [(str(each.who), addresses.of(each)) for each in reversed(SCREENS) if each.status == 200 and each.who]
    kinds = {ID.sub("…", address): (who, address) for who, address in plain}
    return {kind: (who, address) for kind, (who, address) in kinds.items() if _searched(ground.visitors[who], address)}


def _searched(browser: Browser, address: str) -> bool:
    forms = read(browser.get(address, headers={"Accept": HTML})).all("form", role="search", method="post")
    return bool(forms)


def typed_into(page: Page) -> int:
    """Names and mails into all that one types into; what is chosen or counted stays."""
    fields = page.locator("form[role=search] input[type=text], form[role=search] input[type=email]")
    for field in fields.all():
        name = field.get_attribute("name")
        if name not in {"number", "siret", "nda"}:
            field.fill(MAIL if name == "email" else TYPED)
    return fields.count()


def history(page: Page) -> str:
    told = page.context.new_cdp_session(page).send("Page.getNavigationHistory")
    return " ".join(f"{each['url']} {each['title']}" for each in told["entries"])


def test_who_is_looked_for_stands_nowhere(desk: Desk, ground: Ground, log: StringIO):
    """Typed, sent by Enter, then a link of the page with what was found, and back: the form still knows, nothing
    else does.
    """
    windows: dict[str, Page] = {}
    told: list[str] = []
    searched = []
    for kind, (who, address) in lists(ground).items():
        if who not in windows:
            windows[who] = desk.window(ground.visitors[who])
            windows[who].on("request", lambda sent: told.append(f"{sent.url} {sent.all_headers().get('referer', '')}"))
        page = windows[who]
        page.goto(address)
        assert typed_into(page) > 0
        searched.append(kind)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("recherche="))
        here = page.url
        page.get_by_role("link", name="Mon profil").click()
        page.go_back()
        assert page.url == here
        expect(page.locator("form[role=search]").locator("[name=name], [name=trainee_name]").first).to_have_value(TYPED)
        told.append(history(page))
    assert len(searched) >= 4, searched
    assert len(told) > 10 * len(searched)
    told += log.getvalue().splitlines()
    assert not [each for each in told if any(text in unquote_plus(each) or text in each for text in FOUND)]
