"""Filling empty tables at full speed: the same rows, whatever is in them, in however many processes it is done."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from gateway.generator.events import appends, events
from ledger.kit import names
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log import upcasting
from ledger.log.recorder import Recorder
from projections.engine import columns, filling
from projections.engine.diff import diff
from projections.engine.filling import FILLING
from projections.engine.held import Changes
from projections.engine.rebuild import RebuildRunning, RebuildStopped, rebuild
from projections.engine.schema import NEXT, PAST
from projections.engine.sharing import Shared, grouped
from projections.engine.store import statements
from projections.engine.swap import SwapRefused, drop, swap
from projections.engine.table import Table
from projections.registry import ALL
from support.reading import House, house_on
from support.toy_projections import DossierToy, History, Keys, append, positions, snapshot, table

TOYS = [DossierToy()]
AWKWARD = Table(
    "awkward",
    key=("number",),
    columns=columns(number="int", note="text", words="text[]", ids="uuid[]", flag="boolean", at="timestamptz"),
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.sampled_from(
    ["null", "NULL", "", '"', "\\", "\\.", "\\n", "a\tb\nc\r", "{a,b}", "é,œ;", "'", "],[", "]]", "[["]
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(notes=st.lists(st.none() | TEXTS, min_size=1, max_size=6), words=st.none() | st.lists(TEXTS | st.none()))
def test_whatever_a_row_holds_comes_out_as_it_went_in(url, notes, words):
    at = datetime(2022, 9, 1, 8, 30, 0, 123456, tzinfo=UTC)
    array = None if words is None else tuple(words)
    rows = [
        {"number": n, "note": note, "words": array, "ids": (str(UUID(int=n)),), "flag": n % 2 == 0, "at": at}
        for n, note in enumerate(notes)
    ]
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute(
            "create temporary table awkward (number int, note text, words text[], ids uuid[], flag boolean, "
            "at timestamptz) on commit drop"
        )
        # Half of them as whole rows, half as bare values.
        added = [tuple(row.values()) for row in rows[1::2]]
        statements("pg_temp", AWKWARD, Changes(rows[::2], [], [], added), copy=True).run(connection)
        found = connection.execute("select * from awkward order by number").fetchall()
    wanted = [{**row, "words": words, "ids": [UUID(int=row["number"])]} for row in rows]
    assert found == wanted


@pytest.fixture
def fund(ledger_url, keys_url):
    """A fund with generated lives: some thousand events of every kind, in the order of their days, folded live."""
    with house_on(ledger_url, keys_url) as house:
        recorder = Recorder(house.database)
        recorder.append(list(appends(events(11, 2_000, house.keyring), house.keyring, together=20)))
        house.catch_up()
        yield house


@pytest.mark.parametrize("batch", [170, 5_000])
def test_rows_that_memory_lets_go_of_are_found_again(fund: House, monkeypatch, batch):
    """A log is longer than memory: rows are asked for again while the batch before is still being written."""
    monkeypatch.setattr(filling, "KEEP_ROWS", 50)
    rebuild(fund.database, fund.keyring, ALL, batch=batch)
    assert diff(fund.database, fund.keyring, ALL) == []


def test_two_processes_make_the_same_rows_as_one(fund: House, keys_url):
    told: list[tuple[int, int]] = []
    shared = Shared(2, partial(Keyring, keys_url, MasterKey(b"m" * 32)))
    rebuild(fund.database, fund.keyring, ALL, batch=300, shared=shared, progress=lambda *at: told.append(at))
    assert diff(fund.database, fund.keyring, ALL) == []
    reached = [at for at, _ in told]
    assert reached == sorted(reached)
    assert told[-1] == (2_000, 2_000)


def test_a_process_that_dies_leaves_its_part_to_the_one_that_goes_on(fund: House, keys_url):
    """One that cannot open the keyring, or is killed: the rebuild is slower, and the rows are the same."""
    shared = Shared(3, partial(Keyring, keys_url, MasterKey(b"x" * 32)))
    assert rebuild(fund.database, fund.keyring, ALL, batch=300, shared=shared) == 2_000
    assert diff(fund.database, fund.keyring, ALL) == []


def test_the_work_is_shared_out_by_what_there_is_to_handle(fund: House):
    with psycopg.connect(fund.url, row_factory=dict_row) as connection:
        for processes in (1, 2, 3, 50):
            groups = grouped(connection, ALL, processes)
            assert len(groups) == min(processes, len(ALL))
            assert sorted(each.NAME for group in groups for each in group) == sorted(each.NAME for each in ALL)
        assert "dossier" in {each.NAME for each in grouped(connection, ALL, 7)[0]}


def test_a_row_that_the_database_refuses_stops_the_rebuild_at_its_event(url, database, start):
    """The fast way only notices; the careful one finds the event, and keeps what came before it."""
    past = History()
    opened = past.opened(UUID(int=1))
    append(url, [opened, *(past.reserved(opened.originator_id, 10) for _ in range(5))])
    append(url, [past.reserved(opened.originator_id, 1_000_000), past.reserved(opened.originator_id, 1)])
    start().catch_up()
    for batch in (1, 3, 100):
        with pytest.raises(RebuildStopped, match="toy-dossier à la position 7 : CheckViolation"):
            rebuild(database, Keys(), TOYS, batch=batch)
        assert positions(url, NEXT) == positions(url)
        assert snapshot(url, NEXT) == snapshot(url)


def test_a_name_that_only_a_newer_release_knows_stops_the_rebuild_before_it(url, database, start):
    past = History()
    append(url, [past.opened(UUID(int=1)) for _ in range(4)])
    start()
    known = {"dossier.opened.v1"}
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into log.events (position, recorded_at, stream_id, version, name, dossiers, payload) "
            "values (5, now(), gen_random_uuid(), 1, 'dossier.newer.v9', '{}', '{}')"
        )
    append(url, [past.opened(UUID(int=1))])
    with pytest.raises(RebuildStopped, match="position 5"):
        rebuild(database, Keys(), TOYS, known=known)
    assert len(table(url, "toy_dossier", NEXT)) == 4


def test_an_event_of_a_retired_name_is_folded_as_its_successor(url, database, start, monkeypatch):
    """What is skipped unread is what no fold handles under any name: an upcaster may bring it to one that is."""
    monkeypatch.setitem(names._retired, "dossier.begun.v1", "dossier.opened.v1")
    monkeypatch.setitem(upcasting._upcasters, "dossier.begun.v1", dict)
    append(url, [History().opened(UUID(int=1))])
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into log.events (position, recorded_at, stream_id, version, name, dossiers, payload) "
            "select 2, recorded_at, gen_random_uuid(), version, 'dossier.begun.v1', dossiers, payload from log.events"
        )
    start().catch_up()
    rebuild(database, Keys(), TOYS)
    assert len(table(url, "toy_dossier", NEXT)) == 2
    assert snapshot(url, NEXT) == snapshot(url)


def test_a_rebuild_that_cannot_begin_leaves_no_process_behind(fund: House, keys_url, monkeypatch):
    """The others start while the tables are made, and end when no task comes."""
    begun: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **kwargs: begun.append(popen(*args, **kwargs)) or begun[-1])
    shared = Shared(2, partial(Keyring, keys_url, MasterKey(b"m" * 32)))
    with psycopg.connect(fund.url) as other:
        other.execute("select pg_advisory_lock_shared(%s)", (FILLING,))
        with pytest.raises(RebuildRunning):
            rebuild(fund.database, fund.keyring, ALL, shared=shared)
    assert [process.returncode for process in begun] == [0]


def test_nobody_makes_the_tables_anew_while_somebody_fills_them(url, database, start):
    """A process of a rebuild that was killed may live on for a moment."""
    start()
    with psycopg.connect(url) as orphan:
        orphan.execute("select pg_advisory_lock_shared(%s)", (FILLING,))
        with pytest.raises(RebuildRunning):
            rebuild(database, Keys(), TOYS)
    rebuild(database, Keys(), TOYS)


def test_read_models_as_they_stood_at_a_position_are_made_apart_and_never_swapped(url, database, start):
    """B6, AU: what was seen at a past position, beside a rebuild that waits to be swapped."""
    past, engine = History(), start()
    opened = past.opened(UUID(int=1))
    append(url, [opened, past.reserved(opened.originator_id, 10)])
    engine.catch_up()
    then = snapshot(url)
    append(url, [past.reserved(opened.originator_id, 5), past.opened(UUID(int=2))])
    engine.catch_up()
    assert rebuild(database, Keys(), TOYS, upto=2, into=PAST) == 2
    assert snapshot(url, PAST) == then != snapshot(url)
    with pytest.raises(SwapRefused, match="aucune table dans read_next"):
        swap(database, Keys(), TOYS)
    assert drop(database, TOYS, past=True) == ["toy-dossier"]
    assert drop(database, TOYS, past=True) == []
