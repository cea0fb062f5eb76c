"""The application: one answer for one order, whatever is repeated, raced or cut."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from ledger.application import IdempotencyKey, Ledger, Order, Outcome
from ledger.establishment.aggregate import Establishment
from ledger.establishment.commands import ChangeNda, RegisterEstablishment
from ledger.kit.errors import (
    AlreadyClaimed,
    IdempotencyMismatch,
    NotFound,
    Refusal,
    RuleBroken,
    VersionMismatch,
)
from ledger.kit.fictitious import fictitious_siren, fictitious_siret
from ledger.kit.keyring import Keyring
from ledger.kit.master_key import MasterKey
from ledger.log import reader
from ledger.log.database import Database, Role
from ledger.log.recorded import Recorded
from ledger.organisation.aggregate import Organisation
from ledger.organisation.commands import AddOrganisationKind, RegisterOrganisation, RenameOrganisation
from ledger.organisation.events import OrganisationKind
from ledger.unit_of_work import Desk, Version
from support.deployments import ledger_on
from support.proxy import Cut, Wire


@pytest.fixture
def ledger(ledger_url: str, keys_url: str) -> Iterator[Ledger]:
    with ledger_on(ledger_url, keys_url, max_size=32) as ledger:
        yield ledger


def register(number: int = 1, name: str = "Fictive Formation") -> RegisterOrganisation:
    return RegisterOrganisation(siren=fictitious_siren(number), name=name, kinds=frozenset({OrganisationKind.PROVIDER}))


def place(organisation_id: UUID, number: int = 1) -> RegisterEstablishment:
    return RegisterEstablishment(
        organisation_id=organisation_id,
        number=str(100000 + number),
        siret=fictitious_siret(1, number),
        name="Fictive Formation",
        postcode="31000",
        town="VILLE-FICTIVE",
    )


def key(text: str = "k1", body: bytes = b"{}", account: UUID | None = None) -> IdempotencyKey:
    return IdempotencyKey(account, "POST /v1/organisations", text, body, 201)


def events(ledger: Ledger) -> list[Recorded]:
    with ledger.log_recorder.database.transaction(Role.AUDITOR) as connection:
        return reader.read_after(connection, 0, 10_000)


def test_an_order_is_recorded_with_who_gave_it(ledger: Ledger) -> None:
    actor, correlation = uuid4(), uuid4()
    outcome = ledger.execute(register(), actor=actor, correlation_id=correlation)
    (event,) = events(ledger)
    assert (event.position, event.stream_id) == (outcome.position, outcome.resource_id)
    assert (event.name, event.actor, event.correlation_id) == ("organisation.registered.v1", actor, correlation)
    assert event.data["siren"] == fictitious_siren(1)


def test_a_name_is_nowhere_in_clear_in_the_log(ledger: Ledger) -> None:
    ledger.execute(register(name="Quidam Introuvable"), actor=None)
    (event,) = events(ledger)
    assert event.data["name"].startswith("sealed:")
    assert "Quidam" not in str(event)
    organisation = ledger.repository.get(event.stream_id)
    assert ledger.keyring.open(organisation.name) == "Quidam Introuvable"


def test_the_same_siren_is_refused_by_name(ledger: Ledger) -> None:
    ledger.execute(register(), actor=None)
    with pytest.raises(AlreadyClaimed) as refused:
        ledger.execute(register(), actor=None)
    assert refused.value.field == "siren"
    assert len(events(ledger)) == 1


def test_the_same_siren_at_once_is_one_organisation(ledger: Ledger) -> None:
    barrier = threading.Barrier(12)

    def attempt(_: int) -> str:
        barrier.wait()
        try:
            ledger.execute(register(), actor=None)
        except AlreadyClaimed:
            return "refused"
        return "accepted"

    with ThreadPoolExecutor(12) as pool:
        answers = Counter(pool.map(attempt, range(12)))
    assert answers == {"accepted": 1, "refused": 11}
    assert len(events(ledger)) == 1


def test_a_hundred_threads_with_one_key_get_one_event_and_equal_answers(ledger: Ledger) -> None:
    barrier = threading.Barrier(100)

    def send(_: int) -> tuple[int, UUID, int]:
        barrier.wait()
        outcome = ledger.execute(register(), actor=None, key=key())
        return outcome.position, outcome.resource_id, outcome.status

    with ThreadPoolExecutor(100) as pool:
        answers = set(pool.map(send, range(100)))
    assert len(answers) == 1
    assert len(events(ledger)) == 1


def test_a_repeat_is_answered_as_before_even_when_it_would_be_refused_now(ledger: Ledger) -> None:
    first = ledger.execute(register(), actor=None, key=key())
    again = ledger.execute(register(), actor=None, key=key())
    assert again == Outcome(first.position, first.resource_id, 201, replayed=True)


def test_a_key_with_another_body_is_refused(ledger: Ledger) -> None:
    ledger.execute(register(), actor=None, key=key())
    with pytest.raises(IdempotencyMismatch):
        ledger.execute(register(2), actor=None, key=key(body=b'{"other":1}'))


def test_a_key_belongs_to_its_account(ledger: Ledger) -> None:
    ledger.execute(register(1), actor=None, key=key(account=uuid4()))
    ledger.execute(register(2), actor=None, key=key(account=uuid4(), body=b"2"))
    assert len(events(ledger)) == 2


def test_a_refused_order_does_not_use_its_key_up(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        ledger.execute(RenameOrganisation(organisation_id=uuid4(), name="X"), actor=None, key=key())
    assert ledger.execute(register(), actor=None, key=key()).replayed is False


def test_the_log_never_holds_the_key_or_the_body(ledger: Ledger, ledger_url: str) -> None:
    ledger.execute(register(), actor=None, key=key("cle-en-clair", b'{"name":"corps-en-clair"}'))
    with ledger.log_recorder.database.transaction(Role.WRITER) as connection:
        row = connection.execute("select idempotency::text as text from log.idempotency").fetchone()
    assert row is not None
    for clear in (b"cle-en-clair", b"corps-en-clair"):
        assert clear.decode() not in row["text"]
        assert clear.hex() not in row["text"]


@pytest.mark.parametrize("cut", list(Cut))
def test_a_connection_cut_at_any_moment_leaves_one_event(ledger_url: str, keys_url: str, cut: Cut) -> None:
    """The caller of `execute` does not even notice."""
    with Wire(ledger_url) as wire, ledger_on(wire.client_url, keys_url) as ledger:
        first = ledger.execute(register(), actor=None)
        wire.arm(cut)
        outcome = ledger.execute(
            RenameOrganisation(organisation_id=first.resource_id, name="Nouveau"), actor=None, key=key()
        )
        assert outcome.position == 2
        assert [event.name for event in events(ledger)] == ["organisation.registered.v1", "organisation.renamed.v1"]


def test_a_stale_version_is_refused(ledger: Ledger) -> None:
    id_ = ledger.execute(register(), actor=None).resource_id
    rename = RenameOrganisation(organisation_id=id_, name="Nouveau")
    ledger.execute(rename, actor=None, expected=Version(id_, 1))
    with pytest.raises(VersionMismatch):
        ledger.execute(rename, actor=None, expected=Version(id_, 1))
    assert len(events(ledger)) == 2


def test_a_stream_of_another_class_is_as_absent_as_one_that_does_not_exist(ledger: Ledger) -> None:
    id_ = ledger.execute(register(), actor=None).resource_id
    answers = set()
    for stream in (id_, uuid4()):
        with pytest.raises(NotFound) as refused:
            ledger.execute(ChangeNda(establishment_id=stream, nda="11755555555"), actor=None)
        answers.add(refused.value.message)
    assert len(answers) == 1


def test_writers_that_meet_on_one_stream_all_get_through(ledger: Ledger) -> None:
    id_ = ledger.execute(register(), actor=None).resource_id

    def rename(n: int) -> int:
        return ledger.execute(RenameOrganisation(organisation_id=id_, name=f"Nom {n}"), actor=None).position

    with ThreadPoolExecutor(8) as pool:
        positions = sorted(pool.map(rename, range(40)))
    assert positions == list(range(2, 42))
    assert [event.version for event in events(ledger)] == list(range(1, 42))


def test_a_batch_is_one_append_and_its_refusals_stand_alone(ledger: Ledger) -> None:
    organisation = ledger.execute(register(), actor=None).resource_id
    orders = [Order(place(organisation, 1)), Order(place(uuid4(), 2)), Order(place(organisation, 1))]
    orders.append(Order(place(organisation, 3), key("row-3")))
    accepted, absent, twice, keyed = ledger.execute_many(orders, actor=None)
    assert isinstance(accepted, Outcome)
    assert isinstance(absent, NotFound)
    assert isinstance(twice, AlreadyClaimed)
    assert isinstance(keyed, Outcome)
    assert [event.name for event in events(ledger)] == ["organisation.registered.v1"] + [
        "establishment.registered.v1"
    ] * 2
    assert len({event.recorded_at for event in events(ledger)[1:]}) == 1
    again = ledger.execute_many(orders, actor=None)
    assert isinstance(again[3], Outcome)
    assert again[3].replayed
    assert len(events(ledger)) == 3


def test_commands_of_a_batch_see_what_the_ones_before_them_did(ledger: Ledger) -> None:
    id_ = ledger.execute(register(), actor=None).resource_id
    orders = [Order(RenameOrganisation(organisation_id=id_, name=f"Nom {n}")) for n in range(5)]
    ledger.execute_many(orders, actor=None)
    assert [event.version for event in events(ledger)] == [1, 2, 3, 4, 5, 6]
    organisation = ledger.repository.get(id_)
    assert isinstance(organisation, Organisation)
    assert ledger.keyring.open(organisation.name) == "Nom 4"


class Overtaken(Keyring):
    """A keyring that lets somebody else act once: after a batch has looked its keys up, before it decides."""

    meanwhile: Callable[[], object] | None = None

    def ensure(self, subjects: Iterable[UUID]) -> None:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()
        super().ensure(subjects)


def test_a_batch_that_was_overtaken_by_its_double_is_told_the_same(
    ledger: Ledger, ledger_url: str, keys_url: str
) -> None:
    """What the other importer's line took is no reason to refuse this one: it is the same line, already there."""
    orders = [Order(register(n), key(f"row-{n}", str(n).encode())) for n in (1, 2)]
    with Overtaken(keys_url, MasterKey(b"m" * 32)) as keyring, Database(ledger_url) as database:
        keyring.meanwhile = lambda: firsts.extend(ledger.execute_many(orders, actor=None))
        firsts: list[Outcome | Refusal] = []
        answers = Ledger(database, keyring).execute_many(orders, actor=None)
    assert len(events(ledger)) == 2
    for first, answer in zip(firsts, answers, strict=True):
        assert isinstance(first, Outcome)
        assert answer == replace(first, replayed=True)


