"""kill -9 at each step of a deposit: what was acknowledged is there, what was not is nowhere or whole, nothing is half.

Each story ends with the sweep, the verification of the whole vault and the inquest of the whole log.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from gateway import service as services
from gateway.service import Service
from gateway.settings import Settings
from gateway.vault import sweeping, verifying
from ledger.document.events import DocumentDeposited
from ledger.kit.names import versions_of
from ledger.log.database import Role
from ledger.vault.draft import DRAFT_SECONDS
from ledger.vault.verification import Finding
from support import inquest
from support.databases import ORIGIN, Cluster
from support.dying import Depositor, deposit
from support.givens import Givens
from support.s3 import Server


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day is over as soon as one more event is recorded. (A row that somebody holds could not be made older.)"""
    monkeypatch.setattr(sweeping, "DEPOSIT_AGE", timedelta(0))


@dataclass
class Ground:
    """A deployment, somebody who deposits there and dies of it, and who looks after them."""

    service: Service
    depositor: Depositor
    establishment: UUID

    def documents(self) -> set[UUID]:
        """Those that the log has."""
        with self.service.database.transaction(Role.AUDITOR) as connection:
            names = (versions_of(DocumentDeposited),)
            rows = connection.execute("select stream_id from log.events where name = any(%s)", names)
            return {row["stream_id"] for row in rows}

    def rows(self) -> int:
        with self.service.database.transaction(Role.AUTH) as connection:
            row = connection.execute("select count(*) as n from auth.deposit").fetchone()
            return int(row["n"]) if row else 0

    def drafts(self) -> list[Path]:
        return list(self.service.store.incoming.iterdir())

    def a_day_passes(self) -> None:
        """What was left becomes old, and one more thing happens, so that the log tells of the day."""
        then = time.time() - DRAFT_SECONDS - 60
        for draft in self.drafts():
            os.utime(draft, (then, then))
        Givens(self.service.ledger).organisation()

    def sweep(self) -> sweeping.Swept:
        return sweeping.sweep(self.service)

    def again(self, number: int) -> UUID:
        """The same content, by who was not killed: the document that there is, or that there is from now on."""
        return deposit(self.service, self.establishment, number).outcome.resource_id

    def check(self) -> None:
        """Every document is whole, nothing else is stored, no row and no draft is left, and the log holds together."""
        database, store = self.service.database, self.service.store
        found = Counter(
            each.finding
            for each in verifying.documents(
                database, store, verifying.NotKnown(), verifying.Selection(), lambda *_: None
            )
        )
        assert set(found) <= {Finding.WHOLE}
        assert set(store.keys()) == self.documents()
        assert (self.rows(), self.drafts()) == (0, [])
        assert inquest.log_contradictions(database.url) == []
        assert inquest.claim_contradictions(database, self.service.keyring) == []


@pytest.fixture(scope="module", params=["directory", pytest.param("s3", marks=[pytest.mark.s3, pytest.mark.full])])
def ground(request, cluster: Cluster, tmp_path_factory) -> Iterator[Ground]:
    with cluster.deployment() as databases:
        environment = {
            "DATABASE_URL": databases.ledger,
            "KEYS_DATABASE_URL": databases.keys,
            "DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "ORIGIN": ORIGIN,
        }
        if request.param == "s3":
            server = Server.of_environment()
            environment |= server.environment(server.bucket())
        settings = Settings.from_environment(environment)
        services.migrate(settings)
        with services.opened(settings) as service:
            establishment = Givens(service.ledger).establishment()
            depositor = Depositor(environment, establishment)
            yield Ground(service, depositor, establishment)
            depositor.close()


@pytest.fixture(scope="module")
def whole(ground: Ground) -> list[str]:
    """The steps of a deposit that nobody kills: the first one's, which makes what later ones find there."""
    before = ground.documents()
    lived = ground.depositor.deposit(0)
    assert lived.signal is None
    assert {UUID(lived.told["id"])} == ground.documents() - before
    assert ground.again(0) == UUID(lived.told["id"])
    ground.check()
    assert {"write", "intent", "intent, answered", "fence", "append", "append, answered", "commit", "unlink"} <= {
        *lived.steps
    }
    assert "link" in lived.steps or "request, answered" in lived.steps
    return lived.steps


def chosen(steps: list[str]) -> list[int]:
    """Where to kill in the normal suite: before the last step of each kind, and before the first write."""
    last = {name: number for number, name in enumerate(steps, start=1)}
    return sorted({1, *last.values()})


@pytest.mark.parametrize("which", ["some", pytest.param("all", marks=[pytest.mark.full, pytest.mark.timeout(900)])])
def test_a_deposit_is_killed_at_each_step(ground: Ground, whole: list[str], which: str):
    """Issue E: acknowledged is present; what was not acknowledged is a document whole, found again by its content, or
    nothing; a day later no byte is left of what is nothing.
    """
    before, acknowledged = ground.documents(), set()
    places = range(1, len(whole) + 2) if which == "all" else chosen(whole)
    numbers = {at: (1_000 if which == "all" else 0) + at for at in places}
    for at in places:
        ended = ground.depositor.deposit(numbers[at], at)
        if ended.signal is None:
            acknowledged.add(UUID(ended.told["id"]))
        else:
            assert ended.signal == signal.SIGKILL
            assert len(ended.steps) == at
    survived = ground.documents() - before
    assert acknowledged <= survived

    ground.a_day_passes()
    swept = ground.sweep()
    assert swept.removed + swept.ended > 0
    assert ground.documents() == before | survived
    ground.check()

    found = {ground.again(number) for number in numbers.values()}
    assert survived <= found
    assert len(found) == len(numbers)
    ground.check()


def test_a_depositor_that_stands_still_before_its_event_keeps_its_bytes(ground: Ground):
    """SIGSTOP under the fence, for a day: the sweep finds an old row that somebody holds, and leaves it alone."""
    ground.depositor.begin(5_001, "append")
    ground.a_day_passes()
    swept = ground.sweep()
    assert (swept.removed, swept.ended, ground.rows()) == (0, 0, 1)
    woken = ground.depositor.resume()
    assert UUID(woken.told["id"]) in ground.documents()
    ground.check()


@pytest.mark.parametrize(
    ("step", "refused"), [("intent, answered", "FileNotFoundError"), ("fence", "StoreUnavailable")]
)
def test_a_depositor_that_was_given_up_records_nothing(ground: Ground, step: str, refused: str):
    """SIGSTOP before its bytes are stored, or after but before the fence, for a day: the sweep says so, and takes them;
    who wakes up finds neither.
    """
    before = ground.documents()
    ground.depositor.begin(5_002, step)
    ground.a_day_passes()
    assert ground.sweep().removed == 1
    assert ground.depositor.resume().told == {"refused": refused}
    assert ground.documents() == before
    ground.check()
