"""`GET /v1/changes` over HTTP: what arrives is told to those whose it is, without loss and without a double."""

from __future__ import annotations

import time

import psycopg
import pytest
from httpx import Response

from gateway.live import live, stream
from support.eventually import LOADED, eventually
from support.gateway import Gateway, World
from support.signing_in import code_of
from support.streams import PATH, SECONDS, following, messages


def polled(gateway: Gateway, who: str, since: int | None = None) -> tuple[int, list[tuple[str, dict]]]:
    """What has changed since: the position up to where that is, and the messages."""
    headers = {} if since is None else {"Last-Event-ID": str(since)}
    answer = gateway.get(who, PATH, headers=headers, max_seconds=0)
    assert answer.status_code == 200, answer.text
    told = list(messages(iter(answer.text.split("\n"))))
    assert (told[-1].event, told[-1].data) == ("end", {"reason": "over"})
    assert int(answer.headers["ledger-position"]) <= (told[-1].position or 0)
    return told[-1].position or 0, [(each.event, each.data) for each in told[:-1] if each.event]


def test_a_deposit_is_told_to_those_whose_it_is(gateway: Gateway, world: World):
    """O33: within two seconds, once; the other provider hears of nothing but its own dossier."""
    with following(gateway, "provider") as mine, following(gateway, "other-provider") as other:
        assert (mine.status, mine.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert (mine.headers["x-accel-buffering"], mine.headers["cache-control"]) == ("no", "no-store")
        began = time.monotonic()
        gateway.deposited(dossier_ids=str(world.dossier))
        told = mine.wait_for("dossiers", world.dossier)
        assert told.at - began < SECONDS + LOADED
        assert told.data == {"dossiers": [str(world.dossier)], "transfers": []}
        gateway.deposited(dossier_ids=str(world.other_dossier))
        other.wait_for("dossiers", world.other_dossier)
        assert len(mine.changes) == len(other.changes) == 1


def test_a_payment_is_told_when_the_bank_has_answered(gateway: Gateway, world: World):
    """O40: nothing of what the fund prepares; then the règlement and its dossier. Staff hear of both all along."""
    with following(gateway, "provider") as mine, following(gateway, "auditor") as auditor:
        invoice = gateway.approved_invoice(world.dossier, world.first)
        _, transfer = gateway.paid_transfer(invoice, provider=world.first, total_cents=60000)
        told = mine.wait_for("transfers", transfer)
        assert str(world.dossier) in told.data["dossiers"]
        assert [str(transfer)] == [each for told in mine.changes for each in told.data["transfers"]]
        auditor.wait_until(told.position or 0)
        assert auditor.heard("transfers", transfer)[0].position < told.position


def test_who_comes_back_has_missed_nothing_and_hears_nothing_twice(gateway: Gateway, world: World):
    """A connection that is lost ten times while dossiers change: each change is in exactly one of the answers."""
    dossiers = [gateway.dossier(world.first, world.company) for _ in range(6)]
    position, _ = polled(gateway, "provider")
    heard: list[str] = []
    for nth, dossier in enumerate(dossiers):
        with following(gateway, "provider", since=position) as mine:
            if nth % 2:
                gateway.deposited(dossier_ids=str(dossier))
                mine.wait_for("dossiers", dossier)
            heard += [each for told in mine.changes for each in told.data["dossiers"]]
            position = mine.position
        if nth % 2 == 0:  # while nobody listens
            gateway.deposited(dossier_ids=str(dossier))
    position, rest = polled(gateway, "provider", position)
    heard += [each for _, data in rest for each in data["dossiers"]]
    assert sorted(heard) == sorted(str(dossier) for dossier in dossiers)
    assert polled(gateway, "provider", position) == (position, [])


def test_what_the_whole_fund_was_told_meanwhile_is_nothing_to_a_stranger(gateway: Gateway, world: World):
    """The position goes on for everybody, so that nobody comes back with too old a one: it is all that one gets."""
    stranger = "stranger"
    gateway.account(stranger, gateway.roles["provider"], gateway.organisation())
    position, _ = polled(gateway, stranger)
    gateway.deposited(dossier_ids=str(world.dossier))
    later, told = polled(gateway, stranger, position)
    assert (later > position, told) == (True, [])


def test_who_was_away_too_long_reads_again(gateway: Gateway, world: World, monkeypatch: pytest.MonkeyPatch):
    """Too far behind, or ahead of the log (a database that was restored): said, not guessed."""
    position, _ = polled(gateway, "provider")
    monkeypatch.setattr(live, "MOST_BEHIND", 1)
    assert polled(gateway, "provider", position - 2) == (position, [("reset", {})])
    assert polled(gateway, "provider", position + 1_000_000) == (position, [("reset", {})])


def test_a_quiet_stream_says_that_it_is_there(gateway: Gateway, world: World, monkeypatch: pytest.MonkeyPatch):
    """The position alone: browsers keep it, and make no event of it."""
    monkeypatch.setattr(stream, "BEAT_SECONDS", 0.05)
    with following(gateway, "provider") as mine:
        eventually(lambda: len(mine.told) >= 4)
        assert mine.changes == []
        assert all(each.position is not None for each in mine.told[1:])


def test_a_lost_notification_costs_a_second_and_no_event(gateway: Gateway, world: World):
    """The one connection that listens is cut by the server."""
    with following(gateway, "provider") as mine:
        with psycopg.connect(gateway.settings.database_url, autocommit=True) as connection:
            cut = connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
                "and application_name = 'dossier-ledger subscription' and query ilike 'listen%'"
            ).fetchall()
        assert cut
        gateway.deposited(dossier_ids=str(world.dossier))
        mine.wait_for("dossiers", world.dossier)


@pytest.mark.parametrize("given", ["abc", "-1", "1e3", "1 2", "0x10", "9" * 19, "1;2"])
def test_what_is_no_position_is_said(gateway: Gateway, world: World, given: str):
    answer = gateway.get("provider", PATH, headers={"Last-Event-ID": given}, max_seconds=0)
    assert (answer.status_code, code_of(answer)) == (422, "invalid")
    assert [(each["in"], each["pointer"]) for each in answer.json()["errors"]] == [("header", "/Last-Event-ID")]
    assert answer.json()["errors"][0]["code"] == "position"


@pytest.mark.parametrize("asked", [{"max_seconds": -1}, {"max_seconds": 901}, {"max_seconds": "x"}, {"dossier": "1"}])
def test_a_parameter_that_cannot_be_is_said(gateway: Gateway, world: World, asked: dict):
    answer = gateway.get("provider", PATH, **asked)
    assert (answer.status_code, code_of(answer)) == (422, "invalid")
    assert answer.json()["errors"][0]["in"] == "query"


def test_nobody_and_operators_hear_nothing(gateway: Gateway):
    def refused(who: str | None) -> Response:
        return gateway.get(who, PATH, max_seconds=0)

    assert (refused(None).status_code, code_of(refused(None))) == (401, "unauthenticated")
    assert (refused("operator").status_code, code_of(refused("operator"))) == (403, "forbidden")