def test_batches_that_race_lose_and_double_nothing(ledger: Ledger) -> None:
    """Two importers on the same rows: each row once, both told the same."""
    organisation = ledger.execute(register(), actor=None).resource_id
    orders = [Order(place(organisation, n), key(f"row-{n}", str(n).encode())) for n in range(60)]

    def send(_: int) -> list[Outcome | Refusal]:
        return ledger.execute_many(orders, actor=None)

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(send, range(3)))
    ids = [{a.resource_id for a in answer if isinstance(a, Outcome)} for answer in answers]
    assert ids[0] == ids[1] == ids[2]
    assert len(ids[0]) == 60
    assert len(events(ledger)) == 61


def test_a_refusal_in_the_middle_of_a_handler_changes_nothing(ledger: Ledger) -> None:
    """Copies, not the streams themselves, are what a command changes."""
    id_ = ledger.execute(register(), actor=None).resource_id
    outcome, refused, last = ledger.execute_many(
        [
            Order(place(id_, 1)),
            Order(place(id_, 1)),
            Order(RenameOrganisation(organisation_id=id_, name="Ensuite")),
        ],
        actor=None,
    )
    assert isinstance(outcome, Outcome)
    assert isinstance(refused, Refusal)
    assert isinstance(last, Outcome)
    establishment = ledger.repository.get(outcome.resource_id)
    assert isinstance(establishment, Establishment)
    assert establishment.version == 1


