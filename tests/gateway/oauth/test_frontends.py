"""A portal frontend on another origin: it gets a short token by code and proof, and reads what its user may see."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from gateway.oauth import codes
from gateway.terms import TermsText
from ledger.account.commands import DisableAccount, EnableAccount
from ledger.account.events import Role
from ledger.log.database import Role as DatabaseRole
from support.browser import Browser
from support.cross_origin import BlockedByBrowser, Page
from support.eventually import eventually
from support.gateway import Gateway
from support.portal import Portal, told

THAT_DAY = "2026-11-02"


def rows(gateway: Gateway, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(gateway.settings.database_url) as connection:
        return connection.execute(query.encode()).fetchall()


def counts(gateway: Gateway) -> tuple[Any, ...]:
    """What a refused request leaves as it was: the log's head, codes used, tokens living."""
    (found,) = rows(
        gateway,
        "select (select max(position) from log.events), (select count(*) from auth.code where used_at is not null), "
        "(select count(*) from auth.token where session_id is not null and revoked_at is null)",
    )
    return found


def living_tokens(gateway: Gateway) -> int:
    ((count,),) = rows(gateway, "select count(*) from auth.token where session_id is not null and revoked_at is null")
    return int(count)


def wait_until_blocked(gateway: Gateway, number: int) -> None:
    """Until that many of the gateway's connections wait for a lock."""
    query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    eventually(lambda: rows(gateway, query)[0][0] >= number, "they never met")


def journal(gateway: Gateway) -> list[str]:
    """What the journal says of tokens, oldest first."""
    return [row[0] for row in rows(gateway, "select outcome from auth.journal where kind = 'token' order by at")]


def test_a_frontend_elsewhere_reads_the_users_dossiers(gateway: Gateway, portal: Portal, browser: Browser):
    """The whole way: sent to authorize, back with a code, the code for a token, the token for what the user sees."""
    answer = portal.authorize(browser)
    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    back = told(answer)
    assert back["state"] == portal.state
    assert back["iss"] == gateway.settings.public_origin
    assert answer.headers["location"].startswith(portal.site.callback + "?")

    given = portal.redeem(back["code"])
    assert given.status_code == 200
    assert given.headers["cache-control"] == "no-store"
    token = given.json()
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 600
    assert token["access_token"].startswith("dlf_")
    assert "set-cookie" not in given.headers

    read = portal.read(token["access_token"])
    assert read.status_code == 200
    own = gateway.get("provider", "/v1/dossiers").json()
    assert [item["dossier_id"] for item in read.json()["items"]] == [item["dossier_id"] for item in own["items"]] != []
    assert {"etag", "ledger-position", "correlation-id"} & portal.page.readable(read)


