"""A thousand wrong passwords, spread over two processes: they are slowed down together, and nobody rightful is.

Two real `serve` processes on one database, behind a proxy that says where each request comes from.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from httpx import Client, Limits

from gateway.auth import limits
from ledger.account.events import Role
from support import plain
from support.browser import DEVICE, Browser
from support.databases import ORIGIN, Cluster
from support.gateway import Gateway, running_gateway
from support.programs import api, until_ready

WRONG = "Pas-le-bon-mot-de-passe-1"
MANY = [pytest.param(90, id="scaled"), pytest.param(1_000, id="whole", marks=pytest.mark.full)]


class Try(NamedTuple):
    """One attempt: who is named, and from where it seems to come."""

    email: str
    address: str


class Told(NamedTuple):
    status: int
    retry_after: int | None
    text: str


@dataclass
class Fleet:
    """A deployment with its accounts, and two processes that serve it."""

    gateway: Gateway
    clients: tuple[Client, Client]

    def sign_in(self, n: int, attempt: Try, password: str = WRONG) -> Told:
        answer = self.clients[n % 2].post(
            "/v1/session",
            json={"email": attempt.email, "password": password},
            headers={"X-Forwarded-For": attempt.address},
        )
        after = answer.headers.get("retry-after")
        return Told(answer.status_code, int(after) if after else None, answer.text)

    def attack(self, attempts: list[Try]) -> tuple[list[Told], float]:
        """All of them, as fast as eight at once go, one process after the other: the answers, and the seconds."""
        begun = time.monotonic()
        with ThreadPoolExecutor(8) as threads:
            told = list(threads.map(self.sign_in, range(len(attempts)), attempts))
        return told, time.monotonic() - begun

    def pass_time(self, seconds: float) -> None:
        with psycopg.connect(self.gateway.settings.database_url) as connection:
            moved = "at = at - make_interval(secs => %(s)s), next_at = next_at - make_interval(secs => %(s)s)"
            connection.execute(f"update auth.throttle set {moved}", {"s": seconds})

    def counted(self, question: str) -> int:
        with psycopg.connect(self.gateway.settings.database_url) as connection:
            row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture(scope="module")
def fleet(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    place: Path = tmp_path_factory.mktemp("attack")
    with running_gateway(cluster, place) as gateway:
        environment = {
            "DATABASE_URL": gateway.settings.database_url,
            "KEYS_DATABASE_URL": gateway.settings.keys_database_url,
            "DATA_DIR": str(gateway.settings.data_dir),
            "ORIGIN": ORIGIN,
            "TRUSTED_PROXIES": "127.0.0.1",
            "LEDGER_FICTITIOUS": "1",
            "ARGON2_MEMORY_KIB": "8192",
        }
        programs = [api(name, place, environment) for name in ("first", "second")]
        try:
            for program, _ in programs:
                program.start()
            for program, url in programs:
                until_ready(program, url)
            bound = Limits(max_connections=20)
            first, second = (plain.client(base_url=url, timeout=60, limits=bound) for _, url in programs)
            with first, second:
                yield Fleet(gateway, (first, second))
        finally:
            for program, _ in programs:
                program.terminate()


@pytest.fixture(autouse=True)
def quiet(fleet: Fleet) -> None:
    """Each story begins on a quiet day."""
    with psycopg.connect(fleet.gateway.settings.database_url) as connection:
        connection.execute("delete from auth.throttle")


def addresses() -> Iterator[str]:
    """Ever another home or office, IPv4 and IPv6 in turn."""
    for n in cycle(range(60_000)):
        yield f"198.{18 + n % 2}.{n // 250 % 250}.{n % 250}" if n % 2 else f"2001:db8:{n:x}:{n:x}::{n:x}"


def most(limit: limits.Limit, seconds: float) -> int:
    """How many attempts a limit lets be looked at in some seconds from its first one; one more for what has faded."""
    after = max(0, math.floor(math.log2(seconds / limit.base_seconds + 1)))
    return limit.free + after + 1


@contextmanager
def at_work(fleet: Fleet, browser: Browser) -> Iterator[list[int]]:
    """The rightful user goes on working on both processes meanwhile: what they are answered."""
    statuses: list[int] = []
    done = threading.Event()

    def work() -> None:
        for client in cycle(fleet.clients):
            cookies = {name: value for name, value in browser.cookies.items() if name != DEVICE}
            statuses.append(Browser(client, cookies).get("/v1/session").status_code)
            if done.wait(0.05):
                return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield statuses
    finally:
        done.set()
        thread.join(60)


def member(fleet: Fleet) -> tuple[str, str, Browser]:
    """A user: e-mail, password, and the browser that they have signed in from."""
    name = fleet.gateway.account(f"membre-{fleet.gateway.number()}", Role.PORTAL)
    browser = fleet.gateway.session(name)
    return fleet.gateway.emails[name], fleet.gateway.password(name), browser


@pytest.mark.parametrize("many", MANY)
def test_many_wrong_passwords_against_one_account(fleet: Fleet, many: int):
    """Rows O7, O1: from as many addresses as there are attempts, on two processes at once: some twenty are looked at.

    The session that is open goes on, and the rightful user signs in from a browser that they signed in from before.
    """
    email, password, browser = member(fleet)
    before = fleet.counted("select count(*) from auth.session")
    somewhere = addresses()
    with at_work(fleet, browser) as statuses:
        told, seconds = fleet.attack([Try(email, next(somewhere)) for _ in range(many)])
    looked_at = [each for each in told if each.status == 401]
    refused = [each for each in told if each.status == 429]
    assert len(looked_at) + len(refused) == many
    assert limits.ACCOUNT.free <= len(looked_at) <= most(limits.ACCOUNT, seconds)
    assert all(each.retry_after and 1 <= each.retry_after <= limits.ACCOUNT.cap_seconds for each in refused)
    assert not [each for each in told if email in each.text]
    assert set(statuses) == {200}
    assert len(statuses) > 1
    # The right password is not even looked at: who guesses it meanwhile does not learn that.
    assert fleet.sign_in(0, Try(email, next(somewhere)), password).status == 429
    assert fleet.counted("select count(*) from auth.session") == before
    known = Browser(fleet.clients[0], {DEVICE: browser.cookies[DEVICE]}, forwarded="203.0.113.1")
    assert known.sign_in(email, password).status_code == 200
    # From anywhere else they wait a quarter of an hour at most; waiting ends, whatever the attackers do.
    fleet.pass_time(limits.ACCOUNT.cap_seconds)
    assert fleet.sign_in(1, Try(email, next(somewhere)), password).status == 200


def test_an_account_that_nobody_has_is_slowed_down_alike(fleet: Fleet):
    """Whether there is anybody cannot be told from when the waits begin."""
    somewhere = addresses()
    told, seconds = fleet.attack([Try("personne@example.org", next(somewhere)) for _ in range(60)])
    looked_at = [each for each in told if each.status == 401]
    assert limits.ACCOUNT.free <= len(looked_at) <= most(limits.ACCOUNT, seconds)
    email, _, _ = member(fleet)
    other, _ = fleet.attack([Try(email, next(somewhere)) for _ in range(60)])
    shapes = [{each.text.partition('"correlation_id"')[0] for each in answers} for answers in (told, other)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("many", MANY)
def test_one_wrong_password_against_each_of_many_accounts(fleet: Fleet, many: int):
    """From one subscriber's network, each time with another of its addresses, on two processes: some fifty.

    Another address is not slowed down.
    """
    real = [member(fleet)[0] for _ in range(3)]
    emails = real + [f"compte-{n}@example.org" for n in range(many - 3)]
    attempts = [Try(email, f"2001:db8:7:7:{n:x}::{n:x}") for n, email in enumerate(emails)]
    told, seconds = fleet.attack(attempts)
    looked_at = [each for each in told if each.status == 401]
    assert limits.ADDRESS.free <= len(looked_at) <= most(limits.ADDRESS, seconds)
    assert all(each.status in {401, 429} for each in told)
    email, password, _ = member(fleet)
    assert fleet.sign_in(0, Try(email, "2001:db8:7:8::1"), password).status == 200
    assert fleet.sign_in(0, Try(email, "2001:db8:7:7::1"), password).status == 429


def test_an_address_that_the_client_makes_up_counts_for_nothing(fleet: Fleet):
    """Each request names another origin: what stands left of the proxy's own entry is not believed, nor without one."""
    attempts = [Try(f"ruse-{n}@example.org", f"198.51.100.{n}, 10.0.0.{n}, 203.0.113.5") for n in range(70)]
    told, seconds = fleet.attack(attempts)
    assert len([each for each in told if each.status == 401]) <= most(limits.ADDRESS, seconds)
    # Straight to a process that trusts no proxy: the header is as good as none.
    direct = [
        fleet.gateway.client.post(
            "/v1/session",
            json={"email": f"tout-droit-{n}@example.org", "password": WRONG},
            headers={"X-Forwarded-For": f"198.51.100.{n}"},
        ).status_code
        for n in range(60)
    ]
    assert 429 in direct


