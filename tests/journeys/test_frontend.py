"""A portal of another team, on an origin of its own, in Chromium against the demonstration (docs/client/example).

It is nothing but the files that `tsc` makes of `docs/client`, behind a server of plain files with a strict policy.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, Response, expect, sync_playwright

from browser.conftest import FLAGS, LISTENER, chromium_path
from browser.findings import PATIENCE_MS
from gateway.demo.credentials import PASSWORD
from support.demo import Demo
from support.node import needs_node
from support.programs import free_port
from support.static_site import served_files
from support.typescript import Compiled

pytestmark = [
    pytest.mark.browser,
    needs_node,
    pytest.mark.skipif(chromium_path() is None and "CI" not in os.environ, reason="there is no Chromium here"),
]
HEADERS = "async ([url, options]) => { const a = await fetch(url, options); return [a.status, [...a.headers.keys()]]; }"


@dataclass
class Window:
    """Somebody at the frontend. `tokens` are those that it was given, `trouble` what its page may not do."""

    page: Page
    origin: str
    gateway: str
    tokens: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    def script(self, path: str, **options: Any) -> Any:
        """What a script of the page itself is answered: the status, and the headers that it can read."""
        return self.page.evaluate(HEADERS, [self.gateway + path, options])

    def heard_asking(self, request: Request) -> None:
        self.asked.append(request)

    def heard_answering(self, answer: Response) -> None:
        if answer.url.endswith("/v1/oauth/token") and answer.request.method == "POST":
            self.tokens.append(answer.json()["access_token"])

    def heard_saying(self, message: ConsoleMessage) -> None:
        if message.text.startswith("policy:"):
            self.trouble.append(message.text)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[-1]}"}


@pytest.fixture(scope="module")
def window(demo: Demo, client: Compiled, frontend_port: int) -> Iterator[Window]:
    """One window for the whole story."""
    gateway = demo.file["pages"]
    policy = f"default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' {gateway}"
    files = {"example/settings.json": json.dumps({"origin": gateway, "client_id": "exemple"})}
    path = chromium_path()
    assert path is not None, "Chromium is needed: set CHROMIUM, or install it"
    with (
        served_files(client.place, port=frontend_port, policy=policy, files=files) as origin,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=path, headless=True, chromium_sandbox=False, args=FLAGS)
        context = browser.new_context(locale="fr-FR", timezone_id="America/Cayenne")
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(LISTENER)
        found = Window(context.new_page(), origin, gateway)
        found.page.on("request", found.heard_asking)
        found.page.on("response", found.heard_answering)
        found.page.on(
            "console", lambda said: found.trouble.append(said.text) if said.text.startswith("policy:") else None
        )
        found.page.on("pageerror", lambda error: found.trouble.append(error.message))
        try:
            yield found
        finally:
            browser.close()


@pytest.fixture(scope="module")
def inside(window: Window) -> Window:
    """The same, signed in: sign-in and terms are asked for on the gateway's origin."""
    page = window.page
    page.goto(f"{window.origin}/example/")
    expect(page.locator("#fund")).to_contain_text("Fonds de formation")
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(f"{window.gateway}/connexion?suite=*")
    page.get_by_label("Identifiant").fill("member@example.org")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url(f"{window.gateway}/conditions?suite=*")
    page.get_by_role("button", name="Accepter").click()
    expect(page.get_by_role("heading", name="Mes dossiers de formation")).to_be_visible()
    assert page.url == f"{window.origin}/example/", "neither code nor state stays in the address"
    assert len(window.tokens) == 1
    return window


def test_the_way_in_leads_through_the_gateways_own_pages_and_back(inside: Window):
    """E1, O4: in French, and the password is never ours; nothing that lets anybody in is kept."""
    window, page = inside, inside.page
    expect(page.locator("#person")).to_have_text("Iloué Wexdrin")
    kept = page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert window.tokens[0] not in kept


def test_it_lists_filters_and_opens_dossiers(inside: Window):
    """O30, O32 elsewhere: counters, a filter from a reference list, a name of which no address has a word."""
    window, page, before = inside, inside.page, len(inside.tokens)
    counters = page.locator("#counters").text_content() or ""
    assert counters.startswith("En cours : ")
    options = page.get_by_label("Dispositif").locator("option").all_text_contents()
    assert options[:2] == ["Tous", "Plan de développement des compétences"]
    page.get_by_label("Dispositif").select_option("POEI")
    _filtered(page, "/v1/dossiers?*scheme=POEI*")
    assert page.locator("#counters").text_content() == counters, "no filter changes them"
    page.get_by_label("Nom du stagiaire").fill("Zz'%Introuvable")
    _filtered(page, "/v1/dossiers/search")
    expect(page.locator("tbody tr")).to_have_count(0)
    assert not [each.url for each in window.asked if "ntrouvable" in each.url]
    page.goto(f"{window.origin}/example/#/")
    page.reload()
    expect(page.locator("tbody tr").first).to_be_visible()
    number = page.locator("tbody a").first.text_content() or ""
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name=f"Dossier {number}")).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text("Dossier ouvert")
    assert len(window.tokens) == before + 1, "loaded again, the page asked for a new token; nobody was asked anything"


