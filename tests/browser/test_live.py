"""Live update in Chromium: what arrives while one looks is said once, at the reader's own pace."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import Page, Request, expect

from browser.conftest import Desk
from browser.findings import accessible, in_the_dark, walked, zoomed
from support.site import Provider, Site

SAID: Final = "De nouvelles informations sont arrivées."
COUNTING: Final = """
window.said = 0;
new MutationObserver(() => { window.said += 1; }).observe(
  document.querySelector("[data-news] [role=status]"), { childList: true, characterData: true, subtree: true });
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({ type: "layout-shift" });
"""


@pytest.fixture(scope="module")
def provider(site: Site) -> Provider:
    return site.provider()


def streaming(request: Request) -> bool:
    return request.url.endswith("/v1/changes")


def opened(page: Page, path: str) -> None:
    """The page, with its stream begun."""
    with page.expect_response(lambda answer: streaming(answer.request)):
        page.goto(path)
    page.evaluate(COUNTING)


def news(page: Page):
    return page.locator("[data-news] [role=status]")


def test_a_deposit_is_said_once_and_shown_when_asked(desk: Desk, site: Site, provider: Provider):
    """O33: somebody deposits a document while its dossier is looked at, on its tab and in the list: it is said, once,
    and nothing has moved; « Afficher » shows it, « Plus tard » puts away all that came, and the next one is said. (How
    soon: tests/gateway/live.)
    """
    dossier, other = site.dossier(provider), site.dossier(provider)
    tab, elsewhere = desk.window(provider.name), desk.window(provider.name)
    listed = desk.window(provider.name, reduced_motion="reduce")  # colours are looked at, and change at once
    opened(tab, f"/of/dossiers/{dossier}/documents")
    opened(elsewhere, f"/of/dossiers/{other}/documents")
    opened(listed, "/of/dossiers")
    site.agreement(dossier, name="Accord du matin.pdf")
    for page in (tab, listed):
        expect(news(page)).to_have_text(SAID)
    site.agreement(dossier, name="Accord du soir.pdf")
    assert tab.evaluate("[window.said, window.shifted]") == [1, 0]
    assert "Accord du matin" not in (tab.text_content("main") or "")
    expect(news(elsewhere)).to_have_text("")
    tab.get_by_role("link", name="Afficher").click()
    expect(tab.get_by_role("link", name="Accord du matin.pdf", exact=True)).to_be_visible()
    expect(news(tab)).to_have_text("")
    assert [*accessible(listed), *in_the_dark(listed), *walked(listed), *zoomed(listed)] == []
    with listed.expect_response(lambda answer: streaming(answer.request)):
        listed.get_by_role("button", name="Plus tard").click()
    expect(listed.get_by_role("link", name="Afficher")).to_be_hidden()
    site.agreement(dossier, name="Accord du lendemain.pdf")
    expect(news(listed)).to_have_text(SAID)


def test_a_page_in_the_background_holds_no_connection(desk: Desk, site: Site, provider: Provider):
    """A browser has six connections for all windows of an origin: only what is looked at follows. What has come
    meanwhile is said when the window is in front again.
    """
    dossier = site.dossier(provider)
    page = desk.window(provider.name)
    opened(page, f"/of/dossiers/{dossier}/documents")
    with page.expect_event("requestfailed", streaming):
        hide(page, hidden=True)
    site.agreement(dossier)
    assert news(page).text_content() == ""
    with page.expect_response(lambda answer: streaming(answer.request)):
        hide(page, hidden=False)
    expect(news(page)).to_have_text(SAID)


def test_announcements_are_paused_until_they_are_wanted_again(desk: Desk, site: Site, provider: Provider):
    """The choice is kept for the pages that follow; what came meanwhile is said when it is taken back."""
    dossier = site.dossier(provider)
    page = desk.window(provider.name)
    opened(page, f"/of/dossiers/{dossier}")
    with page.expect_event("requestfailed", streaming):
        page.get_by_role("button", name="Suspendre les annonces").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if streaming(request) else None)
    page.goto(f"/of/dossiers/{dossier}/documents")
    site.agreement(dossier)
    page.wait_for_timeout(1_200)  # a stream would have begun after one second
    assert asked == []
    assert news(page).text_content() == ""
    page.get_by_role("button", name="Reprendre les annonces").click()
    expect(news(page)).to_have_text(SAID)
    expect(page.get_by_role("button", name="Suspendre les annonces")).to_be_visible()


def test_a_reglement_is_said_on_the_list(desk: Desk, site: Site, provider: Provider):
    """O40: what the fund prepares is not said; the payment is, on the list of règlements and to nobody else. Whoever
    then signs out asks for nothing more: an answer 401 would be told in the console.
    """
    dossier, stranger = site.dossier(provider), site.provider()
    page, other = desk.window(provider.name), desk.window(stranger.name)
    opened(page, "/of/reglements")
    opened(other, "/of/reglements")
    site.paid(provider, dossier)
    expect(news(page)).to_have_text(SAID)
    assert news(other).text_content() == ""
    other.get_by_role("button", name="Se déconnecter").click()
    expect(other.get_by_text("Vous êtes déconnecté.")).to_be_visible()


def test_without_a_script_the_page_says_when_it_was_read(desk: Desk, site: Site, provider: Provider):
    page = desk.window(provider.name, script=False)
    page.goto("/of/dossiers")
    expect(page.get_by_text("Page lue à")).to_be_visible()
    expect(page.get_by_text("les annonces")).to_be_hidden()


def hide(page: Page, *, hidden: bool) -> None:
    """As a browser says that another window or tab is in front."""
    page.evaluate(
        "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )
