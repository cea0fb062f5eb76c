"""Which pages may read the answers: an exact list, and never with the cookie."""

from __future__ import annotations

import pytest

from support.cross_origin import BlockedByBrowser
from support.gateway import Gateway
from support.portal import Portal


def preflight(gateway: Gateway, origin: str, path: str = "/v1/dossiers", method: str = "GET") -> dict[str, str]:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization",
    }
    return dict(gateway.client.options(path, headers=asked).headers)


def test_the_preflight_of_a_known_origin_names_what_is_allowed(gateway: Gateway, portal: Portal):
    answer = preflight(gateway, portal.site.origin)
    assert answer["access-control-allow-origin"] == portal.site.origin
    assert answer["access-control-allow-methods"] == "DELETE, GET, HEAD, POST"
    assert "authorization" in answer["access-control-allow-headers"].lower()
    assert "x-csrf-token" not in answer["access-control-allow-headers"].lower(), "a cookie's order is not for there"
    assert "access-control-allow-credentials" not in answer
    assert answer["access-control-max-age"] == "600"
    assert "Origin" in answer["vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://ailleurs.example",
        "null",
        "{origin}.ailleurs.example",
        "{origin}/",
        "{upper}",
        "https://{host}",
        "http://localhost:{port}",
        "*",
    ],
)
def test_an_origin_that_only_looks_like_one_of_the_list_is_not_in_it(gateway: Gateway, portal: Portal, origin: str):
    known = portal.site.origin
    host, _, port = known.removeprefix("http://").partition(":")
    stranger = origin.format(origin=known, upper=known.upper(), host=f"{host}:{port}", port=port)
    answer = preflight(gateway, stranger)
    assert not [name for name in answer if name.startswith("access-control-")]
    read = gateway.client.get("/v1/dossiers", headers={**gateway.headers("provider"), "Origin": stranger})
    assert not [name for name in read.headers if name.startswith("access-control-")]
    assert "Origin" in read.headers["vary"]


def test_a_page_writes_with_its_token_as_well(portal: Portal, gateway: Gateway):
    """An order's headers are in the list, so that the page may send it; the rights are the user's."""
    token = portal.token(gateway.session("provider"))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "x"}
    answer = portal.page.fetch("POST", "/v1/dossiers", json={}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/forbidden"


def test_a_header_that_is_not_in_the_list_is_the_browsers_to_stop(portal: Portal):
    with pytest.raises(BlockedByBrowser):
        portal.page.fetch("GET", "/v1/dossiers", headers={"X-CSRF-Token": "x"})


def test_the_cookie_of_the_users_session_does_not_help_the_page(gateway: Gateway, portal: Portal):
    """Were the browser to send it, the page could not order anything: not from there, not without the CSRF token."""
    browser = gateway.session("provider")
    origin = {"Origin": portal.site.origin}
    answer = browser.post("/v1/session/extension", headers=origin)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/csrf")
    assert "access-control-allow-credentials" not in browser.get("/v1/session", headers=origin).headers


def test_a_problem_can_be_read_too(gateway: Gateway, portal: Portal):
    """A page that cannot read why it was refused can only say that something went wrong."""
    answer = portal.page.fetch("GET", "/v1/dossiers", headers={"Authorization": "Bearer dlf_" + "x" * 43})
    assert answer.status_code == 401
    assert "correlation-id" in portal.page.readable(answer)


def test_what_is_not_the_api_is_nobody_elses(gateway: Gateway, portal: Portal):
    answer = gateway.client.get("/healthz", headers={"Origin": portal.site.origin})
    assert "access-control-allow-origin" not in answer.headers
