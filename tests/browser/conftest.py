"""A site for the run and the system's Chromium for each file of tests; whatever a page may not do fails its test.

A driver keeps an event loop in its thread for as long as it runs, and another test's `asyncio.run` would fail beside
it: so it is started for each file, which costs a second, and is gone after it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from browser.findings import PATIENCE_MS
from browser.ground import Ground, lay
from support.browser import Browser as HttpBrowser
from support.databases import Cluster
from support.site import Site, running_site

HERE = Path(__file__).parent
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
expect.set_options(timeout=PATIENCE_MS)
# Said before anything of the page runs, so that what its policy forbids is heard.
LISTENER = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} forbids ${event.blockedURI}`);
});
"""


@cache
def chromium_path() -> str | None:
    """CHROMIUM, else what the system has."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Continuous integration installs a Chromium: there, a missing one is a failure, and never a skip."""
    absent = chromium_path() is None and not os.environ.get("CI")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            if absent:
                item.add_marker(pytest.mark.skip(reason="there is no Chromium here"))


@pytest.fixture(scope="session")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for each worker: each story makes its own provider."""
    with running_site(cluster, tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="session")
def ground(site: Site) -> Ground:
    """Something of everything, for stories that only look at it."""
    return lay(site)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    assert path is not None, "Chromium is needed: set CHROMIUM, or install it"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, headless=True, chromium_sandbox=False, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Desk:
    """Somebody's browser windows; `trouble` is what they did that no page of ours may do."""

    site: Site
    chromium: Browser
    trouble: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    """Statuses that a test provokes: Chromium tells each of 400 and more as an error of the page."""
    _contexts: list[BrowserContext] = field(default_factory=list)

    def window(self, who: str | HttpBrowser | None = None, *, script: bool = True, **options: Any) -> Page:
        """A new page of a browser of its own, signed in as `who` where it is given: an account by its name, or
        whoever another browser has signed in, as far as that one has come.
        """
        context = self.chromium.new_context(
            locale="fr-FR",
            timezone_id="Europe/Paris",
            base_url=self.site.origin,
            service_workers="block",
            java_script_enabled=script,
            **options,
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.route("**/*", self._at_home)
        if script:
            context.add_init_script(LISTENER)
        if who is not None:
            signed_in = self.site.gateway.session(who) if isinstance(who, str) else who
            context.add_cookies(self.site.cookies(signed_in))  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.trouble.append(f"error: {error.message}"))
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _heard(self, message: Any) -> None:
        told = message.text
        if message.type == "error" and not any(f"status of {status}" in told for status in self.expected):
            self.trouble.append(f"console: {told}")

    def _at_home(self, route: Route) -> None:
        """Pages load nothing from anywhere else."""
        asked = urlsplit(route.request.url)
        if f"{asked.scheme}://{asked.netloc}" == self.site.origin:
            route.continue_()
        else:
            self.trouble.append(f"asked elsewhere: {route.request.url}")
            route.abort()


@pytest.fixture
def desk(site: Site, chromium: Browser) -> Iterator[Desk]:
    """Windows on the site; at the end none of them has done what no page may."""
    found = Desk(site, chromium)
    try:
        yield found
    finally:
        found.close()
    assert found.trouble == []


@pytest.fixture
def window(desk: Desk) -> Callable[..., Page]:
    return desk.window