def test_neither_codes_nor_tokens_are_kept(gateway: Gateway, portal: Portal, browser: Browser):
    """What the database holds lets nobody in."""
    code = portal.code(browser)
    token = str(portal.redeem(code).json()["access_token"])
    kept = str(rows(gateway, "select c::text from auth.code c union all select t::text from auth.token t"))
    assert code not in kept
    assert token not in kept
    assert portal.verifier not in kept


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "a" * 64},
        {"code_verifier": "court"},
        {"redirect_uri": "http://127.0.0.1:1/retour"},
        {"code": "A" * 43},
        {"code": "é" * 40},
    ],
)
def test_a_code_without_its_proof_is_worth_nothing(
    gateway: Gateway, portal: Portal, browser: Browser, changed: dict[str, str]
):
    """Wrong proof, wrong address, a code that never was: one answer, nothing used up, and the rightful page goes on."""
    code = portal.code(browser)
    before = counts(gateway)
    refused = portal.redeem(changed.get("code", code), **{key: changed[key] for key in changed if key != "code"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert refused.json()["error_description"].isascii()
    assert code not in refused.text
    assert counts(gateway) == before
    assert portal.redeem(code).status_code == 200


def test_a_code_that_comes_twice_ends_the_token_of_the_first_time(gateway: Gateway, portal: Portal, browser: Browser):
    """RFC 6749, 4.1.2: somebody else has read it."""
    code = portal.code(browser)
    token = str(portal.redeem(code).json()["access_token"])
    assert portal.read(token).status_code == 200
    assert portal.redeem(code).json()["error"] == "invalid_grant"
    assert portal.read(token).status_code == 401
    assert journal(gateway)[-2:] == ["issued", "replayed"]


def test_of_ten_at_once_one_gets_a_token_at_most(gateway: Gateway, portal: Portal, browser: Browser):
    """They meet at the code's row, which the test holds until all ten wait for it."""
    code = portal.code(browser)
    before = living_tokens(gateway)
    with ThreadPoolExecutor(10) as pool:
        with psycopg.connect(gateway.settings.database_url) as holding:
            holding.execute("select 1 from auth.code where used_at is null for update")
            asked = [pool.submit(lambda: portal.redeem(code).status_code) for _ in range(10)]
            wait_until_blocked(gateway, 10)
        answers = sorted(each.result() for each in asked)
    assert answers == [200, *[400] * 9]
    assert living_tokens(gateway) == before, "a code that ten have is one that a thief has"


def test_a_code_is_good_for_a_minute(gateway: Gateway, portal: Portal, browser: Browser):
    code = portal.code(browser)
    ((seconds,),) = rows(gateway, "select extract(epoch from max(expires_at) - now())::int from auth.code")
    assert 50 <= seconds <= 60
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute("update auth.code set expires_at = now() where used_at is null")
    assert portal.redeem(code).json()["error"] == "invalid_grant"


def test_another_frontend_cannot_use_the_code(gateway: Gateway, portal: Portal, other_portal: Portal, browser: Browser):
    """Two known frontends are strangers to each other."""
    code = portal.code(browser)
    other_portal.verifier = portal.verifier
    assert other_portal.redeem(code).json()["error"] == "invalid_grant"
    assert portal.redeem(code).status_code == 200


@pytest.mark.parametrize("changed", [{"client_id": "inconnu"}, {"client_id": None}])
def test_a_client_that_is_not_known_gets_no_token(portal: Portal, browser: Browser, changed: dict[str, Any]):
    refused = portal.redeem(portal.code(browser), **changed)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://ailleurs.example/retour",
        "{callback}/",
        "{callback}?x=1",
        "{callback}#x",
        "{upper}",
        "//ailleurs.example",
        "javascript:alert(1)",
        None,
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_known(
    gateway: Gateway, portal: Portal, browser: Browser, redirect_uri: str | None
):
    """An address counts by its exact text: no redirect, a problem in French, no code made."""
    callback = portal.site.callback
    asked = redirect_uri and redirect_uri.format(callback=callback, upper=callback.upper())
    before = rows(gateway, "select count(*) from auth.code")
    refused = portal.authorize(browser, redirect_uri=asked)
    assert refused.status_code == 422
    assert "location" not in refused.headers
    assert "application" in refused.json()["errors"][0]["detail"]
    assert rows(gateway, "select count(*) from auth.code") == before


def test_an_unknown_client_is_told_here(portal: Portal, browser: Browser):
    refused = portal.authorize(browser, client_id="inconnu")
    assert refused.status_code == 422
    assert "location" not in refused.headers


def test_an_address_that_is_given_twice_is_nobodys(portal: Portal, browser: Browser):
    """Of two addresses one would be checked and the other one used."""
    query = [*portal.asked().items(), ("redirect_uri", "https://ailleurs.example/")]
    assert browser.send("GET", "/v1/oauth/authorize", params=query).status_code == 422


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "x"}, "invalid_request"),
        ({"scope": "tout"}, "invalid_scope"),
        ({"state": "é"}, "invalid_request"),
        ({"state": "a" * 501}, "invalid_request"),
    ],
)
def test_a_known_frontend_is_told_what_is_wrong_with_its_request(
    portal: Portal, browser: Browser, changed: dict[str, str | None], error: str
):
    """Without a proof there is no code: `plain` proves nothing, and none at all is the old way."""
    answer = portal.authorize(browser, **changed)
    assert answer.status_code == 303
    assert told(answer)["error"] == error
    assert "code" not in told(answer)


def test_only_a_whole_session_gives_a_code(gateway: Gateway, portal: Portal):
    """Neither nobody, nor a program's token, nor a frontend's own, nor a session before the terms."""
    assert portal.authorize(gateway.browser()).status_code == 401
    for token in (gateway.tokens["provider"], portal.token(gateway.session("provider"))):
        headers = {"Authorization": f"Bearer {token}"}
        assert gateway.client.get("/v1/oauth/authorize", params=portal.asked(), headers=headers).status_code == 403
    name = gateway.account(f"sans-conditions-{gateway.number()}", Role.PORTAL)
    early = gateway.browser()
    early.sign_in(gateway.emails[name], gateway.password(name))
    assert portal.authorize(early).json()["type"] == "/problems/terms-pending"