def _filtered(page: Page, asked: str) -> None:
    """The page as it is once the answer stands on it."""
    before = page.locator("#counters").element_handle()
    with page.expect_response(f"**{asked}"):
        page.get_by_role("button", name="Filtrer").click()
    page.wait_for_function("(before) => !before.isConnected && document.getElementById('counters')", arg=before)


@pytest.fixture(scope="module")
def recorded(inside: Window) -> Window:
    """An order that is refused field by field (RFC 9457), then mended and recorded."""
    page = inside.page
    page.get_by_role("link", name="Salariés").click()
    page.get_by_label("Nom", exact=True).fill("Frontière")
    page.get_by_label("Prénom").fill("Ambre")
    page.get_by_label("Date de naissance").fill("1990-13-40")
    page.get_by_role("button", name="Ajouter").click()
    expect(page.locator("#birth_date-fault")).not_to_be_empty()
    expect(page.get_by_role("status")).to_have_text("La demande contient une ou plusieurs erreurs.")
    assert page.get_by_label("Nom", exact=True).input_value() == "Frontière", "what was typed stays"
    page.get_by_label("Date de naissance").fill("1990-04-12")
    with page.expect_response(lambda answer: "/employees?min_position=" in answer.url):
        page.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_role("cell", name="Frontière Ambre").first).to_be_visible()
    return inside


def test_an_order_is_refused_field_by_field_then_recorded_and_seen(recorded: Window):
    """Sent again under the same key; what was recorded is in the list that waits for it."""
    window = recorded
    orders = [each for each in window.asked if each.method == "POST" and each.url.endswith("/employees")]
    assert len({each.headers["idempotency-key"] for each in orders}) == 1


def test_a_script_reads_the_headers_that_it_needs(recorded: Window):
    """Fetch standard, in a real browser: position, version, where to and when again; and no cookie ever goes along."""
    window = recorded
    status, names = window.script("/v1/reference", headers=window.bearer)
    assert (status, {"ledger-position", "etag"} <= set(names)) == (200, True)
    late, names = window.script("/v1/schemes?min_position=999999999", headers=window.bearer)
    assert (late, "retry-after" in names) == (503, True)
    mine = [
        each for each in window.asked if each.url.startswith(f"{window.gateway}/v1/") and each.resource_type == "fetch"
    ]
    assert mine
    assert not [each.url for each in mine if "cookie" in each.all_headers()]
    orders = [each.response() for each in mine if each.method == "POST" and each.url.endswith("/employees")]
    made = next(each for each in orders if each is not None and each.status == 201)
    exposed = made.headers["access-control-expose-headers"]
    assert {"Ledger-Position", "ETag", "Location", "Retry-After"} <= {each.strip() for each in exposed.split(",")}
    with pytest.raises(Exception, match="Failed to fetch"):
        window.script("/v1/fund", credentials="include")


def test_a_page_of_another_origin_reads_nothing(inside: Window, client: Compiled):
    """The same files on a port that is in no list: not even what everybody may read, and no code is sent there."""
    window = inside
    policy = f"connect-src 'self' {window.gateway}"
    with served_files(client.place, port=free_port(), policy=policy, files={}) as stranger:
        page = window.page.context.new_page()
        page.goto(f"{stranger}/example/style.css")
        with pytest.raises(Exception, match="Failed to fetch"):
            page.evaluate(HEADERS, [f"{window.gateway}/v1/fund", {}])
        answer = page.goto(
            f"{window.gateway}/v1/oauth/authorize?response_type=code&client_id=exemple&redirect_uri={stranger}"
        )
        assert answer is not None
        assert (answer.status, page.url.startswith(window.gateway)) == (422, True)
        assert "application" in (page.locator("main").text_content() or "")
        page.close()


def test_a_token_that_is_over_is_replaced_on_the_way(inside: Window):
    """Ended at the gateway, as after its ten minutes: the next request leads through a new code to where it went."""
    window, page = inside, inside.page
    page.get_by_role("link", name="Salariés").click()
    page.evaluate(
        "([url, token]) => fetch(url, {method: 'POST', body: new URLSearchParams({token, client_id: 'exemple'})})",
        [f"{window.gateway}/v1/oauth/revocation", window.tokens[-1]],
    )
    before = len(window.tokens)
    page.get_by_role("link", name="Dossiers").click()
    expect(page.get_by_role("heading", name="Mes dossiers de formation")).to_be_visible()
    assert len(window.tokens) == before + 1


def test_signing_out_ends_everything(inside: Window):
    """The token, the session at the gateway, and every other token that came of it."""
    window, page = inside, inside.page
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible()
    statuses = [window.script("/v1/me", headers={"Authorization": f"Bearer {each}"})[0] for each in window.tokens]
    assert set(statuses) == {401}
    page.goto(f"{window.gateway}/profil")
    assert page.url.startswith(f"{window.gateway}/connexion")
    assert window.trouble == []
