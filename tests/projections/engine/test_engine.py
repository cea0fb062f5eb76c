"""Live, caught up and redelivered rows are the same; one projection fails alone; a newer name is waited for."""

from __future__ import annotations

import random
import threading
import time
from uuid import UUID

import psycopg
import pytest

from ledger.dossier.events import AgreementIssued, DossierCancelled, DossierSettled, TraineeWithdrawn
from ledger.kit.ids import uuid7
from ledger.person.events import PersonRegistered, PersonRenamed
from projections.engine import batches
from projections.engine.engine import Engine
from projections.engine.positions import retry
from projections.engine.schema import install
from support import toy_projections as toys
from support.eventually import PATIENCE_SECONDS, eventually
from support.toy_projections import (
    Agreements,
    DossierToy,
    History,
    Keys,
    PersonToy,
    append,
    positions,
    sealed,
    snapshot,
    table,
)


def a_history(dossiers: int = 12, seed: int = 1) -> list:
    """Dossiers opened, staffed, reserved, settled and cancelled, their events interleaved."""
    chance, past = random.Random(seed), History()
    providers = [uuid7() for _ in range(3)]
    streams = []
    for _ in range(dossiers):
        opened = past.opened(*sorted(chance.sample(providers, chance.randint(1, 2)), key=str))
        stream, people = opened.originator_id, [uuid7() for _ in range(3)]
        events = [opened, *(past.enrolled(stream, person) for person in people)]
        events += [past.reserved(stream, 100), past(TraineeWithdrawn, stream, person_id=people[0], on=toys.DAY)]
        events += [past.reserved(stream, 11)]
        end = chance.random()
        if end < 0.4:
            events.append(past(DossierSettled, stream, released_cents=0, on=toys.DAY))
        elif end < 0.6:
            events.append(past(DossierCancelled, stream, on=toys.DAY))
        streams.append(events)
    interleaved = []
    while streams := [left for left in streams if left]:
        interleaved.append(chance.choice(streams).pop(0))
    return interleaved


@pytest.fixture(autouse=True, params=[1, 1_000], ids=["behind", "at-once"])
def many(request, monkeypatch):
    """Every story both ways: written by a thread while folds go on, and in turn with them."""
    monkeypatch.setattr(batches, "MANY", request.param)


@pytest.mark.parametrize("batch", [1, 3, 2_000])
def test_however_batches_are_cut_the_rows_are_the_same(url, start, batch):
    """B6, and issue A: live (one event at a time), caught-up (all at once) and anything between give equal rows."""
    head = append(url, a_history())
    engine = start(batch=batch)
    assert engine.catch_up() == head
    assert positions(url) == {"toy-dossier": (head, "live")}
    dossiers = table(url, "toy_dossier")
    assert {row["reserved_cents"] for row in dossiers} == {111}
    assert len(table(url, "toy_trainee")) == 2 * len(dossiers)
    counted = sum(row["dossiers"] for row in table(url, "toy_counter"))
    assert counted == len(dossiers) > 0
    by_hand: dict = {}
    for row in dossiers:
        by_hand[tuple(row["visible"]), row["status"]] = by_hand.get((tuple(row["visible"]), row["status"]), 0) + 1
    assert by_hand == {(tuple(row["visible"]), row["status"]): row["dossiers"] for row in table(url, "toy_counter")}


def test_rows_folded_one_by_one_equal_rows_folded_at_once(url, start, make_database):
    events = a_history(seed=7)
    other = make_database("ledger")
    rows = []
    for place, size in ((url, 1), (other, 500)):
        append(place, events)
        install(place, [DossierToy()])
        with toys.database(place) as database, Engine(database, Keys(), [DossierToy()], batch=size) as engine:
            engine.catch_up()
        rows.append(snapshot(place))
    for row in (*rows[0]["toy_dossier"], *rows[1]["toy_dossier"]):
        row.pop("opened_at")  # recorded when it was appended, here and there
    assert rows[0] == rows[1]


