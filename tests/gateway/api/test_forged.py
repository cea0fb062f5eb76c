"""Cookies of others, orders of other sites, and what is stored: nothing of it lets anybody in."""

from __future__ import annotations

import psycopg
import pytest

from support.browser import SESSION, Browser
from support.gateway import PASSWORD, Gateway, World
from support.signing_in import code_of, rows, standing

pytestmark = pytest.mark.usefixtures("world")


def test_another_deployments_cookie_is_a_random_text(gateway: Gateway, world: World):
    """Bad input: it is answered as none, and forgotten; two cookies of the name are no better than none."""
    ours = gateway.session("provider")
    before = standing(gateway)
    stranger = Browser(gateway.client, {SESSION: "dls_" + "Zz9-" * 10 + "abc"})
    answer, nobody = stranger.get("/v1/me"), gateway.browser().get("/v1/me")
    assert (answer.status_code, code_of(answer)) == (nobody.status_code, code_of(nobody)) == (401, "unauthenticated")
    assert answer.json()["detail"] == nobody.json()["detail"]
    assert stranger.session is None
    value = f"{SESSION}={ours.session}; {SESSION}=dls_{'A' * 43}"
    assert gateway.client.get("/v1/me", headers={"Cookie": value}).status_code == 401
    for cookie in ("x" * 8000, "dlt_" + "A" * 43, gateway.tokens["provider"], ""):
        assert Browser(gateway.client, {SESSION: cookie}).get("/v1/me").status_code == 401
    header = {"Authorization": f"Bearer {ours.session}"}
    assert gateway.client.get("/v1/me", headers=header).status_code == 401, "a session is no token"
    assert standing(gateway) == before


def test_an_order_without_its_token_or_from_another_site_is_refused(gateway: Gateway):
    """Bad input: a form without its token (JSON). Nothing is done, whatever the order; a question needs none."""
    browser = gateway.session("case-manager")
    before = standing(gateway)
    order = {"last_name": "Forgé", "first_name": "Ordre"}
    bare = Browser(gateway.client, dict(browser.cookies))
    wrong = Browser(gateway.client, dict(browser.cookies), csrf="A" * 43)
    old = Browser(gateway.client, dict(browser.cookies), csrf=gateway.session("case-manager").csrf)
    for each in (bare, wrong, old):
        answer = each.post("/v1/persons", order, headers={"Idempotency-Key": "forgé".encode().hex()})
        assert (answer.status_code, code_of(answer)) == (403, "csrf")
        assert each.delete("/v1/session").status_code == 403
    for headers in (
        {"Origin": "https://autre.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert code_of(browser.post("/v1/persons", order, headers=headers)) == "csrf"
        assert (
            code_of(browser.post("/v1/session", {"email": "a@example.org", "password": "x"}, headers=headers)) == "csrf"
        )
    assert standing(gateway)[0][0] == before[0][0]
    assert bare.get("/v1/me").status_code == 200
    ours = {"Origin": gateway.settings.public_origin, "Idempotency-Key": "une-personne"}
    assert browser.post("/v1/persons", {"last_name": "Vrai", "first_name": "Ordre"}, headers=ours).status_code == 201


def test_a_form_of_a_browser_is_no_sign_in(gateway: Gateway):
    """Login CSRF: what a page of another site can post without asking (no JSON) is not taken."""
    body = {"email": gateway.emails["provider"], "password": PASSWORD}
    for options in (
        {"data": body},
        {"content": b'{"email": "a@example.org"}', "headers": {"Content-Type": "text/plain"}},
    ):
        answer = gateway.browser().send("POST", "/v1/session", **options)
        assert (answer.status_code, code_of(answer)) == (415, "unsupported-media-type")


def test_a_header_counts_alone(gateway: Gateway):
    """A request with a cookie and a token is the token's: no forged request can carry that header."""
    browser = gateway.session("provider")
    both = {"Authorization": f"Bearer {gateway.tokens['auditor']}"}
    assert browser.get("/v1/me", headers=both).json()["account_id"] == str(gateway.accounts["auditor"])
    assert browser.get("/v1/me", headers={"Authorization": "Bearer dlt_" + "A" * 43}).status_code == 401
    assert browser.get("/v1/me").json()["account_id"] == str(gateway.accounts["provider"])


def test_what_is_stored_of_sessions_and_passwords_lets_nobody_in(gateway: Gateway):
    browser = gateway.session("provider")
    stored = [
        row[0]
        for table in ("session", "credential", "device", "totp", "journal", "mail")
        for row in rows(gateway, f"select t::text from auth.{table} t")
    ]
    assert stored
    secrets = [browser.session, browser.csrf, browser.cookies["__Host-device"], PASSWORD, *gateway.totp.values()]
    for secret in secrets:
        assert secret
        bare = secret.removeprefix("dls_").removeprefix("dld_")
        assert not any(bare in row for row in stored)
    assert all(
        row[0].startswith("$argon2id$v=19$m=8192,t=3,p=1$")
        for row in rows(gateway, "select password_hash from auth.credential")
    )


def test_the_gateways_role_neither_opens_raises_nor_revives_sessions(gateway: Gateway):
    for statement in (
        "update auth.session set ended_at = null",
        "update auth.session set stage = 'full'",
        "update auth.session set proved_at = now()",
        "insert into auth.session select * from auth.session",
        "delete from auth.session",
        "select password_hash from auth.credential",
        "select secret_sealed from auth.totp",
    ):
        with psycopg.connect(gateway.settings.database_url) as connection:
            connection.execute("set role ledger_gateway")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
