"""A primary with a synchronous standby: the primary dies under load, the standby is promoted, the service goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from gateway import service as services
from gateway.doctor import Level, examine
from gateway.settings import Settings
from support import verdict
from support.battlefield import environment_of, standing_on
from support.crowd import Crowd, at_work
from support.databases import ORIGIN
from support.demand import Standing
from support.eventually import eventually
from support.programs import Program, api, until_ready, worker
from support.standby import Pair, pair


@dataclass
class Deployment:
    """An API and a worker over the pair, known to them by one URL with both hosts."""

    both: Pair
    settings: Settings
    standing: Standing
    programs: list[Program]
    address: str

    def said(self) -> str:
        return "\n".join(program.said() for program in self.programs)

    def at_work(self, seed: int) -> AbstractContextManager[Crowd]:
        return at_work([self.address], self.standing, seed=seed, clients=4, said=self.said)


@contextmanager
def deployment(place: Path) -> Iterator[Deployment]:
    with pair(place) as both:
        settings = Settings(both.url("ledger"), both.url("ledger_keys"), data_dir=place / "var", origin=ORIGIN)
        services.migrate(settings)
        standing = standing_on(settings)
        both.replicate()
        environment = environment_of(settings)
        serve, address = api("api", place, environment)
        programs = [serve, worker("worker", place, environment)]
        try:
            for program in programs:
                program.start()
            until_ready(serve, address)
            yield Deployment(both, settings, standing, programs, address)
        finally:
            for program in programs:
                program.kill()


def hold(running: Deployment, crowd: Crowd, after: int) -> None:
    verdict.until_caught_up(running.settings)
    verdict.hold_to_journal(running.settings, running.standing, crowd.journal, after=after)
    verdict.hold_to_itself(running.settings, crowd.journal)


@pytest.mark.timeout(300)
def test_the_service_goes_on_on_the_standby_with_all_that_was_acknowledged(place: Path, seed: int):
    """No process is restarted: each finds the server that lets itself be written by the URL that it has."""
    with deployment(place) as running:
        before = verdict.head(running.settings)
        with running.at_work(seed) as crowd:
            crowd.until_accepted(60)
            running.both.kill_primary()
            running.both.promote()
            running.both.stand_alone()
            crowd.until_accepted(60)
        print(f"{len(crowd.journal.accepted)} accepted; unanswered: {dict(crowd.journal.lost)}")
        hold(running, crowd, before)
        assert [program.terminate() for program in running.programs] == [0, 0]  # the ones that were started first


@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_promoted_server_that_waits_for_a_standby_of_its_own_hangs_nobody_for_ever(place: Path, seed: int):
    """It has inherited `synchronous_standby_names`: orders wait and none is confirmed, the doctor says why, and once
    the names are reset what waited is confirmed, without a restart.
    """
    with deployment(place) as running:
        before = verdict.head(running.settings)
        with running.at_work(seed) as crowd:
            crowd.until_accepted(20)
            running.both.kill_primary()
            running.both.promote()
            eventually(lambda: Level.FAIL in standby_levels(running.settings))
            told = len(crowd.journal.accepted)
            time.sleep(12)  # longer than anybody waits for a lock
            assert len(crowd.journal.accepted) == told
            running.both.stand_alone()
            crowd.until_accepted(40)
            assert standby_levels(running.settings) == [Level.OK]
        hold(running, crowd, before)


def standby_levels(settings: Settings) -> list[Level]:
    try:
        return [found.level for found in examine(settings) if found.subject == "secours"]
    except psycopg.OperationalError:
        return []
