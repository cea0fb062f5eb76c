"""A deposit from its first byte to its event: one order of steps, and one document for the same bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import anyio
import psycopg
import pytest

from gateway import service as services
from gateway.api.problems import Problem
from gateway.settings import Settings, VaultSettings
from gateway.settings_vault import S3Bucket
from gateway.vault import depositing, sweeping
from gateway.vault.depositing import ACCOUNT_DEPOSITS_AT_ONCE, Deposits
from gateway.vault.faults import TooManyDeposits
from gateway.vault.locks import GRACE, whole_term
from ledger.document.commands import WithdrawDocument
from ledger.document.events import Analysis, Side
from ledger.kit.clock import system_clock
from ledger.kit.errors import Invalid, NotFound, Refusal
from ledger.kit.ids import uuid7
from ledger.vault.draft import Draft
from ledger.vault.store import NotStored, StoreUnavailable
from support.databases import ORIGIN, Cluster
from support.gateway import PDF
from support.givens import DAY, Givens
from support.handing_in import LIMIT, NOTHING, Counter, File, counter_of, counting, new
from support.s3 import Server


@pytest.fixture(scope="module")
def counter(cluster: Cluster, tmp_path_factory) -> Iterator[Counter]:
    with counting(cluster, tmp_path_factory.mktemp("data")) as made:
        yield made


def test_what_is_handed_in_is_there_whole(counter):
    content = new()
    done = counter.hand_in(content)
    document_id = done.outcome.resource_id
    assert (done.analysis, done.already, done.outcome.status) == (Analysis.NONE, False, 201)
    assert b"".join(counter.service.vault.read(document_id)) == content
    with counter.service.vault.open(document_id) as file:
        file.seek(-5, 2)
        assert file.read() == content[-5:]
    assert document_id in counter.recorded()
    assert counter.left() == NOTHING


def test_the_same_bytes_are_the_same_document(counter):
    """Under another name too. As another thing, for another dossier or by another side they are another one."""
    content = new()
    first = counter.hand_in(content)
    again = counter.hand_in(content, name="Autre nom.pdf")
    assert again.already
    assert again.outcome.resource_id == first.outcome.resource_id
    others = {
        counter.hand_in(content, category="programme").outcome.resource_id,
        counter.hand_in(content, dossier_ids=(Givens(counter.service.ledger).dossier(),)).outcome.resource_id,
        counter.hand_in(content, establishment_id=None).outcome.resource_id,
    }
    assert len(others | {first.outcome.resource_id}) == 4
    assert counter.left() == NOTHING


def test_what_was_withdrawn_or_erased_may_be_handed_in_again(counter):
    """As a new document, which is then the one for the same bytes."""
    content, ids = new(), []
    for _ in range(3):
        ids.append(counter.hand_in(content).outcome.resource_id)
        withdrawal = WithdrawDocument(document_id=ids[-1], reason="Erreur", on=DAY)
        counter.service.ledger.execute(withdrawal, actor=counter.actor)
    ids.append(counter.hand_in(content).outcome.resource_id)
    counter.service.keyring.destroy(ids[-1])
    ids.append(counter.hand_in(content).outcome.resource_id)
    assert len(set(ids)) == len(ids)
    assert counter.hand_in(content).outcome.resource_id == ids[-1]
    assert counter.left() == NOTHING


def test_many_who_hand_in_the_same_at_once_make_one_document(counter):
    content = new()
    with ThreadPoolExecutor(6) as threads:
        done = list(threads.map(lambda _: counter.hand_in(content), range(6)))
    assert len({each.outcome.resource_id for each in done}) == 1
    assert [each.already for each in done].count(False) == 1
    assert counter.left() == NOTHING


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"dossier_ids": (uuid7(),)}, NotFound),
        ({"category": "agreement", "side": Side.MEMBER}, Refusal),
        ({"dossier_ids": (), "establishment_id": None}, Invalid),
        ({"category": "nothing"}, Invalid),
        ({"name": "../../etc/passwd"}, Invalid),
    ],
)
def test_what_is_refused_leaves_nothing(counter, changed, refused):
    """Whether it is seen before anything is stored, or by the ledger itself after."""
    before = counter.recorded()
    with pytest.raises(refused):
        counter.hand_in(new(), **changed)
    assert counter.recorded() == before
    assert counter.left() == NOTHING


def test_what_is_too_large_for_its_category_is_refused_however_it_came(counter):
    """The category may be said after the file: the limit is looked at again."""
    with pytest.raises(Invalid, match="dépasse 10 Mo"):
        counter.hand_in(PDF + b"%" * (10 << 20), category="agreement")
    assert counter.left() == NOTHING


def test_a_store_that_is_away_has_nothing_recorded(counter, monkeypatch):
    """503 for who asks; the row stays, and the sweep looks a day later what there is."""
    before = counter.recorded()

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("refused")

    with monkeypatch.context() as patched:
        patched.setattr(type(counter.service.store), "adopt", away)
        with pytest.raises(StoreUnavailable):
            counter.hand_in(new())
    assert counter.recorded() == before
    stored, rows, drafts = counter.left()
    assert (stored, len(rows), drafts) == (set(), 1, [])
    later(counter, monkeypatch)
    assert sweeping.sweep(counter.service).removed == 1
    assert counter.left() == NOTHING


def later(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The day is over, and the log has seen it."""
    monkeypatch.setattr(sweeping, "DEPOSIT_AGE", timedelta(0))
    Givens(counter.service.ledger).organisation()


