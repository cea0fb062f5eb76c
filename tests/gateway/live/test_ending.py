"""A stream lasts as long as the right to it, and no longer: it puts no end off, and it holds nothing up (row O25)."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from datetime import date
from pathlib import Path

import psycopg
import pytest

from gateway.api.app import create_app
from gateway.cli.serve import Api
from gateway.live.server import Server
from ledger.account.commands import ChangeMembership, DisableAccount, EndMembership, SuspendMembership
from ledger.account.events import Role
from support.browser import Browser
from support.company import Company, company
from support.databases import ORIGIN
from support.eventually import LOADED, PATIENCE_SECONDS, eventually
from support.gateway import Gateway, served
from support.programs import api, until_ready
from support.signing_in import code_of
from support.streams import PATH, SECONDS, Following, following

MOST_OF_ONE = 3
STREAMS = 6
REASONS = ("gone", "over")


@pytest.fixture(scope="module")
def firm(gateway: Gateway) -> Company:
    return company(gateway)


@pytest.fixture
def name(gateway: Gateway, firm: Company) -> str:
    """A user of the firm's first place."""
    return gateway.account(f"auditeur-{gateway.number()}", Role.PORTAL, (firm.organisation, firm.places[0]))


def ended(stream: Following) -> float:
    """How long it takes from now until the stream has ended, of itself."""
    began = time.monotonic()
    assert stream.ended.wait(PATIENCE_SECONDS), "the stream goes on"
    assert stream.whole
    return time.monotonic() - began


def team(gateway: Gateway, firm: Company, name: str) -> dict[str, object]:
    return {"account_id": gateway.accounts[name], "organisation_id": firm.organisation, "kind": "provider"}


def disable(gateway: Gateway, firm: Company, name: str) -> None:
    order = DisableAccount(account_id=gateway.accounts[name], on=date(2026, 3, 2))
    gateway.service.ledger.execute(order, actor=None)


def revoke(gateway: Gateway, firm: Company, name: str) -> None:
    for token in gateway.service.tokens.all(account_id=gateway.accounts[name]):
        gateway.service.tokens.revoke(token.token_id)


@pytest.mark.parametrize("ending", [disable, revoke])
def test_a_stream_ends_with_the_right_to_it(
    gateway: Gateway, firm: Company, name: str, ending: Callable[[Gateway, Company, str], None]
):
    """Within two seconds, and it says so: whoever comes back must sign in first."""
    with following(gateway, name) as stream:
        ending(gateway, firm, name)
        assert ended(stream) < SECONDS + LOADED
        assert stream.reason in {"right-ended", "over"}  # over: its own events were a moment ahead of the read model
        assert gateway.get(name, PATH, max_seconds=0).status_code == 401


@pytest.mark.parametrize("order", [SuspendMembership, EndMembership])
def test_what_is_no_longer_held_is_no_longer_heard(gateway: Gateway, firm: Company, name: str, order: type):
    """Deactivated in the organisation or taken out of it while listening: the next event is not theirs any more."""
    _, buyer = gateway.organisation("member")
    dossier = gateway.dossier(firm.places[0], buyer)
    with following(gateway, name) as stream, following(gateway, "case-manager") as staff:
        gateway.deposited(dossier_ids=str(dossier))
        stream.wait_for("dossiers", dossier)
        gateway.service.ledger.execute(order.model_validate(team(gateway, firm, name)), actor=None)
        gateway.settle()
        second = gateway.dossier(firm.places[0], buyer)
        staff.wait_for("dossiers", second)
        time.sleep(0.1)  # whoever follows is told in one go: it would be there by now
        assert not stream.heard("dossiers", second)


def test_what_is_held_from_now_on_is_heard_from_now_on(gateway: Gateway, firm: Company, name: str):
    """Another establishment is given to somebody who listens: no new sign-in, no new stream."""
    _, buyer = gateway.organisation("member")
    first = gateway.dossier(firm.places[1], buyer)
    with following(gateway, name) as stream:
        both = {"establishment_ids": list(firm.places[:2]), "profile": "user"}
        gateway.service.ledger.execute(
            ChangeMembership.model_validate({**team(gateway, firm, name), **both}), actor=None
        )
        gateway.settle()
        second = gateway.dossier(firm.places[1], buyer)
        # Where its own events were a moment ahead of the read model, it was sent away, and comes back.
        again = following(gateway, name, since=stream.position) if stream.reason == "over" else nullcontext(stream)
        with again as now:
            now.wait_for("dossiers", second)
            assert not now.heard("dossiers", first)


def by_cookie(browser: Browser) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}


