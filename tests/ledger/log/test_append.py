"""The append: gapless, in commit order, all or nothing, and refused by name."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from ledger.kit.ids import uuid7
from ledger.log import reader
from ledger.log.appending import Append, ClaimedValue, Guard, Key
from ledger.log.database import Database, Role
from ledger.log.recorder import Recorder
from ledger.log.refusals import ClaimTaken, GuardBroken, KeyUsed, StreamConflict
from support.eventually import PATIENCE_SECONDS
from support.writers import append_pairs


def fact(stream: UUID | None = None, version: int = 1, name: str = "thing.done.v1") -> StoredEvent:
    return StoredEvent(stream or uuid7(), version, name, b'{"n":1}')


def claim(value: bytes, stream: UUID, *, taken: bool = True, kind: str = "siret") -> ClaimedValue:
    return ClaimedValue(kind, value.ljust(32), stream, taken)


def test_a_batch_gets_consecutive_positions_and_one_instant(recorder: Recorder, database: Database) -> None:
    two, one = Append([fact(), fact()], command_id=uuid7()), Append([fact()], command_id=uuid7())
    assert recorder.append([two, one]) == [2, 3]
    with database.transaction(Role.AUDITOR) as connection:
        events = reader.read_after(connection, 0, 10)
    assert [event.position for event in events] == [1, 2, 3]
    assert len({event.recorded_at for event in events}) == 1
    assert [event.command_id for event in events] == [two.command_id, two.command_id, one.command_id]


def test_a_command_without_events_still_leaves_its_receipt_and_key(recorder: Recorder) -> None:
    recorder.append([Append([fact()], command_id=uuid7())])
    key = Key(b"k" * 32, b"b" * 32, 200, uuid7())
    assert recorder.append([Append([], command_id=uuid7(), key=key)]) == [1]
    answered = recorder.select_key(key.digest)
    assert answered is not None
    assert answered["position"] == 1


def test_a_conflict_on_a_stream_writes_nothing(recorder: Recorder) -> None:
    stream = uuid7()
    recorder.append([Append([fact(stream)])])
    with pytest.raises(StreamConflict):
        recorder.append([Append([fact()]), Append([fact(stream)])])
    assert recorder.max_notification_id() == 1


def test_a_guard_that_no_longer_holds_names_its_command(recorder: Recorder) -> None:
    stream, absent = uuid7(), uuid7()
    recorder.append([Append([fact(stream)])])
    recorder.append([Append([fact()], guards=[Guard(stream, 1)])])
    for broken in (Guard(stream, 2), Guard(absent, 1)):
        with pytest.raises(GuardBroken) as refused:
            recorder.append([Append([fact()]), Append([fact()], guards=[broken])])
        assert refused.value.command == 1
    assert recorder.max_notification_id() == 2


def test_a_guard_does_not_hold_against_what_is_written_with_it(recorder: Recorder) -> None:
    """Each of two orders reads what the other changes: written together, only the first may go through."""
    one, other = uuid7(), uuid7()
    recorder.append([Append([fact(one), fact(other)])])
    first = Append([fact(one, 2)], guards=[Guard(other, 1)])
    second = Append([fact(other, 2)], guards=[Guard(one, 1)])
    with pytest.raises(GuardBroken) as refused:
        recorder.append([first, second])
    assert refused.value.command == 1
    assert recorder.append([first]) == [3]
    recorder.append([Append([fact()], guards=[Guard(one, 2)]), Append([fact(one, 3)])])
    assert recorder.max_notification_id() == 5


def test_a_value_is_claimed_once_and_named_in_the_refusal(recorder: Recorder) -> None:
    first, second = uuid7(), uuid7()
    recorder.append([Append([fact(first)], claims=[claim(b"a", first)])])
    with pytest.raises(ClaimTaken) as refused:
        recorder.append([Append([fact()]), Append([fact(second)], claims=[claim(b"a", second)])])
    assert (refused.value.command, refused.value.kind) == (1, "siret")
    recorder.append([Append([fact(second)], claims=[claim(b"a", second, kind="email")])])
    assert recorder.select_claim("siret", b"a".ljust(32)) == first


def test_a_released_value_can_be_taken_in_the_same_append(recorder: Recorder) -> None:
    first, second = uuid7(), uuid7()
    recorder.append([Append([fact(first)], claims=[claim(b"a", first)])])
    moved = [claim(b"a", first, taken=False), claim(b"a", second)]
    recorder.append([Append([fact(second)], claims=moved)])
    assert recorder.select_claim("siret", b"a".ljust(32)) == second


def test_two_commands_of_one_batch_cannot_claim_the_same_value(recorder: Recorder) -> None:
    first, second = uuid7(), uuid7()
    with pytest.raises(ClaimTaken):
        recorder.append(
            [Append([fact(s)], claims=[claim(b"a", s)]) for s in (first, second)],
        )
    assert recorder.max_notification_id() is None


def test_a_key_is_used_once(recorder: Recorder) -> None:
    key = Key(b"k" * 32, b"b" * 32, 201, uuid7())
    recorder.append([Append([fact()], key=key)])
    with pytest.raises(KeyUsed):
        recorder.append([Append([fact()], key=key)])
    assert recorder.max_notification_id() == 1


def test_each_dossier_concerned_finds_its_events(recorder: Recorder, database: Database) -> None:
    one, two = uuid7(), uuid7()
    events = [fact(), fact(), fact()]
    recorder.append([Append(events, dossiers=[(one,), (one, two), ()])])
    with database.transaction(Role.AUDITOR) as connection:
        assert [event.position for event in reader.read_dossier(connection, one)] == [1, 2]
        (only,) = reader.read_dossier(connection, two)
        assert only.dossiers == (one, two)
        assert [event.position for event in reader.read_dossier(connection, one, upto=1)] == [1]


@pytest.mark.parametrize("table", ["events", "event_dossier"])
@pytest.mark.parametrize(
    "statement", ["update log.{0} set position = position", "delete from log.{0}", "truncate log.{0} cascade"]
)
def test_nobody_changes_what_was_recorded(recorder: Recorder, ledger_url: str, table: str, statement: str) -> None:
    """Not even the superuser, by accident."""
    recorder.append([Append([fact()], dossiers=[(uuid7(),)])])
    with (
        psycopg.connect(ledger_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        connection.execute(statement.format(table).encode())
    assert recorder.max_notification_id() == 1


@pytest.mark.parametrize("role", [Role.GATEWAY, Role.STAFF])
def test_portal_roles_cannot_read_the_log(database: Database, role: Role) -> None:
    with database.transaction(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select * from log.events")


@pytest.mark.parametrize("role", [Role.PROJECTOR, Role.AUDITOR])
def test_readers_of_the_log_cannot_append(database: Database, role: Role) -> None:
    with database.transaction(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(
            "insert into log.events select 1, now(), gen_random_uuid(), 1, 'x', null, null, null, null, '{}', ''"
        )


def test_the_recording_instant_never_falls(recorder: Recorder, database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: recorder.append([Append([fact()])]), range(200)))
    with database.transaction(Role.AUDITOR) as connection:
        events = reader.read_after(connection, 0, 1000)
        instants = [event.recorded_at for event in events]
        assert instants == sorted(instants)
        middle = events[99]
        assert reader.position_at(connection, middle.recorded_at) >= middle.position


def test_many_processes_append_while_readers_follow(ledger_url: str, database: Database) -> None:
    """Every event is seen once, in order, none skipped, by readers that never wait for the writers."""
    processes, commands = 4, 150
    expected = processes * commands * 2
    seen: list[list[int]] = [[], []]

    def follow(mine: list[int]) -> None:
        while len(mine) < expected:
            with database.transaction(Role.AUDITOR) as connection:
                mine += [e.position for e in reader.read_after(connection, mine[-1] if mine else 0, 97)]

    readers = [threading.Thread(target=follow, args=(mine,), daemon=True) for mine in seen]
    for each in readers:
        each.start()
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=append_pairs, args=(ledger_url, commands)) for _ in range(processes)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    for each in readers:
        each.join(30)
    assert seen == [list(range(1, expected + 1))] * 2


def test_one_conflict_among_many_that_wait_refuses_itself_alone(recorder: Recorder) -> None:
    """Commands that are written together are refused apart."""
    stream = uuid7()
    recorder.append([Append([fact(stream)])])
    barrier = threading.Barrier(24)

    def write(n: int) -> str:
        barrier.wait()
        try:
            recorder.append(
                [Append([fact(stream if n % 6 == 0 else None, 2 if n % 6 == 0 else 1)], command_id=uuid7())]
            )
        except StreamConflict:
            return "refused"
        return "accepted"

    with ThreadPoolExecutor(24) as pool:
        answers = Counter(pool.map(write, range(24)))
    assert answers == {"accepted": 21, "refused": 3}
    assert recorder.max_notification_id() == 22


def test_each_writer_gets_its_own_positions(recorder: Recorder, database: Database) -> None:
    def write(_: int) -> tuple[list[int], list[UUID]]:
        batch = [Append([fact(), fact()], command_id=uuid7()), Append([fact()], command_id=uuid7())]
        return recorder.append(batch), [event.originator_id for append in batch for event in append.events]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(write, range(100)))
    with database.transaction(Role.AUDITOR) as connection:
        streams = {event.position: event.stream_id for event in reader.read_after(connection, 0, 1000)}
    for (second, last), ids in answers:
        assert last == second + 1
        assert [streams[p] for p in (second - 1, second, last)] == ids


def test_a_sleeping_reader_is_woken(recorder: Recorder) -> None:
    heard: list[str] = []
    with recorder.subscribe(gt=0) as subscription:
        listener = threading.Thread(
            target=lambda: heard.extend(n.topic for _, n in zip(range(2), subscription, strict=False))
        )
        listener.start()
        recorder.append([Append([fact(name="thing.begun.v1")])])
        recorder.append([Append([fact(name="thing.ended.v1")])])
        listener.join(PATIENCE_SECONDS)
    assert heard == ["thing.begun.v1", "thing.ended.v1"]


def test_a_large_append_passes(recorder: Recorder) -> None:
    """The library's own insert of 5,000 events over a unix socket hangs; a lot's is larger."""
    stream = uuid7()
    recorder.append([Append([fact(stream, n) for n in range(1, 20_001)])])
    assert recorder.max_notification_id() == 20_000


def test_make_databases_keep_apart(make_database: Callable[[str], str]) -> None:
    with Database(make_database("ledger")) as one, Database(make_database("ledger")) as two:
        Recorder(one).append([Append([fact()])])
        assert Recorder(two).max_notification_id() is None