def test_the_token_ends_with_the_session(gateway: Gateway, portal: Portal, browser: Browser):
    token = portal.token(browser)
    assert portal.read(token).status_code == 200
    assert browser.delete("/v1/session").status_code == 204
    assert portal.read(token).status_code == 401


def test_a_frontends_token_makes_nothing_that_outlives_its_session(gateway: Gateway, portal: Portal):
    """A program's token of ninety days, made by a page's token of ten minutes, would go on after the sign-out."""
    manager = gateway.session("case-manager")
    headers = {"Authorization": f"Bearer {portal.token(manager)}"}
    answer = gateway.client.post("/v1/tokens", json={"label": "Export du Modèle"}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    assert manager.post("/v1/tokens", {"label": "Export du Modèle"}).status_code == 201


def test_a_code_ends_with_the_session(portal: Portal, browser: Browser):
    code = portal.code(browser)
    browser.delete("/v1/session")
    assert portal.redeem(code).json()["error"] == "invalid_grant"


def test_the_token_ends_with_the_right(gateway: Gateway, portal: Portal):
    """Issue: deactivation ends the right at once; a token that is a minute old is no way around it."""
    name = gateway.account(f"bientot-parti-{gateway.number()}", Role.PORTAL)
    token = portal.token(gateway.session(name))
    assert portal.read(token).status_code == 200
    order = DisableAccount.model_validate({"account_id": gateway.accounts[name], "on": THAT_DAY})
    gateway.service.ledger.execute(order, actor=None)
    assert portal.read(token).status_code in {401, 503}, "the projection is not there yet: late, never let in"
    gateway.engine.catch_up()
    assert portal.read(token).status_code == 401
    order_back = EnableAccount.model_validate({"account_id": gateway.accounts[name], "on": THAT_DAY})
    gateway.service.ledger.execute(order_back, actor=None)
    gateway.engine.catch_up()


def test_the_token_waits_for_new_terms_which_the_page_may_accept(
    gateway: Gateway, portal: Portal, monkeypatch: pytest.MonkeyPatch
):
    """A person who has not accepted is behind a frontend's token, as behind a session; the page shows the text."""
    name = gateway.account(f"relit-{gateway.number()}", Role.PORTAL)
    token = portal.token(gateway.session(name))
    assert portal.read(token).status_code == 200
    terms = gateway.service.terms
    monkeypatch.setattr(terms, "_texts", [*terms._texts, TermsText("2026-11-02", "c" * 64, "# Nouveau", ())])
    refused = portal.read(token)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/terms-pending")
    shown = portal.read(token, "/v1/terms").json()
    answer = {"version": shown["version"], "sha256": shown["sha256"]}
    headers = {"Authorization": f"Bearer {token}"}
    accepted = portal.page.fetch("POST", "/v1/terms/acceptance", json=answer, headers=headers)
    assert accepted.json() == {"version": "2026-11-02", "csrf_token": None}
    assert "set-cookie" not in accepted.headers, "a page elsewhere is given no session"
    gateway.engine.catch_up()
    assert portal.read(token).status_code == 200
    assert portal.page.fetch("POST", "/v1/terms/refusal", json=answer, headers=headers).status_code == 204
    gateway.engine.catch_up()
    assert portal.read(token).status_code == 401, "refusing ends the session, and with it the token"


def test_the_token_lives_ten_minutes_and_never_longer_than_its_session(
    gateway: Gateway, portal: Portal, browser: Browser
):
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "update auth.session set ends_at = now() + interval '90 seconds' where session_id = "
            "(select session_id from auth.session order by created_at desc limit 1)"
        )
    given = portal.redeem(portal.code(browser)).json()
    assert 60 < given["expires_in"] <= 90
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute("update auth.token set expires_at = now() where session_id is not null")
    assert portal.read(given["access_token"]).status_code == 401