def test_a_stream_puts_off_no_sessions_end(gateway: Gateway, firm: Company, name: str):
    """A page that is left open is no sign of life: the session ends when it would have, and the stream with it."""
    browser = gateway.session(name)
    _seen(gateway, name, "5 minutes")
    before = _ages(gateway, name)
    with following(gateway, headers=by_cookie(browser)) as stream:
        assert stream.status == 200
        assert _ages(gateway, name) == before
        _seen(gateway, name, "31 minutes")
        ended(stream)
        assert stream.reason == "right-ended"


def _seen(gateway: Gateway, name: str, ago: str) -> None:
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "update auth.session set seen_at = now() - %s::interval where account_id = %s",
            (ago, gateway.accounts[name]),
        )


def _ages(gateway: Gateway, name: str) -> list[tuple[object, ...]]:
    with psycopg.connect(gateway.settings.database_url) as connection:
        return connection.execute(
            "select session_id, seen_at from auth.session where account_id = %s", (gateway.accounts[name],)
        ).fetchall()


def test_signing_out_ends_every_window_of_it(gateway: Gateway, firm: Company, name: str):
    browser = gateway.session(name)
    with following(gateway, headers=by_cookie(browser)) as one, following(gateway, headers=by_cookie(browser)) as other:
        assert browser.send("DELETE", "/v1/session").status_code in {200, 204}
        for stream in (one, other):
            ended(stream)
            assert stream.reason == "right-ended"


@pytest.fixture
def crowd(gateway: Gateway, firm: Company) -> list[str]:
    return [
        gateway.account(f"foule-{gateway.number()}", Role.PORTAL, (firm.organisation, firm.places[0]))
        for _ in range(STREAMS // MOST_OF_ONE)
    ]


def test_an_account_listens_in_so_many_windows(gateway: Gateway, firm: Company, name: str):
    """One too many is told when to come back; a window that is closed makes room at once. Streams are counted, and are
    no part of how fast answers are."""
    headers = gateway.headers(name)
    with served(create_app(gateway.settings)) as (client, app):
        registry, url = app.state.metrics.registry, str(client.base_url)
        with ExitStack() as windows:
            for _ in range(MOST_OF_ONE):
                windows.enter_context(following(gateway, name, url=url))
            refused = client.get(PATH, headers=headers)
            assert (refused.status_code, code_of(refused)) == (429, "too-many-attempts")
            assert refused.headers["retry-after"] == "10"
            assert registry.get_sample_value("ledger_streams") == MOST_OF_ONE
        eventually(lambda: not registry.get_sample_value("ledger_streams"))
        assert client.get(f"{PATH}?max_seconds=0", headers=headers).status_code == 200

        def ended_by() -> dict[str, float | None]:
            return {why: registry.get_sample_value("ledger_streams_ended_total", {"reason": why}) for why in REASONS}

        # The client has its answer a moment before it is counted.
        eventually(lambda: ended_by() == {"gone": MOST_OF_ONE, "over": 1}, ended_by)
        route = {"route": "/v1/changes"}
        answered = {"method": "GET", **route, "status": "200"}
        eventually(lambda: registry.get_sample_value("ledger_http_requests_total", answered) == MOST_OF_ONE + 1)
        assert registry.get_sample_value("ledger_http_request_seconds_count", route) == 1  # the refusal


def test_a_server_stops_at_once_with_its_streams(gateway: Gateway, crowd: list[str]):
    """Whoever listens is told, and comes back to another process; nothing is cut. `serve` is such a server."""
    assert issubclass(Api, Server)
    with ExitStack() as open_:
        with served(create_app(gateway.settings)) as (client, _):
            streams = [
                open_.enter_context(following(gateway, who, url=str(client.base_url)))
                for who in crowd
                for _ in range(MOST_OF_ONE)
            ]
            began = time.monotonic()
        assert time.monotonic() - began < SECONDS + LOADED
        assert [stream.reason for stream in streams] == ["stopping"] * STREAMS
        assert all(stream.whole for stream in streams)


@pytest.mark.full
def test_serve_stops_at_once_when_told(gateway: Gateway, crowd: list[str], tmp_path: Path):
    """The command itself, by SIGTERM, as a deployment stops it."""
    environment = {
        "DATABASE_URL": gateway.settings.database_url,
        "KEYS_DATABASE_URL": gateway.settings.keys_database_url,
        "DATA_DIR": str(gateway.settings.data_dir),
        "ORIGIN": ORIGIN,
        "STREAMS_PER_ACCOUNT": str(MOST_OF_ONE),
    }
    program, url = api("serve", tmp_path, environment)
    program.start()
    try:
        until_ready(program, url)
        with ExitStack() as open_:
            streams = [open_.enter_context(following(gateway, who, url=url)) for who in crowd]
            began = time.monotonic()
            assert program.terminate() == 0
            assert time.monotonic() - began < SECONDS + LOADED
            assert [stream.reason for stream in streams] == ["stopping"] * len(crowd)
    finally:
        program.kill()