def test_one_attacker_does_not_lock_the_account_for_its_neighbours(fleet: Fleet):
    """Five tries from one address, then growing waits for that pair alone: the user at home is asked for a password."""
    email, password, _ = member(fleet)
    told, seconds = fleet.attack([Try(email, "203.0.113.66")] * 40)
    looked_at = [each for each in told if each.status == 401]
    assert limits.PAIR.free <= len(looked_at) <= most(limits.PAIR, seconds)
    assert fleet.sign_in(1, Try(email, "203.0.113.67"), password).status == 200


def test_the_journal_tells_of_an_attack_and_is_not_filled_by_it(fleet: Fleet):
    """Refused attempts by address and minute; no e-mail, no password."""
    email, _, _ = member(fleet)
    lines = fleet.counted("select count(*) from auth.journal")
    begun = time.time()
    told, _ = fleet.attack([Try(email, "203.0.113.99")] * 60)
    minutes = int(time.time() // 60 - begun // 60) + 1
    looked_at = len([each for each in told if each.status == 401])
    assert fleet.counted("select count(*) from auth.journal") - lines <= looked_at + minutes
    assert fleet.counted("select count(*) from auth.journal where outcome = 'throttled'") >= 1
    with psycopg.connect(fleet.gateway.settings.database_url) as connection:
        text = str(connection.execute("select j::text from auth.journal j").fetchall())
    assert "@" not in text
    assert WRONG not in text


def test_an_office_that_signs_in_well_never_waits(fleet: Fleet):
    """At nine in the morning, everybody behind one address: a success is taken back from the address's count."""
    people = [member(fleet)[:2] for _ in range(3)]
    statuses = [
        fleet.sign_in(n, Try(email, "192.0.2.200"), password).status
        for n, (email, password) in enumerate(people * ((limits.ADDRESS.free + 12) // 3))
    ]
    assert set(statuses) == {200}