def test_what_may_be_recorded_is_never_taken_away(counter, monkeypatch):
    """The log's answer is lost: nobody knows. The bytes stay; the sweep asks the log, and ends the row alone."""
    ledger, execute = type(counter.service.ledger), type(counter.service.ledger).execute

    def unheard(*arguments: Any, **options: Any) -> None:
        execute(*arguments, **options)
        raise psycopg.OperationalError("the connection was lost")

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "execute", unheard)
        with pytest.raises(psycopg.OperationalError):
            counter.hand_in(content := new())
    stored, rows, drafts = counter.left()
    assert (stored, len(rows), drafts) == (set(), 1, [])
    [document_id] = rows
    later(counter, monkeypatch)
    assert sweeping.sweep(counter.service)[:2] == (1, 0)
    assert counter.hand_in(content).outcome.resource_id == document_id
    assert counter.left() == NOTHING


@pytest.mark.parametrize("lost", [False, True])
def test_a_fence_that_falls_is_noticed(counter, monkeypatch, lost):
    """Its session dies while the event is recorded: acknowledged where the bytes are there, and only there."""
    ledger, execute = type(counter.service.ledger), type(counter.service.ledger).execute

    def beside(self: Any, command: Any, **options: Any) -> Any:
        outcome = execute(self, command, **options)
        with psycopg.connect(counter.service.database.url) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_locks where relation = 'auth.deposit'::regclass"
            )
        if lost:
            counter.service.store.remove(outcome.resource_id)
        return outcome

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "execute", beside)
        if lost:
            with pytest.raises(NotStored):
                counter.hand_in(new())
        else:
            assert counter.hand_in(new()).outcome.resource_id in counter.stored()
    later(counter, monkeypatch)
    assert sweeping.sweep(counter.service).ended == 1


def test_a_process_takes_so_many_at_a_time(counter, monkeypatch):
    """One more waits, and is asked to come back; a place is free as soon as a draft is dropped."""
    monkeypatch.setattr(depositing, "DEPOSITS_AT_ONCE", 2)
    monkeypatch.setattr(depositing, "PATIENCE_SECONDS", 0.2)

    async def crowd() -> None:
        deposits = Deposits(counter.service)
        drafts = [await _received(deposits, uuid4()) for _ in range(2)]
        with pytest.raises(TooManyDeposits):
            await _received(deposits, uuid4())
        drafts[0].drop()
        (await _received(deposits, uuid4())).drop()
        drafts[1].drop()

    asyncio.run(crowd())
    assert counter.left() == NOTHING


