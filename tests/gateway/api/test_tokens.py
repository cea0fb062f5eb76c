"""Tokens that a person makes over the API for a program of theirs: shown once, bounded, and no way to more."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from httpx import Response

from support.browser import Browser
from support.gateway import Gateway


@pytest.fixture(scope="module")
def manager(gateway: Gateway) -> Browser:
    return gateway.session("case-manager")


def made(browser: Browser, **changed: Any) -> dict[str, Any]:
    answer = browser.post("/v1/tokens", {"label": "Export du Modèle", **changed})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def used(gateway: Gateway, secret: str, method: str = "GET", path: str = "/v1/dossiers", **options: Any) -> Response:
    return gateway.client.request(method, path, headers={"Authorization": f"Bearer {secret}"}, **options)


def living(gateway: Gateway) -> int:
    with psycopg.connect(gateway.settings.database_url) as connection:
        row = connection.execute("select count(*) from auth.token where revoked_at is null").fetchone()
    assert row is not None
    return int(row[0])


def test_a_token_is_made_shown_once_used_listed_and_ended(gateway: Gateway, manager: Browser):
    token = made(manager, days=30)
    assert token["secret"].startswith("dlt_")
    assert token["token"]["grave"] is False
    assert used(gateway, token["secret"]).status_code == 200

    listed = manager.get("/v1/tokens")
    assert token["secret"] not in listed.text
    assert token["token"]["token_id"] in [each["token_id"] for each in listed.json()["items"]]
    assert {each["account_id"] for each in listed.json()["items"]} == {str(gateway.accounts["case-manager"])}

    ended = manager.post(f"/v1/tokens/{token['token']['token_id']}/revocation")
    assert ended.status_code == 200
    assert used(gateway, token["secret"]).status_code == 401
    again = manager.post(f"/v1/tokens/{token['token']['token_id']}/revocation")
    assert again.json()["revoked_at"] == ended.json()["revoked_at"]


def test_whoever_steals_it_changes_no_right_and_makes_no_other(gateway: Gateway, manager: Browser):
    """It was not made for what asks a person for a fresh proof: rights, and tokens themselves."""
    secret = made(manager)["secret"]
    before = living(gateway)
    mint = used(gateway, secret, "POST", "/v1/tokens", json={"label": "encore"})
    assert (mint.status_code, mint.json()["type"]) == (403, "/problems/fresh-proof-required")
    account = {"last_name": "Essai", "first_name": "Intrus", "email": "intrus@example.org", "role": "portal"}
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "intrus"}
    created = gateway.client.post("/v1/accounts", json=account, headers=headers)
    assert (created.status_code, created.json()["type"]) == (403, "/problems/fresh-proof-required")
    assert living(gateway) == before


def test_making_one_asks_for_a_fresh_proof(gateway: Gateway):
    """Issue: a fresh proof within ten minutes for what is grave. An hour's session alone makes none."""
    browser = gateway.session("second-accountant")
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "update auth.session set proved_at = now() - interval '11 minutes' where account_id = %s",
            (gateway.accounts["second-accountant"],),
        )
    before = living(gateway)
    refused = browser.post("/v1/tokens", {"label": "tard"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/fresh-proof-required")
    assert living(gateway) == before
    assert browser.get("/v1/tokens").status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"label": "x", "days": 91}, "/days"),
        ({"label": "x", "days": 0}, "/days"),
        ({"label": "x", "days": "30"}, "/days"),
        ({"label": ""}, "/label"),
        ({"label": "a\nb"}, "/label"),
        ({"label": "x" * 101}, "/label"),
        ({"label": "x", "grave": True}, "/grave"),
        ({"label": "x", "account_id": "01890a5d-ac96-774b-bcce-b302099a8057"}, "/account_id"),
        ({"days": 3}, "/label"),
    ],
)
def test_what_is_beyond_the_rules_makes_none(gateway: Gateway, manager: Browser, body: dict[str, Any], pointer: str):
    """Longer, stronger, or for somebody else: that is for the server's own command line."""
    before = living(gateway)
    refused = manager.post("/v1/tokens", body)
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == [pointer]
    assert living(gateway) == before


def test_another_persons_token_is_not_there(gateway: Gateway, manager: Browser):
    theirs = made(gateway.session("accountant"))["token"]
    assert manager.post(f"/v1/tokens/{theirs['token_id']}/revocation").status_code == 404
    listed = manager.get("/v1/tokens", account_id=str(gateway.accounts["accountant"]))
    assert listed.json()["items"] == []
    assert gateway.session("accountant").get("/v1/tokens").json()["items"][0]["revoked_at"] is None


def test_an_operator_sees_and_ends_anybodys(gateway: Gateway):
    token = made(gateway.session("accountant"))
    operator = gateway.session("operator")
    listed = operator.get("/v1/tokens", account_id=str(gateway.accounts["accountant"])).json()["items"]
    assert token["token"]["token_id"] in [each["token_id"] for each in listed]
    everybodys = {each["account_id"] for each in operator.get("/v1/tokens").json()["items"]}
    assert len(everybodys) > 1
    assert operator.post(f"/v1/tokens/{token['token']['token_id']}/revocation").status_code == 200
    assert used(gateway, token["secret"]).status_code == 401
    assert made(operator)["token"]["account_id"] == str(gateway.accounts["operator"]), "one's own alone is made"


def test_a_user_of_the_portal_has_none(gateway: Gateway, world: Any):
    browser = gateway.session("provider")
    assert browser.get("/v1/tokens").status_code == 403
    assert browser.post("/v1/tokens", {"label": "x"}).status_code == 403


def test_without_its_csrf_token_the_cookie_makes_none(gateway: Gateway):
    browser = gateway.session("case-manager")
    before = living(gateway)
    browser.csrf = "x"
    assert browser.post("/v1/tokens", {"label": "x"}).json()["type"] == "/problems/csrf"
    assert living(gateway) == before


def test_the_journal_tells_who_made_and_who_ended_it(gateway: Gateway):
    token = made(gateway.session("accountant"))["token"]
    gateway.session("operator").post(f"/v1/tokens/{token['token_id']}/revocation")
    with psycopg.connect(gateway.settings.database_url) as connection:
        rows = connection.execute(
            "select outcome, account_id, actor_id from auth.journal where target_id = %s order by at",
            (token["token_id"],),
        ).fetchall()
    accountant, operator = gateway.accounts["accountant"], gateway.accounts["operator"]
    assert rows == [("created", accountant, accountant), ("revoked", accountant, operator)]
