"""kill -9 of the gateway, the workers and PostgreSQL at random moments under mixed load: nothing acknowledged is lost.

The choices come from a seed, which is printed; `SEED=<seed>` plays them again. The moments are a machine's own.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from support import verdict
from support.battlefield import Battlefield, battlefield
from support.crowd import at_work
from support.demand import Journal
from support.programs import until_ready

KINDS = ("api", "worker", "postmaster", "backend")
CLIENTS = 4


def campaign(field: Battlefield, seed: int, kills: int) -> Journal:
    """Clients at work while things are killed; each time the service has to come back by itself before the next."""
    random = Random(seed)
    # Each kind comes as often as the others, in an order of the seed's.
    kinds = [kind for _ in range(kills // len(KINDS) + 1) for kind in random.sample(KINDS, len(KINDS))]
    with at_work(field.addresses, field.standing, seed=seed, clients=CLIENTS, said=field.said) as crowd:
        for kind in kinds[:kills]:
            crowd.until_accepted(random.randint(1, 30))
            time.sleep(random.uniform(0, 0.3))
            field.hit(random, kind)
            if random.random() < 0.2:
                field.hit(random, random.choice(("api", "worker")))
            time.sleep(random.uniform(0, 0.5))
            field.mend()
        crowd.until_accepted(30)
    return crowd.journal


def run(place: Path, seed: int, kills: int) -> None:
    with battlefield(place) as field:
        before = verdict.head(field.settings)
        journal = campaign(field, seed, kills)
        print(f"{Counter(field.done)} killed; {len(journal.accepted)} orders accepted, {len(journal.refused)} refused,")
        print(f"{journal.repeats} repeated, {journal.questions} questions; unanswered: {dict(journal.lost)}")
        verdict.until_caught_up(field.settings)
        verdict.hold_to_journal(field.settings, field.standing, journal, after=before)
        verdict.hold_to_itself(field.settings, journal)
        for program, address in field.apis:
            until_ready(program, address)  # one that was only just started has not said yet what SIGTERM means to it
            assert program.terminate() == 0


@pytest.mark.timeout(300)
def test_a_few_kills_lose_and_double_nothing(place: Path, seed: int):
    """One of each kind and one more."""
    run(place, seed, 5)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_a_hundred_kills_lose_and_double_nothing(place: Path, seed: int):
    run(place, seed, 100)
