"""Tokens and rights: one answer to whoever may not come in, and each role its own actions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from gateway.auth import TokenStore
from ledger.account.commands import DisableAccount, EnableAccount
from ledger.account.events import Role
from ledger.kit.errors import Invalid, NotFound
from support.gateway import Gateway, World


def _me(gateway: Gateway, header: str | None):
    return gateway.client.get("/v1/me", headers={"Authorization": header} if header is not None else {})


def _refused(answer) -> dict[str, object]:
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    return {name: value for name, value in answer.json().items() if name != "correlation_id"}


def test_every_way_of_not_coming_in_is_answered_the_same(gateway: Gateway, world: World):
    expired, _ = TokenStore(gateway.service.database, clock=lambda: datetime.now(UTC) - timedelta(days=3)).create(
        gateway.accounts["auditor"], label="ancien", days=2
    )
    revoked, token = gateway.service.tokens.create(gateway.accounts["auditor"], label="retiré")
    gateway.service.tokens.revoke(token.token_id)
    gateway.account("gone", Role.ACCOUNTANT)
    gateway.service.ledger.execute(DisableAccount(account_id=gateway.accounts["gone"], on="2026-01-05"), actor=None)
    gateway.engine.catch_up()
    headers = [
        None, "Bearer", "Basic abc", "Bearer dlt_", "Bearer dlt_" + "A" * 43, "Bearer " + "\xe9" * 40,
        f"Bearer {expired}", f"Bearer {revoked}", f"Bearer {gateway.tokens['gone']}",
    ]  # fmt: skip
    answers = [_refused(_me(gateway, header and header.encode("latin-1"))) for header in headers]
    assert all(answer == answers[0] for answer in answers)


def test_a_disabled_account_comes_back_when_it_is_enabled(gateway: Gateway):
    gateway.account("back", Role.ACCOUNTANT)
    account_id = gateway.accounts["back"]
    gateway.post("operator", f"/v1/accounts/{account_id}/disablement", {"on": "2026-01-05"})
    assert gateway.get("back", "/v1/me").status_code == 401
    gateway.service.ledger.execute(EnableAccount(account_id=account_id, on="2026-01-06"), actor=None)
    gateway.engine.catch_up()
    assert gateway.get("back", "/v1/me").status_code == 200


def test_an_auditor_comes_in_until_the_mandate_ends(gateway: Gateway):
    """B5: time-limited. The mandate's last day is the last day."""
    gateway.account("former", Role.AUDITOR)
    assert gateway.get("former", "/v1/me").status_code == 200
    with psycopg.connect(gateway.settings.database_url) as connection:
        query = "update read.account set ends_on = (now() at time zone 'Europe/Paris')::date - %s where account_id = %s"
        connection.execute(query, (0, gateway.accounts["former"]))
    assert gateway.get("former", "/v1/me").status_code == 200
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(query, (1, gateway.accounts["former"]))
    assert gateway.get("former", "/v1/me").status_code == 401


def test_what_is_stored_lets_nobody_in(gateway: Gateway):
    secret = gateway.tokens["auditor"]
    with psycopg.connect(gateway.settings.database_url) as connection:
        rows = connection.execute("select t::text from auth.token t").fetchall()
    assert rows
    assert not any(secret in row[0] or secret.removeprefix("dlt_") in row[0] for row in rows)


def test_tokens_are_listed_and_revoked(gateway: Gateway):
    account_id = gateway.accounts["operator"]
    secret, made = gateway.service.tokens.create(account_id, label="tableau de bord", days=1)
    assert _me(gateway, f"Bearer {secret}").status_code == 200
    listed = gateway.service.tokens.all(account_id=account_id)
    assert listed[0].token_id == made.token_id
    assert listed[0].last_used_at is not None
    gateway.service.tokens.revoke(made.token_id)
    assert _me(gateway, f"Bearer {secret}").status_code == 401
    with pytest.raises(NotFound):
        gateway.service.tokens.revoke(account_id)
    for days in (0, 367):
        with pytest.raises(Invalid):
            gateway.service.tokens.create(account_id, label="x", days=days)


def test_the_gateways_role_neither_makes_nor_revives_tokens(gateway: Gateway):
    for statement in (
        "update auth.token set revoked_at = null",
        "update auth.token set expires_at = now()",
        "insert into auth.token select * from auth.token",
        "delete from auth.token",
    ):
        with psycopg.connect(gateway.settings.database_url) as connection:
            connection.execute("set role ledger_gateway")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_role_without_the_action_is_refused_before_the_body_is_looked_at(gateway: Gateway, world: World):
    for who, path in [
        ("provider", "/v1/dossiers"),
        ("auditor", "/v1/dossiers"),
        ("operator", "/v1/dossiers"),
        ("accountant", "/v1/dossiers"),
        ("case-manager", "/v1/lots"),
        ("provider", f"/v1/dossiers/{world.dossier}/agreement"),
        ("case-manager", f"/v1/transfers/{world.dossier}/payment"),
    ]:
        answer = gateway.post(who, path, {})
        assert answer.status_code == 403, (who, path)
        assert answer.json()["type"] == "/problems/forbidden"


def test_me_says_who_calls_and_what_they_may_do(gateway: Gateway, world: World):
    me = gateway.get("provider", "/v1/me").json()
    assert me["account_id"] == str(gateway.accounts["provider"])
    assert me["role"] == {"code": "portal", "label": "Utilisateur du portail"}
    assert me["memberships"][0]["establishment_ids"] == [str(world.first)]
    assert "list_dossiers" in me["actions"]
    assert "issue_agreement" not in me["actions"]


def test_accounts_made_over_the_api_have_the_rights_that_they_are_given(gateway: Gateway, world: World):
    """O23: the establishments of a membership are the boundary of what its user sees."""
    body = {"last_name": "Nouvelle", "first_name": "Personne", "email": "nouvelle@example.org", "role": "portal"}
    account_id = gateway.done("case-manager", "/v1/accounts", body)
    secret, _ = gateway.service.tokens.create(account_id, label="essai")
    gateway.tokens["new"] = secret
    assert gateway.get("new", "/v1/dossiers").json()["items"] == []
    organisation = gateway.get("provider", "/v1/me").json()["memberships"][0]["organisation_id"]
    membership = {"organisation_id": organisation, "kind": "provider", "establishment_ids": [str(world.first)]}
    gateway.done("case-manager", f"/v1/accounts/{account_id}/memberships", membership)
    assert [each["dossier_id"] for each in gateway.get("new", "/v1/dossiers").json()["items"]] == [str(world.dossier)]
    ended = {"organisation_id": organisation, "kind": "provider"}
    gateway.done("case-manager", f"/v1/accounts/{account_id}/memberships/end", ended)
    assert gateway.get("new", "/v1/dossiers").json()["items"] == []
