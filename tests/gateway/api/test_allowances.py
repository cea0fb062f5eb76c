"""What costs much is rationed for each account: searches and downloads, counted by all processes together."""

from __future__ import annotations

import psycopg
import pytest
from httpx import Response

from gateway.auth import limits
from ledger.account.events import Role
from support.gateway import Gateway, World


def search(gateway: Gateway, who: str) -> Response:
    return gateway.client.post("/v1/dossiers/search", json={"trainee_name": "exemple"}, headers=gateway.headers(who))


def exhaust(gateway: Gateway, who: str, allowance: limits.Allowance) -> None:
    """As if the account had just taken all that it has at once."""
    bucket = limits.bucket(gateway.service.keyring, allowance.kind, str(gateway.accounts[who]))
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "insert into auth.allowance values (%s, %s, %s, clock_timestamp()) "
            "on conflict (kind, bucket) do update set level = excluded.level, at = excluded.at",
            (allowance.kind, bucket, allowance.burst + 30),  # two come back each second: more than one is missing
        )


def head(gateway: Gateway) -> int:
    with psycopg.connect(gateway.settings.database_url) as connection:
        row = connection.execute("select coalesce(max(position), 0) from log.events").fetchone()
    assert row is not None
    return int(row[0])


def test_searches_are_rationed(gateway: Gateway, world: World):
    """120 a minute: then 429 in French, with when to come back; another account, and lists, go on."""
    assert (limits.SEARCH.burst, limits.SEARCH.per_hour) == (120, 7200)
    assert search(gateway, "provider").status_code == 200
    exhaust(gateway, "provider", limits.SEARCH)
    before = head(gateway)
    refused = search(gateway, "provider")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 16
    assert refused.json()["type"] == "/problems/too-many-attempts"
    assert refused.json()["detail"] == "Trop de tentatives : patientez avant de réessayer."
    gateway.description.check(refused)
    assert head(gateway) == before
    assert search(gateway, "other-provider").status_code == 200
    assert gateway.get("provider", "/v1/dossiers").status_code == 200
    with psycopg.connect(gateway.settings.database_url) as connection:
        told = connection.execute(
            "select facts->>'action' from auth.journal where outcome = 'throttled' and account_id = %s",
            (gateway.accounts["provider"],),
        ).fetchall()
    assert told == [("search_dossiers",)]


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}])
def test_downloads_are_rationed(gateway: Gateway, world: World, headers: dict[str, str]):
    document = gateway.deposited(dossier_ids=[str(world.dossier)]).json()["id"]
    who = gateway.account(f"lecteur-{gateway.number()}", Role.CASE_MANAGER)
    path = f"/v1/documents/{document}/content"
    assert gateway.get(who, path, headers=headers).status_code in {200, 206}
    exhaust(gateway, who, limits.DOWNLOAD)
    assert gateway.get(who, path, headers=headers).status_code == 429
    assert gateway.get(who, f"/v1/documents/{document}").status_code == 200


def test_what_is_refused_anyway_costs_nothing(gateway: Gateway, world: World):
    """A search without the right to it is refused before it is counted."""
    exhaust(gateway, "accountant", limits.SEARCH)
    answer = gateway.client.post("/v1/journal/search", json={}, headers=gateway.headers("accountant"))
    assert answer.status_code == 403