def test_what_is_appended_while_it_runs_arrives(url, start):
    past, stop = History(), threading.Event()
    engine = start()
    thread = threading.Thread(target=engine.run, args=(stop,))
    thread.start()
    try:
        for _ in range(5):
            head = append(url, [past.opened(uuid7())])
            eventually(lambda wanted=head: positions(url)["toy-dossier"][0] >= wanted)
        assert len(table(url, "toy_dossier")) == 5
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def test_a_field_that_is_opened_is_clear_and_erased_ones_are_null(url, start):
    past, known, erased = History(), uuid7(), uuid7()
    append(
        url,
        [
            past(PersonRegistered, person, last_name=sealed("Dupont", person), first_name=sealed("Léa", person))
            for person in (known, erased)
        ],
    )
    start(PersonToy(), keys=Keys(erased)).catch_up()
    rows = {row["person_id"]: row for row in table(url, "toy_person")}
    assert rows[known]["last_name"] == "Dupont"
    assert rows[erased]["last_name"] is None
    assert rows[known]["sealed"].startswith(f"sealed:{known}:")


def test_one_projection_fails_alone_loudly_and_goes_on_after_the_mend(url, start, monkeypatch):
    """B6: failed events visible. The event is shown, without a word of what it says."""
    past = History()
    first, second = past.opened(uuid7()), past.opened(uuid7())
    bad = past(AgreementIssued, first.originator_id, amount_cents=13, on=toys.DAY)
    good = past(AgreementIssued, second.originator_id, amount_cents=5_000, on=toys.DAY)
    head = append(url, [first, second, good, bad, past.reserved(first.originator_id, 7)])
    engine = start(DossierToy(), Agreements())
    engine.catch_up()
    assert positions(url) == {"toy-dossier": (head, "live"), "toy-agreement": (3, "failed")}
    assert [row["amount_cents"] for row in table(url, "toy_agreement")] == [5_000]
    with psycopg.connect(url) as connection:
        error, at = connection.execute(
            "select error, failed_position from read.position where error is not null"
        ).fetchone()
    assert at == 4
    assert error.startswith("ValueError in issued, toy_projections.py:")
    assert "Untel" not in error

    later = append(url, [past.reserved(first.originator_id, 1)])
    engine.catch_up()
    assert positions(url) == {"toy-dossier": (later, "live"), "toy-agreement": (3, "failed")}

    monkeypatch.setattr(Agreements, "MENDED", True)
    with psycopg.connect(url) as connection:
        assert retry(connection, "read", "toy-agreement")
        assert not retry(connection, "read", "toy-dossier")
    engine.catch_up()
    assert positions(url) == {"toy-dossier": (later, "live"), "toy-agreement": (later, "live")}
    assert sorted(row["amount_cents"] for row in table(url, "toy_agreement")) == [13, 5_000]


def test_a_row_that_the_database_refuses_is_traced_to_its_event(url, start):
    past = History()
    opened = [past.opened(uuid7()) for _ in range(9)]
    too_much = past.reserved(opened[4].originator_id, 1_000_000)
    append(url, [*opened, too_much, past.reserved(opened[0].originator_id, 5)])
    start().catch_up()
    assert positions(url) == {"toy-dossier": (9, "failed")}
    with psycopg.connect(url) as connection:
        row = connection.execute("select error, failed_position from read.position").fetchone()
    assert row == ("CheckViolation 23514 toy_dossier toy_dossier_reserved_cents_check", 10)
    assert len(table(url, "toy_dossier")) == 9


def test_a_row_that_the_database_refuses_stops_its_projection_alone(url, start):
    """Though another one asks for rows while the refusal is on its way."""
    past = History()
    opened = past.opened(uuid7())
    agreement = past(AgreementIssued, opened.originator_id, amount_cents=5_000, on=toys.DAY)
    append(url, [opened, past.reserved(opened.originator_id, 1_000_000), agreement])
    start(DossierToy(), Agreements()).catch_up()
    assert positions(url) == {"toy-dossier": (1, "failed"), "toy-agreement": (3, "live")}


