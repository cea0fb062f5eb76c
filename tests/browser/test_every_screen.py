"""What holds for every page: accessible in light and in dark, light, still, fit for a telephone, no dead link."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Page

from browser.conftest import Desk
from browser.ground import Ground, lay
from browser.screens import NO_SCREENS, SCREENS, Addresses, Screen
from gateway.portal.routes import ROUTERS
from support.html import read
from support.site import Site

AXE = Path(__file__).parent / "vendored" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIRST_VISIT_BYTES = 50_000
PHONE = {"width": 320, "height": 640}

SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="module")
def ground(site: Site) -> Ground:
    return lay(site)


@pytest.fixture(scope="module")
def addresses(ground: Ground) -> Addresses:
    return Addresses(ground)


@pytest.fixture(params=SCREENS, ids=lambda screen: screen.name)
def screen(request: pytest.FixtureRequest) -> Screen:
    found: Screen = request.param
    return found


def opened(desk: Desk, ground: Ground, screen: Screen, address: str, **options: Any) -> Page:
    if screen.status >= 400:
        desk.expected.add(screen.status)
    page = desk.window(ground.visitors[screen.who] if screen.who else None, **options)
    answer = page.goto(address)
    assert answer is not None
    assert (answer.status, urlsplit(page.url).path) == (screen.status, urlsplit(address).path)
    return page


def violations(page: Page) -> list[str]:
    """What axe finds, each with the places where it is."""
    found = page.evaluate(
        "async (rules) => (await axe.run(document, { runOnly: { type: 'tag', values: rules } })).violations", RULES
    )
    return [f"{each['id']}: {[node['html'][:200] for node in each['nodes']]}" for each in found]


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


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing(desk: Desk, ground: Ground, addresses: Addresses, screen: Screen, colours: str):
    """Accessibility of each page, in light and in dark (WCAG 2.2 AA and good practice)."""
    page = opened(desk, ground, screen, addresses.of(screen), color_scheme=colours)
    page.evaluate(AXE.read_text())
    assert violations(page) == []


def test_a_page_is_light_and_still(desk: Desk, ground: Ground, addresses: Addresses, screen: Screen):
    """Speed felt: a first visit, scripts and style included, is under 50 kB, and nothing moves while it loads."""
    if screen.status >= 400:
        desk.expected.add(screen.status)
    page = desk.window(ground.visitors[screen.who] if screen.who else None)
    page.add_init_script(SHIFTS)
    loaded: list[float] = []
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda told: loaded.append(told["encodedDataLength"]))
    page.goto(addresses.of(screen), wait_until="networkidle")
    assert 1_000 < sum(loaded) <= FIRST_VISIT_BYTES
    # A hundredth is a tenth of what counts as still (web.dev/cls): a foot that is drawn before the page's last bytes.
    assert page.evaluate("window.shifted") < 0.01


def test_a_telephone_is_enough(desk: Desk, ground: Ground, addresses: Addresses, screen: Screen):
    """At 320 points, which is a zoom of 400 % of 1,280: nothing is read by moving the page sideways."""
    page = opened(desk, ground, screen, addresses.of(screen), viewport=PHONE)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]


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


def test_no_link_is_dead(ground: Ground, addresses: Addresses, screen: Screen):
    """Each link of ours leads somewhere, and each place within a page is there."""
    browser = ground.visitors[screen.who] if screen.who else ground.site.gateway.browser()
    here = addresses.of(screen)
    page = read(browser.get(here, headers={"Accept": "text/html"}))
    ids = {each.attributes["id"] for each in page.everything() if "id" in each.attributes}
    for link in {each.attributes["href"] for each in page.all("a")}:
        if link.startswith("#"):
            assert link[1:] in ids, link
        elif not link.startswith(("mailto:", "tel:", "http:", "https:", "otpauth:")):
            answer = browser.get(urljoin(here, link), headers={"Accept": "text/html"})
            assert answer.status_code in {200, 303}, link
