"""What holds for every page: accessible in light and in dark, by keyboard, enlarged and on paper, light, still.

Each page is loaded once, in a window that its visitor keeps, and all that a browser shows of it is looked at there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Page

from browser import findings
from browser.conftest import Desk
from browser.findings import AXE
from browser.ground import Ground
from browser.screens import NO_SCREENS, SCREENS, Addresses, Screen
from gateway.portal.routes import ROUTERS
from support.html import read
from support.site import Site

FIRST_VISIT_BYTES = 50_000
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


CHECKS: dict[str, Callable[[Page], list[str]]] = {
    "axe, in light": findings.accessible,
    "moving": findings.moving,
    "axe, in dark": findings.in_the_dark,
    "by keyboard": findings.walked,
    "enlarged": findings.zoomed,
    "spaced out": findings.spaced,
    "on paper": findings.printed,
}


@pytest.fixture(scope="module")
def addresses(ground: Ground) -> Addresses:
    return Addresses(ground)


@pytest.fixture(params=SCREENS, ids=lambda screen: screen.name)
def screen(request: pytest.FixtureRequest) -> Screen:
    found: Screen = request.param
    return found


@pytest.fixture(scope="module")
def walk(site: Site, chromium: Browser) -> Iterator[Desk]:
    """Windows that are kept from one screen to the next, one for each visitor."""
    desk = Desk(site, chromium)
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def windows() -> dict[str | None, tuple[Page, list[float]]]:
    return {}


def window_of(walk: Desk, ground: Ground, who: str | None, windows: dict[Any, Any]) -> tuple[Page, list[float]]:
    """The visitor's window, and the weights of what it loads: nothing comes from a cache."""
    if who not in windows:
        page, loaded = walk.window(ground.visitors[who] if who else None), list[float]()
        page.add_init_script(SHIFTS)
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
        wire.on("Network.loadingFinished", lambda told: loaded.append(told["encodedDataLength"]))
        windows[who] = page, loaded
    return windows[who]  # type: ignore[no-any-return]


def test_axe_is_the_file_that_was_vendored():
    told = (AXE.parent / "VENDORED.md").read_text()
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() in told


def test_every_page_has_its_screen():
    """A page that is added is tested as all others are."""
    pages = {
        route.name
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and "GET" in route.methods
    }
    told = {each.name.partition(" ")[0] for each in SCREENS} | set(NO_SCREENS)
    assert pages - told == set()


def test_a_page_is_all_that_it_must_be(
    walk: Desk, ground: Ground, addresses: Addresses, screen: Screen, windows: dict[Any, Any]
):
    """Accessible in light and dark (WCAG 2.2 AA and good practice), every control reached and seen by Tab alone, read
    at 400 % and with letters twice as large, spaced out, without movement, on paper. A first visit, scripts and style
    included, is under 50 kB, and nothing moves while it loads. No error, nothing that the policy forbids.
    """
    page, loaded = window_of(walk, ground, screen.who, windows)
    address = addresses.of(screen)
    walk.expected, walk.trouble = {screen.status} - {200}, []
    loaded.clear()
    page.emulate_media(reduced_motion="no-preference")
    answer = page.goto(address, wait_until="load")
    assert answer is not None
    assert (answer.status, urlsplit(page.url).path) == (screen.status, urlsplit(address).path)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert 1_000 < sum(loaded) <= FIRST_VISIT_BYTES
    # A hundredth is a tenth of what counts as still (web.dev/cls).
    assert page.evaluate("window.shifted") < 0.01
    found = {name: told for name, check in CHECKS.items() if (told := check(page))}
    assert found == {}
    assert walk.trouble == []


def test_a_page_is_said_plainly(ground: Ground, addresses: Addresses, screen: Screen):
    """One heading of the first level, none left out below it, a title, a language, no style and no script inside."""
    browser = ground.visitors[screen.who] if screen.who else ground.site.gateway.browser()
    answer = browser.get(addresses.of(screen), headers={"Accept": "text/html"})
    assert answer.status_code == screen.status
    page = read(answer)
    assert page.one("html").attributes["lang"] == "fr"
    levels = [int(each.tag[1]) for each in page.headings()]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    title = page.one("head").one("title").text
    assert title.endswith(f"– {ground.site.gateway.settings.fund_name}")
    assert "Essai" not in title  # a title stays in the browser's history: nobody's name stands in one
    assert not re.search(r'\sstyle="|\son[a-z]+="|javascript:', answer.text)
    assert all("src" in each.attributes for each in page.all("script"))
    ids = [each.attributes["id"] for each in page.everything() if "id" in each.attributes]
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="module")
def followed() -> dict[tuple[str | None, str], int]:
    """What each visitor was answered at an address: a menu's links are on every page of its space."""
    return {}


def test_no_link_is_dead(
    ground: Ground, addresses: Addresses, screen: Screen, followed: dict[tuple[str | None, str], int]
):
    """Each link of ours leads somewhere, and each place within a page is there."""
    browser = ground.visitors[screen.who] if screen.who else ground.site.gateway.browser()
    here = addresses.of(screen)
    page = read(browser.get(here, headers={"Accept": "text/html"}))
    ids = {each.attributes["id"] for each in page.everything() if "id" in each.attributes}
    for link in {each.attributes["href"] for each in page.all("a")}:
        if link.startswith("#"):
            assert link[1:] in ids, link
        elif not link.startswith(("mailto:", "tel:", "http:", "https:", "otpauth:")):
            asked = screen.who, urljoin(here, link).partition("#")[0]
            if asked not in followed:
                followed[asked] = browser.get(asked[1], headers={"Accept": "text/html"}).status_code
            assert followed[asked] in {200, 303}, link