def test_a_name_of_a_newer_release_is_waited_for(url, database, start):
    """« Deploy readers first »: neither skipped nor failed, and folded once this process knows it."""
    past = History()
    append(url, [past.opened(uuid7())])
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into log.events (position, recorded_at, stream_id, version, name, dossiers, payload) "
            "values (2, now(), gen_random_uuid(), 1, 'dossier.praised.v1', '{}', '{}')"
        )
    append(url, [past.opened(uuid7())])
    engine = start()
    assert engine.catch_up() == 1
    assert engine.catch_up() == 0
    assert positions(url) == {"toy-dossier": (1, "waiting")}
    engine.step_down()
    newer = Engine(database, Keys(), [DossierToy()], known={"dossier.opened.v1", "dossier.praised.v1"})
    newer.catch_up()
    newer.step_down()
    assert positions(url) == {"toy-dossier": (3, "live")}


def test_a_worker_that_waits_lets_a_newer_one_lead(url, database, start):
    """An older release leads when the newer name comes: the newer worker that stands by takes over, unasked."""
    past, stop = History(), threading.Event()
    older = start()
    older._feeder._known = {"dossier.opened.v1"}
    thread = threading.Thread(target=older.run, args=(stop,))
    thread.start()
    newer = Engine(database, Keys(), [DossierToy()])
    try:
        opened = past.opened(uuid7())
        head = append(url, [opened, past.reserved(opened.originator_id, 5)])
        eventually(lambda: newer.run_once() or positions(url) == {"toy-dossier": (head, "live")})
        eventually(lambda: positions(url) == {"toy-dossier": (head, "live")})
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
        newer.step_down()


def test_an_older_worker_that_was_thought_dead_writes_nothing(url, database, start, monkeypatch):
    """Generation fencing: two engines both believe that they lead."""
    past = History()
    append(url, [past.opened(uuid7())])
    older = start()
    older.catch_up()
    install(url, [DossierToy()])
    newer = Engine(database, Keys(), [DossierToy()], refresh_seconds=3600)
    monkeypatch.setattr(newer._leadership, "held", lambda check=False: True)
    monkeypatch.setattr(older, "_refresh_seconds", 3600)
    head = append(url, [past.opened(uuid7())])
    assert newer.catch_up() == 1
    append(url, [past.opened(uuid7())])
    before = snapshot(url)
    assert older.run_once() == 0
    assert snapshot(url) == before
    assert positions(url) == {"toy-dossier": (head, "live")}


def test_a_batch_delivered_again_changes_nothing(url, start):
    """The position moves with the rows: a batch whose commit its worker missed is folded once more, to nothing."""
    past = History()
    stream = past.opened(uuid7())
    append(url, [stream, past.reserved(stream.originator_id, 40)])
    engine = start()
    engine._refresh()
    before = dict(engine._batches.owned)
    engine.catch_up()
    rows = snapshot(url)
    engine._batches.own(before)
    assert engine.run_once() == 0
    assert snapshot(url) == rows
    assert engine.catch_up() == 0
    assert snapshot(url) == rows


def test_one_worker_leads_and_another_takes_over(url, database, start):
    past = History()
    append(url, [past.opened(uuid7())])
    first, second = start(), start()
    assert first.run_once() == 1
    append(url, [past.opened(uuid7())])
    assert second.run_once() == 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'dossier-ledger leader' and datname = current_database()"
        )
    eventually(second.run_once)
    assert len(table(url, "toy_dossier")) == 2
    append(url, [past.opened(uuid7())])
    time.sleep(1.1)
    assert first.run_once() == 0
    assert second.catch_up() == 1


def test_renaming_by_the_same_key_twice_in_a_batch_keeps_the_last(url, start):
    past, person = History(), uuid7()
    names = [sealed(name, person) for name in ("Durand", "Dupond", "Dupont")]
    first = past(PersonRegistered, person, last_name=names[0], first_name=names[0])
    renamed = [past(PersonRenamed, person, last_name=name, first_name=name) for name in names[1:]]
    append(url, [first, *renamed])
    start(PersonToy()).catch_up()
    assert [row["last_name"] for row in table(url, "toy_person")] == ["Dupont"]
    assert isinstance(table(url, "toy_person")[0]["person_id"], UUID)
