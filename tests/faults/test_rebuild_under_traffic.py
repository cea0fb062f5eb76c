"""All read models rebuilt, compared and swapped while orders are given and pages looked at: nobody notices."""

from __future__ import annotations

import time
from itertools import count
from pathlib import Path

import pytest

from benchmarks.logs import fill
from gateway import service as services
from gateway.generator.events import appends, events
from gateway.settings import Settings
from ledger.account.events import Role
from support import givens, verdict
from support.battlefield import Battlefield, battlefield, environment_of
from support.crowd import Crowd, at_work
from support.eventually import LOADED
from support.onlookers import Looks, looking
from support.programs import Program

CLIENTS = 2
CALM_SECONDS = 3.0
NORMAL_WITHIN_SECONDS = 10.0 + LOADED


def run(place: Path, seed: int, number: int, *, patience: float) -> None:
    with battlefield(place) as field:
        remember(field.settings, seed, number)
        verdict.until_caught_up(field.settings, patience)
        before = verdict.head(field.settings)
        token = field.standing.tokens[Role.CASE_MANAGER]
        with (
            at_work(field.addresses, field.standing, seed=seed, clients=CLIENTS, said=field.said) as crowd,
            looking(field.addresses[0], token) as looks,
        ):
            rebuild_and_swap(field, crowd, looks)
        assert looks.wrong == []
        assert not crowd.journal.lost, "every order was answered at its first sending"
        verdict.until_caught_up(field.settings)
        verdict.hold_to_journal(field.settings, field.standing, crowd.journal, after=before)
        verdict.hold_to_itself(field.settings, crowd.journal)


def rebuild_and_swap(field: Battlefield, crowd: Crowd, looks: Looks) -> None:
    """As an operator does it, command by command; what each did to the page is printed."""
    began = time.monotonic()
    time.sleep(CALM_SECONDS)
    crowd.until_accepted(20)
    print(f"before: {looks.told(began, time.monotonic())}")
    for command in (["rebuild", "--processes", "2"], ["diff"], ["swap"]):
        began, accepted = time.monotonic(), len(crowd.journal.accepted)
        operate(field, *command)
        ended = time.monotonic()
        more = len(crowd.journal.accepted) - accepted
        print(f"{command[0]}: {ended - began:.1f} s, {more} orders, {looks.told(began, ended)}")
    began, goal = time.monotonic(), verdict.head(field.settings)
    verdict.until_reached(field.settings, goal, NORMAL_WITHIN_SECONDS)
    print(f"lag back to normal {time.monotonic() - began:.2f} s after the swap")
    crowd.until_accepted(20)


def operate(field: Battlefield, *command: str) -> None:
    program = Program("projections", ("projections", *command), field.place, environment_of(field.settings))
    program.start()
    assert program.process is not None
    assert program.process.wait(3_000) == 0, program.said()


def remember(settings: Settings, seed: int, number: int) -> None:
    """So many events of generated lives, in the log."""
    with services.opened(settings) as service:
        fill(service.ledger.log_recorder, appends(events(seed, number, service.keyring), service.keyring, together=50))


@pytest.fixture(autouse=True)
def others_than_the_fund_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clients' organisations and dossiers are numbered past those of any generated fund."""
    monkeypatch.setattr(givens, "_numbers", count(90_000))


@pytest.mark.timeout(300)
def test_a_small_fund_is_rebuilt_while_it_works(place: Path, seed: int):
    run(place, seed, 5_000, patience=60)


@pytest.mark.full
@pytest.mark.timeout(7200)
def test_a_million_events_are_rebuilt_while_the_fund_works(place: Path, seed: int):
    run(place, seed, 1_000_000, patience=600)