def test_an_account_leaves_places_to_others(counter, monkeypatch):
    monkeypatch.setattr(depositing, "PATIENCE_SECONDS", 0.2)

    async def crowd() -> None:
        deposits, greedy = Deposits(counter.service), uuid4()
        drafts = [await _received(deposits, greedy) for _ in range(ACCOUNT_DEPOSITS_AT_ONCE)]
        with pytest.raises(TooManyDeposits):
            await _received(deposits, greedy)
        for draft in [*drafts, await _received(deposits, uuid4())]:
            draft.drop()

    asyncio.run(crowd())
    assert counter.left() == NOTHING


async def _received(deposits: Deposits, actor: UUID) -> Draft:
    return await deposits.receive(File(new()), actor=actor, limit_bytes=LIMIT)


def test_a_sender_that_breaks_off_leaves_nothing(counter):
    class Broken:
        async def pieces(self) -> AsyncIterator[bytes]:
            yield PDF
            raise ConnectionResetError

    async def receive() -> None:
        await Deposits(counter.service).receive(Broken(), actor=counter.actor, limit_bytes=LIMIT)

    with pytest.raises(ConnectionResetError):
        asyncio.run(receive())
    assert counter.left() == NOTHING


def test_a_request_that_is_cancelled_leaves_nothing(counter):
    class Endless:
        async def pieces(self) -> AsyncIterator[bytes]:
            while True:
                yield bytes(65_536)
                await anyio.sleep(0.001)

    async def receive() -> None:
        with anyio.move_on_after(0.2):
            await Deposits(counter.service).receive(Endless(), actor=counter.actor, limit_bytes=1 << 40)

    asyncio.run(receive())
    assert counter.left() == NOTHING


@pytest.mark.parametrize("is_there", [False, True])
def test_the_right_is_asked_again_once_the_body_is_there(counter, is_there):
    """An upload may take an hour: what was allowed at its beginning may not be at its end.

    Whoever has lost the right is not told either that these bytes were deposited before.
    """
    content = new()
    if is_there:
        counter.hand_in(content)
    before = counter.recorded()

    async def ended() -> None:
        raise Problem("unauthenticated", 401, "")

    async def hand_in() -> None:
        deposits = Deposits(counter.service)
        draft = await deposits.receive(File(content), actor=counter.actor, limit_bytes=LIMIT)
        await deposits.conclude(
            draft, counter.asked, actor=counter.actor, key=None, correlation_id=uuid4(), allowed=ended
        )

    with pytest.raises(Problem):
        asyncio.run(hand_in())
    assert counter.recorded() == before
    assert counter.left() == NOTHING


@pytest.mark.s3
def test_no_document_is_ever_without_a_lock(make_databases, tmp_path, monkeypatch):
    """Two days from before the event, the whole term from it. What is refused keeps the two: the sweep comes back."""
    server, made = Server.of_environment(), make_databases()
    bucket = S3Bucket.read(server.environment(server.bucket(lock=True), lock=True))
    settings = Settings(
        made.ledger, made.keys, data_dir=tmp_path, origin=ORIGIN, vault=VaultSettings(s3=bucket, lock_years=6)
    )
    services.migrate(settings)
    with services.opened(settings) as service:
        counter, store = counter_of(service), service.store
        execute, locked = type(service.ledger).execute, []

        def seen(self: Any, command: Any, **options: Any) -> Any:
            locked.append(store.protected_until(command.document_id))
            return execute(self, command, **options)

        with monkeypatch.context() as patched:
            patched.setattr(type(service.ledger), "execute", seen)
            document_id = counter.hand_in(new()).outcome.resource_id
            with pytest.raises(NotFound):
                counter.hand_in(new(), dossier_ids=(uuid7(),))
        now = system_clock()
        for until in locked:
            assert now + GRACE - timedelta(minutes=10) < until <= now + GRACE + timedelta(seconds=2)
        assert store.protected_until(document_id) > whole_term(settings, now - timedelta(minutes=10))

        stored, rows, _ = counter.left()
        assert stored == rows
        assert len(rows) == 1
        later(counter, monkeypatch)
        swept = sweeping.sweep(service)
        assert (swept.kept, swept.removed) == (1, 0)
        assert counter.left()[:2] == (stored, rows)
