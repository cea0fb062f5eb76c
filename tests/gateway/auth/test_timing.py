"""How long a refusal takes says nothing about whether there is an account: a statistical test, and its own control.

Attempts of each kind are taken in turn, in rounds of a random order, so that whatever else the machine does meets all
of them alike. For two kinds the differences within the rounds are compared with the same differences under random
signs. Kinds differ where chance explains it less than once in a thousand runs AND the middle difference is more than
three hundredths of an answer's time, and where a second sample says the same: a busy machine must not say it alone.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import count

import psycopg
import pytest
from fastapi import FastAPI
from httpx import Client

from gateway.api.app import create_app
from gateway.auth.passwords import Passwords
from gateway.service import Service
from gateway.settings import ARGON2_MEMORY_KIB
from ledger.account.commands import DisableAccount
from ledger.account.events import Role
from support.databases import Cluster
from support.gateway import PASSWORD, Gateway, running_gateway, served

WRONG = "Pas-le-bon-mot-de-passe-1"
CHANCE = 0.001
SHARE = 0.03
SIGNS = 8_000
ATTEMPTS = 5
WHOLE = (pytest.mark.full, pytest.mark.timeout(1800))
# A lighter argon2 hides less: what else takes time is a larger share of an answer's.
STRENGTHS = [
    pytest.param((16, ARGON2_MEMORY_KIB // 4), id="scaled"),
    pytest.param((200, ARGON2_MEMORY_KIB), id="whole", marks=WHOLE),
]
EACH = 4  # accounts of a kind: each is asked for no oftener than unknown addresses are


@dataclass
class Sample:
    """The seconds of each kind of attempt, round by round."""

    seconds: dict[str, list[float]]

    def compare(self, kind: str, other: str, seed: int) -> tuple[float, float]:
        """How likely chance alone makes such differences (Wilcoxon's signed ranks), and the middle one's share.

        Ranks, since one round may meet anything; the share is of an answer's time.
        """
        differences = [a - b for a, b in zip(self.seconds[kind], self.seconds[other], strict=True)]
        ranked = sorted(differences, key=abs)
        found = abs(sum(math.copysign(rank, each) for rank, each in enumerate(ranked, 1)))
        chance = random.Random(seed)
        ranks = range(1, len(ranked) + 1)
        as_far = sum(
            abs(sum(rank if chance.random() < 0.5 else -rank for rank in ranks)) >= found for _ in range(SIGNS)
        )
        share = abs(statistics.median(differences)) / statistics.median(self.seconds[other])
        return (as_far + 1) / (SIGNS + 1), share

    def differ(self, kind: str, other: str, *, seed: int = 20261122) -> bool:
        chance, share = self.compare(kind, other, seed)
        print(f"{kind} / {other}: p={chance:.4f}, {share:.1%} (seed {seed})")
        return chance < CHANCE and share > SHARE


@dataclass
class Strict:
    """The deployment with an argon2 that takes its time (whole: production's 64 MiB), and the accounts of each kind."""

    rounds: int
    gateway: Gateway
    client: Client
    app: FastAPI
    emails: dict[str, list[str]]

    def sample(
        self, path: str, body: Callable[[str], dict[str, str]], status: int, *, rounds: int | None = None
    ) -> Sample:
        """Ask so many times for each kind, and hold every answer to the same bytes but for its correlation id."""
        rounds = rounds or self.rounds
        seconds: dict[str, list[float]] = {kind: [] for kind in self.emails}
        shapes: set[str] = set()
        chance = random.Random(rounds)
        for turn in range(-1, rounds):  # one to warm up
            self.forget()
            for kind in chance.sample(sorted(self.emails), len(self.emails)):
                email = self.emails[kind][turn % EACH]
                begun = time.perf_counter()
                answer = self.client.post(path, json=body(email))
                took = time.perf_counter() - begun
                assert answer.status_code == status, answer.text
                shapes.add(answer.text.partition('"correlation_id"')[0])
                if turn >= 0:
                    seconds[kind].append(took)
        assert len(shapes) == 1
        return Sample(seconds)

    def forget(self) -> None:
        """Waits are another test's."""
        with psycopg.connect(self.gateway.settings.database_url) as connection:
            connection.execute("delete from auth.throttle")
            connection.execute("delete from auth.allowance")


@pytest.fixture(scope="module", params=STRENGTHS)
def strict(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Strict]:
    rounds, memory_kib = request.param
    numbers = count()
    with running_gateway(cluster, tmp_path_factory.mktemp("timing")) as gateway:
        settings = replace(gateway.settings, argon2_memory_kib=memory_kib)
        with served(create_app(settings)) as (client, app):
            # Hashed at the same strength: accounts keep the one that they were hashed with.
            weak, strong = gateway.service, app.state.service
            emails: dict[str, list[str]] = {}
            for kind in ("known", "disabled", "without-password"):
                names = [gateway.account(f"{kind}-{next(numbers)}", Role.PORTAL) for _ in range(EACH)]
                emails[kind] = [gateway.emails[name] for name in names]
                for name in names:
                    if kind != "without-password":
                        gateway.service = strong
                        gateway.password(name)
                        gateway.service = weak
                    if kind == "disabled":
                        order = DisableAccount(account_id=gateway.accounts[name], on=date(2026, 3, 2))
                        weak.ledger.execute(order, actor=None)
            gateway.engine.catch_up()
            emails["unknown"] = [f"personne-{n}@example.org" for n in range(EACH)]
            yield Strict(rounds, gateway, client, app, emails)


def found_out(sampled: Callable[[], Sample]) -> list[str]:
    """The kinds that are told apart from nobody's, twice over."""
    first = told_apart(sampled())
    return [kind for kind in told_apart(sampled()) if kind in first] if first else []


def told_apart(sample: Sample) -> list[str]:
    return [kind for kind in sample.seconds if kind != "unknown" and sample.differ(kind, "unknown")]


def credentials(email: str) -> dict[str, str]:
    return {"email": email, "password": WRONG}


def test_a_wrong_password_and_an_unknown_account_take_as_long(strict: Strict):
    """Known, disabled, without a password yet, unknown: one answer, one time."""
    assert found_out(lambda: strict.sample("/v1/session", credentials, 401)) == []


def test_a_right_password_of_a_disabled_account_is_a_wrong_one(strict: Strict):
    """Whoever has an old password does not learn that it was right."""
    [disabled, *_] = strict.emails["disabled"]
    [unknown, *_] = strict.emails["unknown"]
    strict.forget()
    answers = [
        strict.client.post("/v1/session", json={"email": email, "password": PASSWORD}) for email in (disabled, unknown)
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    first, second = (answer.text.partition('"correlation_id"')[0] for answer in answers)
    assert first == second


def test_to_ask_for_a_new_password_takes_as_long(strict: Strict):
    """Row O2: the request notes a wish, whatever the truth; the worker finds out."""
    asked = partial(strict.sample, "/v1/password-reset", lambda email: {"email": email}, 202)
    assert found_out(asked) == []


class Hasty(Passwords):
    """What must never be: nobody's password is not hashed, since there is nothing to compare it with."""

    async def verify(self, password_hash: str | None, password: str) -> bool:
        return password_hash is not None and await super().verify(password_hash, password)


def test_the_test_itself_finds_an_account_out(strict: Strict):
    """The control: where nobody's password takes no time, known accounts are told apart by these very figures."""
    service: Service = strict.app.state.service
    hasty = Hasty(service.database, service.settings)
    strict.app.state.service = replace(service, passwords=hasty)
    sampled = partial(strict.sample, "/v1/session", credentials, 401, rounds=14)
    try:
        # A machine that pauses may hide a difference from so few rounds, though not time and again.
        assert any(set(found_out(sampled)) == {"known", "disabled"} for _ in range(ATTEMPTS))
    finally:
        strict.app.state.service = service
        hasty.close()


def test_a_small_difference_is_found_by_many_rounds():
    """The figures' own test: a tenth more is found in two hundred rounds of noise, none where there is none."""
    chance = random.Random(7)

    def noisy(seconds: float) -> Sequence[float]:
        return [seconds * chance.lognormvariate(0, 0.15) for _ in range(200)]

    same = Sample({"a": list(noisy(0.1)), "b": list(noisy(0.1)), "c": list(noisy(0.11))})
    assert not same.differ("a", "b")
    assert same.differ("c", "b")
