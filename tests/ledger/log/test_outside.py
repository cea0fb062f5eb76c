"""The head noted outside the database: a log that lost its end takes nothing more until an operator decides."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from psycopg.rows import dict_row

from ledger.kit.errors import LogReadOnly
from ledger.kit.ids import uuid7
from ledger.log.appending import Append, Key
from ledger.log.database import Database, Role
from ledger.log.outside import (
    FILE,
    Head,
    NoteDamaged,
    Outside,
    Verdict,
    guard,
    keep_noting,
    note_now,
    read_only_reason,
    reopen,
)
from ledger.log.recorder import Recorder
from ledger.log.refusals import KeyUsed
from support.eventually import eventually


def append(recorder: Recorder, key: Key | None = None) -> int:
    event = StoredEvent(uuid7(), 1, "thing.done.v1", b"{}")
    return recorder.append([Append([event], command_id=uuid7(), key=key)])[0]


def lose(url: str, position: int) -> None:
    """What a restored copy or a late standby looks like: the events from `position` on never were."""
    with psycopg.connect(url) as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute("delete from log.events where position >= %s", (position,))


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    return Outside(tmp_path / "elsewhere" / "outside")


def test_the_note_follows_the_log_and_never_goes_back(database: Database, recorder: Recorder, outside: Outside) -> None:
    assert guard(database, outside) is Verdict.NO_NOTE
    assert note_now(database, outside).position == 0
    assert outside.read() is None  # an empty log is nothing to hold anybody to
    append(recorder)
    first = note_now(database, outside)
    append(recorder)
    second = note_now(database, outside)
    assert (first.position, second.position) == (1, 2)
    assert outside.read() == second
    outside.note(first)
    assert outside.read() == second
    append(recorder)
    assert guard(database, outside) is Verdict.AGREES  # what came after the note is no fault


def test_a_head_behind_its_note_makes_the_log_read_only_until_an_operator_decides(
    database: Database, recorder: Recorder, outside: Outside, ledger_url: str
) -> None:
    """Issue B: behind the last outside copy, nothing is recorded; nothing that was read is refused."""
    used = Key(b"k" * 32, b"b" * 32, 201, uuid7())
    append(recorder, used)
    append(recorder)
    append(recorder)
    noted = note_now(database, outside)
    lose(ledger_url, 3)
    assert guard(database, outside) is Verdict.BEHIND
    with pytest.raises(LogReadOnly):
        append(recorder)
    with pytest.raises(KeyUsed):  # a repeat is answered from the log: it wants to write nothing
        append(recorder, used)
    assert recorder.max_notification_id() == 2
    note_now(database, outside)
    assert outside.read() == noted  # the evidence stays
    with database.transaction(Role.AUDITOR) as connection:
        assert read_only_reason(connection) == "outside-head-behind"
    with database.transaction(Role.WRITER) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select log.open_for_writing()")
    with psycopg.connect(ledger_url, row_factory=dict_row) as connection:
        assert reopen(connection, outside).position == 2
    assert append(recorder) == 3
    assert guard(database, outside) is Verdict.AGREES


def test_another_event_at_the_noted_position_is_told(
    database: Database, recorder: Recorder, outside: Outside, ledger_url: str
) -> None:
    """A standby that was promoted behind, and went on, has as many events: but not the same ones."""
    append(recorder)
    append(recorder)
    note_now(database, outside)
    lose(ledger_url, 2)
    append(recorder)
    append(recorder)
    assert guard(database, outside) is Verdict.DIFFERENT
    with pytest.raises(LogReadOnly):
        append(recorder)


def test_the_note_of_another_deployment_is_not_taken_for_ours(
    database: Database, recorder: Recorder, outside: Outside
) -> None:
    append(recorder)
    outside.accept(Head("autre.example", 1, "00" * 32))
    assert guard(database, outside) is Verdict.DIFFERENT
    note_now(database, outside)
    found = outside.read()
    assert found is not None
    assert found.origin == "autre.example"


def test_a_note_that_cannot_be_read_is_a_question_for_an_operator(
    database: Database, recorder: Recorder, outside: Outside, tmp_path: Path
) -> None:
    append(recorder)
    note_now(database, outside)
    (tmp_path / "elsewhere" / "outside" / FILE).write_text("[]")
    with pytest.raises(NoteDamaged):
        outside.read()
    assert guard(database, outside) is Verdict.UNREADABLE


def test_a_worker_keeps_noting_and_notes_the_end(database: Database, recorder: Recorder, outside: Outside) -> None:
    stop = threading.Event()
    noting = threading.Thread(target=keep_noting, args=(database, outside, stop, 0.01))
    noting.start()
    last = [append(recorder) for _ in range(20)][-1]
    stop.set()
    noting.join()
    found = outside.read()
    assert found is not None
    assert found.position == last


def test_a_database_replaced_under_a_running_worker_is_noticed(
    database: Database, recorder: Recorder, outside: Outside, ledger_url: str
) -> None:
    """A standby that was behind is promoted, and the processes go on: within seconds the log is closed."""
    append(recorder)
    append(recorder)
    stop = threading.Event()
    noting = threading.Thread(target=keep_noting, args=(database, outside, stop, 0.01))
    noting.start()
    try:
        eventually(lambda: outside.read() is not None)
        lose(ledger_url, 2)

        def closed() -> str | None:
            with database.transaction(Role.AUDITOR) as connection:
                return read_only_reason(connection)

        reason = eventually(closed)
    finally:
        stop.set()
        noting.join()
    assert reason == "outside-head-behind"
    with pytest.raises(LogReadOnly):
        append(recorder)
