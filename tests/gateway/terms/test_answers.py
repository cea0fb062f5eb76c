"""The terms come before anything else, and both answers are recorded (rows O4 to O6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.account.events import Role
from ledger.kit.clock import system_clock
from ledger.log.database import Role as DatabaseRole
from support.browser import Browser
from support.databases import Cluster
from support.gateway import Gateway, running_gateway

TEXT = "# Conditions du Modèle\n\n## Vos engagements\n\n- Je lis.\n\n# Fin\n"
NEXT = TEXT.replace("Je lis", "J'ai lu")


@pytest.fixture(scope="module")
def gateway(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    place = tmp_path_factory.mktemp("terms")
    texts = place / "texts"
    texts.mkdir()
    (texts / "2026-01-01.fr.md").write_text(TEXT)
    (texts / "2090-01-01.fr.md").write_text(NEXT)
    with running_gateway(cluster, place, terms_dir=texts) as running:
        yield running


@pytest.fixture
def newcomer(gateway: Gateway) -> str:
    """A portal account that has its password and nothing else."""
    name = gateway.account(f"newcomer-{gateway.number()}", Role.PORTAL)
    gateway.password(name)
    return name


def signed_in(gateway: Gateway, name: str) -> tuple[Browser, dict[str, Any]]:
    browser = gateway.browser()
    answer = browser.sign_in(gateway.emails[name], gateway.password(name))
    assert answer.status_code == 200, answer.text
    return browser, answer.json()


def shown(browser: Browser) -> dict[str, str]:
    """What the text that is shown is answered with."""
    answer = browser.get("/v1/terms").json()
    return {"version": answer["version"], "sha256": answer["sha256"]}


def recorded(gateway: Gateway, name: str) -> list[dict[str, Any]]:
    """The account's answers in the log, oldest first."""
    with gateway.service.database.transaction(DatabaseRole.AUDITOR) as connection:
        rows = connection.execute(
            "select name, recorded_at, convert_from(payload, 'UTF8')::jsonb as payload "
            "from log.events where stream_id = %s and name like 'account.terms-%%' order by position",
            (gateway.accounts[name],),
        ).fetchall()
    return [{**row, **row["payload"]} for row in rows]


def head(gateway: Gateway) -> int:
    with gateway.service.database.transaction(DatabaseRole.AUDITOR) as connection:
        row = connection.execute("select coalesce(max(position), 0) as head from log.events").fetchone()
    assert row is not None
    return int(row["head"])