def test_a_frontend_ends_its_own_token(gateway: Gateway, portal: Portal, other_portal: Portal, browser: Browser):
    """RFC 7009: at once; the same answer for a token that is not there; another's stays."""
    token = portal.token(browser)

    def revoke(whose: Portal, secret: str) -> int:
        form = {"token": secret, "client_id": whose.client_id}
        return whose.page.fetch("POST", "/v1/oauth/revocation", data=form).status_code

    assert revoke(other_portal, token) == 200
    assert portal.read(token).status_code == 200
    assert revoke(portal, gateway.tokens["provider"]) == 200
    assert gateway.get("provider", "/v1/dossiers").status_code == 200, "a program's token is none of its"
    assert revoke(portal, token) == 200
    assert portal.read(token).status_code == 401
    assert revoke(portal, token) == 200


def test_a_page_of_another_origin_gets_and_reads_nothing(gateway: Gateway, portal: Portal, browser: Browser):
    """Neither the cookie nor a token helps a page that is not in the list."""
    token, code = portal.token(browser), portal.code(browser)
    stranger = Page(gateway.client, "https://ailleurs.example")
    with pytest.raises(BlockedByBrowser):
        stranger.fetch("GET", "/v1/dossiers", headers={"Authorization": f"Bearer {token}"})
    before = counts(gateway)
    form = {
        "grant_type": "authorization_code", "code": code, "client_id": portal.client_id,
        "redirect_uri": portal.site.callback, "code_verifier": portal.verifier,
    }  # fmt: skip
    answer = gateway.client.post("/v1/oauth/token", data=form, headers={"Origin": "https://ailleurs.example"})
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")
    assert "access-control-allow-origin" not in answer.headers
    assert counts(gateway) == before


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("application/json", b'{"grant_type": "authorization_code"}'),
        ("application/x-www-form-urlencoded", b"grant_type=authorization_code&client_id=portail&client_id=portail"),
        ("application/x-www-form-urlencoded", b"client_id=portail&grant_type=%ff"),
        ("application/x-www-form-urlencoded", b"client_id=portail&grant_type=authorization_code"),
        ("application/x-www-form-urlencoded", b"client_id=portail&sans-egal"),
        ("application/x-www-form-urlencoded", b"client_id=portail&" + b"a=b&" * 60),
    ],
)
def test_a_token_request_that_is_malformed_is_refused(gateway: Gateway, content_type: str, content: bytes):
    answer = gateway.client.post("/v1/oauth/token", content=content, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["error"]) in {(400, "invalid_request"), (401, "invalid_client")}
    assert answer.headers["cache-control"] == "no-store"


def test_another_way_of_asking_is_refused(portal: Portal, browser: Browser):
    """No password, no refresh, no client's own right: one way alone."""
    for grant in ("password", "refresh_token", "client_credentials"):
        assert portal.redeem("x", grant_type=grant).json()["error"] == "unsupported_grant_type"


def test_a_code_in_an_address_is_not_taken(gateway: Gateway, portal: Portal, browser: Browser):
    """It would stand in somebody's log."""
    form = {"grant_type": "authorization_code", "client_id": portal.client_id, "code_verifier": portal.verifier}
    answer = gateway.client.post("/v1/oauth/token", params={"code": portal.code(browser)}, data=form)
    assert answer.json()["error"] == "invalid_request"


def test_what_is_over_for_a_day_is_forgotten_but_for_programs_tokens(
    gateway: Gateway, portal: Portal, browser: Browser
):
    """A frontend's token leaves nothing behind; a program's stays, as a record of who could do what until when."""
    young = portal.code(browser)
    old = portal.token(browser)
    with psycopg.connect(gateway.settings.database_url) as connection:
        past = "expires_at = now() - interval '25 hours'"
        connection.execute(f"update auth.code set {past} where digest <> sha256(convert_to(%s, 'UTF8'))", (young,))
        connection.execute(f"update auth.token set {past} where digest = sha256(convert_to(%s, 'UTF8'))", (old,))
        connection.execute(f"update auth.token set {past} where account_id = %s", (gateway.accounts["auditor"],))
    before = rows(gateway, "select count(*) from auth.token where session_id is null")
    with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        codes.sweep(connection)
    assert rows(gateway, "select count(*) from auth.token where session_id is null") == before
    assert rows(gateway, "select count(*) from auth.code") == [(1,)]
    over = "session_id is not null and expires_at < now() - interval '1 day'"
    assert rows(gateway, f"select count(*) from auth.token where {over}") == [(0,)]
    assert portal.redeem(young).status_code == 200