@pytest.fixture
def two_processes(ledger_url: str, keys_url: str) -> Iterator[tuple[Ledger, Ledger]]:
    """Each with its own memory of the streams, on one log."""
    with ledger_on(ledger_url, keys_url) as one, ledger_on(ledger_url, keys_url) as two:
        yield one, two


def remembered_equals_replay(ledger: Ledger, stream_id: UUID) -> bool:
    remembered = ledger._cache.get(stream_id)
    return remembered is None or remembered == ledger.repository.get(stream_id)


def test_two_processes_that_alternate_on_one_stream_remember_what_a_replay_gives(
    two_processes: tuple[Ledger, Ledger],
) -> None:
    one = two_processes[0]
    id_ = one.execute(register(), actor=None).resource_id
    for n in range(6):
        for ledger in two_processes:
            ledger.execute(RenameOrganisation(organisation_id=id_, name=f"Nom {n}"), actor=None)
            assert remembered_equals_replay(ledger, id_)
    assert [event.version for event in events(one)] == list(range(1, 14))


def test_what_a_process_remembers_never_refuses_anybody(two_processes: tuple[Ledger, Ledger]) -> None:
    """What another process has made possible meanwhile is found in the log before the answer is no."""
    one, two = two_processes
    id_ = one.execute(register(), actor=None).resource_id
    member = OrganisationKind.MEMBER
    add = AddOrganisationKind(organisation_id=id_, kind=member, member_number="7654321")
    one.execute(RenameOrganisation(organisation_id=id_, name="Connu"), actor=None)
    two.execute(add, actor=None)
    with pytest.raises(RuleBroken):
        one.execute(add, actor=None)
    assert remembered_equals_replay(one, id_)
    changed = two.execute(RenameOrganisation(organisation_id=id_, name="Encore"), actor=None)
    one.execute(
        RenameOrganisation(organisation_id=id_, name="Ensuite"), actor=None, expected=Version(id_, changed.position)
    )
    assert events(one)[-1].version == 5


def test_a_fact_that_is_only_read_is_read_from_the_log(two_processes: tuple[Ledger, Ledger]) -> None:
    """Nothing guards it: a bank account that another process has just changed must not be paid."""
    one, two = two_processes
    id_ = one.execute(register(), actor=None).resource_id
    two.execute(RenameOrganisation(organisation_id=id_, name="Nouveau"), actor=None)
    unit = one._unit(one._cache)
    known = Desk(unit, None).read(Organisation, id_)
    assert one.keyring.open(known.name) == "Nouveau"


def test_a_command_refused_at_its_last_check_leaves_no_trace_in_memory(ledger: Ledger) -> None:
    first = ledger.execute(register(1), actor=None).resource_id
    ledger.execute(place(first, 1), actor=None)
    with pytest.raises(AlreadyClaimed):
        ledger.execute(place(first, 1), actor=None)
    for stream_id in {event.stream_id for event in events(ledger)}:
        assert remembered_equals_replay(ledger, stream_id)