def test_they_are_asked_first_refused_then_accepted(gateway: Gateway, newcomer: str):
    """Rows O4, O5: before anything else; Refuser leads back to sign-in without access to anything; Accepter leads home.
    Both are recorded: version, hash of the text shown, time, account.
    """
    browser, session = signed_in(gateway, newcomer)
    assert session["terms_pending"] is True
    for path in ("/v1/dossiers", "/v1/transfers", "/v1/me/sessions", "/v1/schemes"):
        refused = browser.get(path)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/terms-pending")
        assert "conditions" in refused.json()["detail"]

    text = browser.get("/v1/terms").json()
    assert text["accepted"] is False
    assert text["sha256"] == hashlib.sha256(text["text"].encode()).hexdigest()
    assert text["text"] == TEXT
    assert text["undertakings"] == ["Je lis."]

    stolen = browser.copy()
    answer = browser.post("/v1/terms/refusal", shown(browser))
    gateway.engine.catch_up()
    assert answer.status_code == 204
    assert browser.session is None
    assert stolen.get("/v1/terms").status_code == 401
    assert stolen.get("/v1/session").status_code == 401

    browser, session = signed_in(gateway, newcomer)
    assert session["terms_pending"] is True
    secret, token = browser.session, browser.csrf
    answer = browser.post("/v1/terms/acceptance", shown(browser))
    gateway.engine.catch_up()
    assert answer.status_code == 200
    assert (browser.session, answer.json()["csrf_token"]) == (secret, token), "a click too many must not sign out"
    assert browser.get("/v1/dossiers").status_code == 200
    assert browser.get("/v1/session").json()["terms_pending"] is False

    refusal, acceptance = recorded(gateway, newcomer)
    assert (refusal["name"], acceptance["name"]) == ("account.terms-refused.v1", "account.terms-accepted.v1")
    for each in (refusal, acceptance):
        assert each["version"] == "2026-01-01"
        assert each["sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
        assert each["recorded_at"] is not None


def test_they_can_be_read_again_at_any_time(gateway: Gateway, newcomer: str):
    """Row O6."""
    browser, _ = signed_in(gateway, newcomer)
    browser.post("/v1/terms/acceptance", shown(browser))
    gateway.engine.catch_up()
    again = browser.get("/v1/terms")
    assert again.status_code == 200
    assert again.json()["accepted"] is True
    assert again.headers["cache-control"] == "no-store"


def test_accepting_twice_is_recorded_once(gateway: Gateway, newcomer: str):
    browser, _ = signed_in(gateway, newcomer)
    for _ in range(2):
        assert browser.post("/v1/terms/acceptance", shown(browser)).status_code == 200
        gateway.engine.catch_up()
    assert len(recorded(gateway, newcomer)) == 1


def test_a_new_version_asks_again(gateway: Gateway, newcomer: str, monkeypatch: pytest.MonkeyPatch):
    """Row O5: from the first day of a new version an open session sees nothing before it answers."""
    browser, _ = signed_in(gateway, newcomer)
    old = shown(browser)
    browser.post("/v1/terms/acceptance", old)
    gateway.engine.catch_up()
    assert browser.get("/v1/dossiers").status_code == 200

    monkeypatch.setattr(gateway.service.terms, "_clock", lambda: datetime(2090, 1, 1, 12, tzinfo=UTC))
    assert browser.get("/v1/dossiers").json()["type"] == "/problems/terms-pending"
    stale = browser.post("/v1/terms/acceptance", old)
    assert (stale.status_code, stale.json()["type"]) == (409, "/problems/terms-changed")
    new = shown(browser)
    assert new["version"] == "2090-01-01"
    assert browser.post("/v1/terms/acceptance", new).status_code == 200
    gateway.engine.catch_up()
    assert browser.get("/v1/dossiers").status_code == 200
    assert [each["version"] for each in recorded(gateway, newcomer)] == ["2026-01-01", "2090-01-01"]
    monkeypatch.setattr(gateway.service.terms, "_clock", system_clock)


@pytest.mark.parametrize(
    ("wrong", "status", "problem"),
    [
        ({"version": "2026-01-01", "sha256": "0" * 64}, 409, "terms-changed"),
        ({"version": "2025-01-01", "sha256": hashlib.sha256(TEXT.encode()).hexdigest()}, 409, "terms-changed"),
        ({"version": "2026-01-01"}, 422, "invalid"),
        ({"version": 1, "sha256": True}, 422, "invalid"),
        ({"version": "2026-01-01", "sha256": "0" * 64, "account_id": "x"}, 422, "invalid"),
    ],
)
@pytest.mark.parametrize("answer", ["acceptance", "refusal"])
def test_an_answer_to_another_text_records_nothing(
    gateway: Gateway, newcomer: str, answer: str, wrong: dict[str, Any], status: int, problem: str
):
    browser, _ = signed_in(gateway, newcomer)
    before, secret = head(gateway), browser.session
    refused = browser.post(f"/v1/terms/{answer}", wrong)
    assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{problem}")
    assert head(gateway) == before
    assert browser.session == secret
    assert browser.get("/v1/session").json()["terms_pending"] is True


def test_a_form_without_its_token_accepts_nothing(gateway: Gateway, newcomer: str):
    """Another site cannot have somebody accept, even with the browser's cookie."""
    browser, _ = signed_in(gateway, newcomer)
    asked, before = shown(browser), head(gateway)
    browser.csrf = None
    assert browser.post("/v1/terms/acceptance", asked).json()["type"] == "/problems/csrf"
    assert head(gateway) == before


def test_a_machine_undertakes_nothing(gateway: Gateway, newcomer: str):
    """A program's token is not held up by the terms, and cannot answer them for the person."""
    before = head(gateway)
    terms = gateway.get(newcomer, "/v1/terms").json()
    asked = {"version": terms["version"], "sha256": terms["sha256"]}
    for answer in ("acceptance", "refusal"):
        refused = gateway.client.post(f"/v1/terms/{answer}", json=asked, headers=gateway.headers(newcomer))
        assert refused.status_code == 403
    assert head(gateway) == before
    assert gateway.get(newcomer, "/v1/dossiers").status_code == 200


def test_the_journal_tells_both_answers(gateway: Gateway, newcomer: str, tmp_path: Path):
    """Issue: the security journal; ids and codes alone."""
    browser, _ = signed_in(gateway, newcomer)
    browser.post("/v1/terms/refusal", shown(browser))
    gateway.engine.catch_up()
    browser, _ = signed_in(gateway, newcomer)
    browser.post("/v1/terms/acceptance", shown(browser))
    gateway.engine.catch_up()
    with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        rows = connection.execute(
            "select outcome, facts from auth.journal where kind = 'terms' and account_id = %s order by at",
            (gateway.accounts[newcomer],),
        ).fetchall()
    assert [row["outcome"] for row in rows] == ["refused", "accepted"]
    assert [row["facts"] for row in rows] == [{"version": "2026-01-01"}] * 2
