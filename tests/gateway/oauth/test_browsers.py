"""Whoever a frontend has sent to be let in is at a browser: detours and pages in French, never JSON (RFC 6749, 3.1)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from ledger.account.events import Role
from support.browser import Browser
from support.gateway import PASSWORD, Gateway
from support.portal import Portal, told
from support.reader import HTML, Page, Reader
from support.signing_in import enrol_totp


def asked(portal: Portal, browser: Browser, **changed: str | None):
    return browser.get("/v1/oauth/authorize", headers={"Accept": HTML}, **portal.asked(**changed))


def test_who_is_not_signed_in_signs_in_and_goes_on(gateway: Gateway, portal: Portal):
    """The address of the authorization goes with the sign-in, whole, and gives the code when it is asked again."""
    browser = gateway.browser()
    answer = asked(portal, browser)
    assert answer.status_code == 303
    step = urlsplit(answer.headers["location"])
    assert step.path == "/connexion"
    back = parse_qs(step.query)["suite"][0]
    assert portal.site.callback in parse_qs(urlsplit(back).query)["redirect_uri"]
    page = Page.of(browser.get(answer.headers["location"], headers={"Accept": HTML}))
    assert page.form("/connexion").fields["suite"] == back
    signed_in = gateway.session("provider")
    given = signed_in.get(back, headers={"Accept": HTML})
    assert told(given)["state"] == portal.state
    assert portal.redeem(told(given)["code"]).status_code == 200


def test_a_program_that_is_not_signed_in_is_answered_json(gateway: Gateway, portal: Portal):
    """Scripts ask with `*/*`: they could do nothing with a page."""
    answer = portal.authorize(gateway.browser())
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")


def test_the_second_factor_and_the_terms_come_first(gateway: Gateway, portal: Portal):
    gateway.account("half-way", Role.CASE_MANAGER)
    gateway.totp["half-way"] = enrol_totp(gateway, "half-way")
    browser = gateway.browser()
    browser.sign_in(gateway.emails["half-way"], gateway.password("half-way"))
    step = urlsplit(asked(portal, browser).headers["location"])
    assert (step.path, list(parse_qs(step.query))) == ("/connexion/second-facteur", ["suite"])

    gateway.account("early", Role.PORTAL)
    early = gateway.browser()
    early.sign_in(gateway.emails["early"], gateway.password("early"))
    step = urlsplit(asked(portal, early).headers["location"])
    assert (step.path, list(parse_qs(step.query))) == ("/conditions", ["suite"])


@pytest.mark.parametrize("changed", [{"client_id": "inconnu"}, {"redirect_uri": "https://ailleurs.example/retour"}])
def test_an_application_that_is_not_known_is_told_on_a_page(
    gateway: Gateway, portal: Portal, browser: Browser, changed: dict[str, str]
):
    answer = asked(portal, browser, **changed)
    assert (answer.status_code, answer.headers["content-type"][:9]) == (422, "text/html")
    assert "location" not in answer.headers
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "application" in answer.text
    assert "ailleurs.example" not in answer.text, "what an address asks is not said again on our page"


@pytest.mark.parametrize(
    "suite",
    [
        "/v1/oauth/authorize/../dossiers",
        "/v1/oauth/token?x=1",
        "//ailleurs.example/v1/oauth/authorize?x=1",
        "https://ailleurs.example/v1/oauth/authorize",
        "/v1/oauth/authorize#x",
        "/v1/oauth/authorize?x=%0d%0aLocation:\n",
        "/v1/oauth/authorize?" + "x" * 5000,
    ],
)
def test_only_that_address_is_gone_on_to(gateway: Gateway, browser: Browser, suite: str):
    """Signed in already, the sign-in page leads on: home, where the text is no address of ours."""
    answer = browser.get("/connexion", headers={"Accept": HTML}, suite=suite)
    assert (answer.status_code, answer.headers["location"]) == (303, "/of")


def test_a_young_proof_is_asked_for_where_the_frontend_wants_one(gateway: Gateway, portal: Portal):
    """RFC 9470: what is grave is refused; with `max_age` the password is asked for, and what is grave is open."""
    browser = gateway.session("provider")
    token = portal.token(browser)
    _age(gateway, "provider", seconds=700)
    assert portal.read(token, "/v1/me").json()["grave"] is False
    answer = asked(portal, browser, max_age="0")
    assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, "/connexion/preuve")
    reader = Reader(browser)
    form = reader.open(answer.headers["location"]).form("")
    wrong = reader.send(form, to="/connexion/preuve", proof_password="Trombone-Rouge-2027")
    assert (wrong.status, len(wrong.alerts) > 0) == (401, True)
    _age(gateway, "provider", seconds=100)
    done = reader.send(wrong.form(""), to="/connexion/preuve", proof_password=PASSWORD)
    given = browser.get(done.location, headers={"Accept": HTML})
    assert told(given)["state"] == portal.state
    assert portal.read(token, "/v1/me").json()["grave"] is True
    assert "code" in told(asked(portal, browser, max_age="60"))
    assert told(asked(portal, browser, max_age="x"))["error"] == "invalid_request"
    program = browser.get("/v1/oauth/authorize", **portal.asked(max_age="60"))
    assert program.status_code == 303


def test_a_proof_of_a_hundred_seconds_is_too_old_for_sixty(gateway: Gateway, portal: Portal):
    """Though it is young enough for what is grave. Asked by a program: a problem, which it can tell."""
    browser = gateway.session("provider")
    _age(gateway, "provider", seconds=100)
    answer = browser.get("/v1/oauth/authorize", **portal.asked(max_age="60"))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/fresh-proof-required")
    assert "code" in told(asked(portal, browser, max_age="600"))


def _age(gateway: Gateway, who: str, *, seconds: int) -> None:
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "update auth.session set proved_at = now() - make_interval(secs => %s) where account_id = %s",
            (seconds, gateway.accounts[who]),
        )


def test_signing_out_at_a_frontend_ends_the_session(gateway: Gateway, portal: Portal, browser: Browser):
    """Were its token alone ended, the next one at the same screen would be let in again without a word."""
    first, second = portal.token(browser), portal.token(browser)
    headers = {"Authorization": f"Bearer {first}"}
    assert portal.page.fetch("DELETE", "/v1/session", headers=headers).status_code == 204
    assert [portal.read(each).status_code for each in (first, second)] == [401, 401]
    assert browser.get("/v1/session").status_code == 401
    refused = gateway.client.delete("/v1/session", headers=gateway.headers("provider"))
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden"), "a program has no session"


def test_the_way_in_is_described_for_libraries(gateway: Gateway, portal: Portal):
    """RFC 8414: what a library of OAuth reads before anything else, and may read from a known origin."""
    answer = portal.page.fetch("GET", "/.well-known/oauth-authorization-server")
    gateway.description.check(answer)
    found = answer.json()
    issuer = gateway.settings.public_origin
    assert found["issuer"] == issuer
    assert {found[f"{name}_endpoint"] for name in ("authorization", "token", "revocation")} == {
        f"{issuer}/v1/oauth/{name}" for name in ("authorize", "token", "revocation")
    }
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["token_endpoint_auth_methods_supported"] == ["none"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert "access-control-allow-origin" not in gateway.client.get("/.well-known/oauth-authorization-server").headers
