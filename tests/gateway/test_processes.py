"""Several processes on one database: two gateways and two workers, stopped, killed and replaced while orders go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

import httpx
import psycopg
import pytest

from gateway import service as services
from gateway.settings import Settings
from ledger.account.commands import CreateAccount
from ledger.account.events import Role
from ledger.kit.fictitious import fictitious_siren
from ledger.log.outside import Outside
from ledger.organisation.commands import RegisterOrganisation
from projections.engine import status as condition_of
from projections.engine.engine import Engine
from projections.registry import ALL
from support import plain
from support.databases import ORIGIN
from support.eventually import PATIENCE_SECONDS, eventually
from support.programs import Program, answers, api, worker


@dataclass
class Fleet:
    """The processes of one deployment, and a caller of its API."""

    settings: Settings
    token: str
    place: Path
    programs: list[Program] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.settings.database_url,
            "KEYS_DATABASE_URL": self.settings.keys_database_url,
            "DATA_DIR": str(self.settings.data_dir),
            "ORIGIN": ORIGIN,
        }

    def gateway(self, name: str) -> tuple[Program, str]:
        program, url = api(name, self.place, self.environment)
        return self._started(program), url

    def worker(self, name: str) -> Program:
        return self._started(worker(name, self.place, self.environment))

    def _started(self, program: Program) -> Program:
        program.start()
        self.programs.append(program)
        return program

    def order(self, url: str, number: int) -> httpx.Response:
        """Register an organisation; the same number is the same order, wherever it is given."""
        return plain.post(
            f"{url}/v1/organisations",
            json={"siren": fictitious_siren(number), "name": f"Organisme {number}", "kinds": ["provider"]},
            headers={"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"ordre-{number}"},
            timeout=PATIENCE_SECONDS,
        )

    def register(self, url: str, number: int) -> str:
        """Register a person, whose name is sealed; its id."""
        answer = plain.post(
            f"{url}/v1/persons",
            json={"last_name": f"NOM{number}", "first_name": "Prénom"},
            headers={"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"personne-{number}"},
            timeout=PATIENCE_SECONDS,
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def name_of(self, url: str, person: str) -> str:
        """A person's name as a gateway opens it."""
        answer = plain.get(
            f"{url}/v1/persons/{person}", headers={"Authorization": f"Bearer {self.token}"}, timeout=PATIENCE_SECONDS
        )
        return str(answer.json().get("last_name", answer.text))

    def command(self, *words: str) -> None:
        """An operator's command, which must succeed."""
        program = self._started(Program("-".join(words), words, self.place, self.environment))
        assert program.process is not None
        assert program.process.wait(PATIENCE_SECONDS) == 0, program.said()

    def insisted(self, urls: list[str], number: int) -> int:
        """Give an order until one of the gateways answers it; its position."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        for url in (urls[turn % len(urls)] for turn in count(number)):
            try:
                answer = self.order(url, number)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 201:
                return int(answer.json()["position"])
            assert time.monotonic() < deadline, answer and answer.text
            time.sleep(0.05)
        raise AssertionError

    def value(self, query: str) -> int:
        with psycopg.connect(self.settings.database_url) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def folded(self) -> bool:
        return self.value("select min(position) from read.position") == self.value(
            "select max(position) from log.events"
        )


@pytest.fixture
def fleet(make_databases: Callable, tmp_path: Path) -> Iterator[Fleet]:
    databases = make_databases()
    settings = Settings(databases.ledger, databases.keys, data_dir=tmp_path / "data", origin=ORIGIN)
    services.migrate(settings)
    with services.opened(settings) as service:
        person = {"last_name": "Essai", "first_name": "Compte", "email": "compte@example.org"}
        account = service.ledger.execute(CreateAccount(**person, role=Role.CASE_MANAGER), actor=None).resource_id
        with Engine(service.database, service.keyring, ALL) as engine:
            engine.catch_up()
        token, _ = service.tokens.create(account, label="essai")
    fleet = Fleet(settings, token, tmp_path)
    yield fleet
    for program in fleet.programs:
        program.kill()


def test_two_gateways_and_two_workers_share_one_log(fleet: Fleet):
    """Each order goes to both gateways at once and is recorded once; a gateway is replaced, a worker is killed."""
    (first, one), (_, two) = fleet.gateway("gateway-1"), fleet.gateway("gateway-2")
    leader, standby = fleet.worker("worker-1"), fleet.worker("worker-2")
    for url in (one, two):
        eventually(partial(answers, url), first.said)
    before = fleet.value("select max(position) from log.events")

    with ThreadPoolExecutor(8) as pool:
        given = [(pool.submit(fleet.order, one, n), pool.submit(fleet.order, two, n)) for n in range(30)]
        for pair in given:
            both = [each.result() for each in pair]
            assert {answer.status_code for answer in both} == {201}
            assert len({answer.json()["position"] for answer in both}) == 1
        assert fleet.value("select max(position) from log.events") == before + 30

        # What one gateway recorded is read at the other.
        position = fleet.insisted([one], 100)
        seen = plain.get(
            f"{two}/v1/organisations/{fleet.order(one, 100).json()['id']}",
            params={"min_position": position},
            headers={"Authorization": f"Bearer {fleet.token}"},
        )
        assert seen.status_code == 200

        going_on = [pool.submit(fleet.insisted, [one, two], number) for number in range(200, 260)]
        assert first.terminate() == 0
        for program in (leader, standby):
            if program.lives():
                program.kill()
                break
        again, _ = fleet.gateway("gateway-3")
        positions = [each.result() for each in going_on]
    assert len(set(positions)) == 60
    assert fleet.value("select count(*) from log.events") == fleet.value("select max(position) from log.events")
    assert max(positions) == before + 30 + 1 + 60
    eventually(fleet.folded, standby.said)
    assert again.lives()
    assert standby.terminate() == 0


def test_the_master_key_changes_under_running_processes(fleet: Fleet):
    """Two gateways seal and open for each other before, while and after every key is wrapped anew."""
    (_, one), (_, two) = fleet.gateway("gateway-1"), fleet.gateway("gateway-2")
    working = fleet.worker("worker")
    for url in (one, two):
        eventually(partial(answers, url), working.said)
    registered = {fleet.register(one, 0): 0}
    fleet.command("keys", "prepare")
    with ThreadPoolExecutor(2) as pool:
        going_on = {n: pool.submit(fleet.register, (one, two)[n % 2], n) for n in range(1, 41)}
        fleet.command("keys", "rotate")
        registered |= {each.result(): n for n, each in going_on.items()}
    registered |= {fleet.register(url, 100 + n): 100 + n for n, url in enumerate((one, two))}
    eventually(fleet.folded, working.said)
    for url in (one, two):
        assert {person: fleet.name_of(url, person) for person in registered} == {
            person: f"NOM{number}" for person, number in registered.items()
        }
    with psycopg.connect(fleet.settings.keys_database_url) as connection:
        behind = connection.execute("select count(*) from keys.subject_key where epoch < 2").fetchone()
    assert behind == (0,)


def test_a_gateway_told_to_stop_finishes_what_is_under_way(fleet: Fleet):
    """Graceful drain: nobody new is let in, the order that waits is recorded and answered, the exit code is 0."""
    gateway, url = fleet.gateway("gateway")
    eventually(lambda: answers(url), gateway.said)
    with ThreadPoolExecutor(2) as pool:
        with psycopg.connect(fleet.settings.database_url) as holder:
            holder.execute("select pg_advisory_xact_lock(1818585191, 1)")
            waiting = pool.submit(fleet.order, url, 1)
            blocked = (
                "select count(*) from pg_stat_activity where wait_event = 'advisory' and datname = current_database()"
            )
            eventually(lambda: fleet.value(blocked) == 1, gateway.said)
            stopped = pool.submit(gateway.terminate)
            eventually(lambda: not answers(url), gateway.said)
            assert not waiting.done()
            assert not stopped.done()
            holder.rollback()
        answer = waiting.result()
        assert answer.status_code == 201
        assert stopped.result() == 0
    assert fleet.value("select max(position) from log.events") == answer.json()["position"]


def test_a_worker_told_to_stop_finishes_its_batch_and_leaves_the_head_noted(fleet: Fleet):
    with services.opened(fleet.settings) as service:
        for n in range(40):
            fields = {"siren": fictitious_siren(n), "name": "Organisme", "kinds": ["provider"]}
            service.ledger.execute(RegisterOrganisation.model_validate(fields), actor=None)
        working = fleet.worker("worker")
        eventually(lambda: fleet.value("select max(position) from read.position") > 2, working.said)
        assert working.terminate() == 0
        head = fleet.value("select max(position) from log.events")
        with Engine(service.database, service.keyring, ALL) as engine:
            engine.catch_up()
        assert {each.position for each in condition_of.status(service.database, ALL)} == {head}
    noted = Outside(fleet.settings.outside_path).read()
    assert noted is not None
    assert noted.position == head
