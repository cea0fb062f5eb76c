"""Rebuilding beside, swapping without anybody noticing, and the way back."""

from __future__ import annotations

import threading
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from ledger.dossier.events import AgreementIssued, DossierSettled
from ledger.kit.ids import uuid7
from ledger.log.database import Role
from projections.engine import columns
from projections.engine.rebuild import RebuildRunning, RebuildStopped, rebuild
from projections.engine.schema import LIVE, NEXT, OLD, TablesDiffer, install
from projections.engine.status import status
from projections.engine.swap import SwapRefused, drop, swap
from projections.engine.table import Table
from support import toy_projections as toys
from support.eventually import eventually
from support.toy_projections import Agreements, DossierToy, History, Keys, append, positions, snapshot, table

TOYS = [DossierToy()]


@pytest.fixture
def past(url) -> History:
    """Six dossiers of one provider, two of them settled; the log's head is at 14."""
    past = History()
    for number in range(6):
        opened = past.opened(UUID(int=1))
        events = [opened, past.reserved(opened.originator_id, 10)]
        if number < 2:
            events.append(past(DossierSettled, opened.originator_id, released_cents=0, on=toys.DAY))
        append(url, events)
    return past


def test_rebuilt_rows_equal_live_rows(url, database, start, past):
    """B6: a read model is rebuilt beside the live one; whatever the batches, the rows are the same."""
    start().catch_up()
    for batch in (1, 4, 1_000):
        told: dict[int, int] = {}
        assert rebuild(database, Keys(), TOYS, batch=batch, progress=told.__setitem__) == 14
        assert max(told.items()) == (14, 14)
        assert snapshot(url, NEXT) == snapshot(url)
    assert positions(url, NEXT) == {"toy-dossier": (14, "live")}


def test_a_rebuild_can_stop_at_a_position(url, database, start, past):
    start()
    assert rebuild(database, Keys(), TOYS, upto=3, batch=2) == 3
    assert len(table(url, "toy_dossier", NEXT)) == 1


def test_a_swap_catches_up_and_the_engine_goes_on_with_the_new_tables(url, database, start, past):
    engine = start()
    engine.catch_up()
    with psycopg.connect(url) as connection:
        connection.execute("update read.toy_dossier set title = 'faux'")
    rebuild(database, Keys(), TOYS)
    append(url, [past.opened(UUID(int=1))])
    engine.catch_up()
    swap(database, Keys(), TOYS)
    assert positions(url) == {"toy-dossier": (15, "live")}
    assert positions(url, OLD) == {"toy-dossier": (15, "live")}
    assert {row["title"] for row in table(url, "toy_dossier")} == {"Cariste"}
    assert len(table(url, "toy_dossier")) == 7

    head = append(url, [past.opened(UUID(int=1))])
    while positions(url)["toy-dossier"][0] < head:
        engine.run_once()
    assert [row["dossiers"] for row in table(url, "toy_counter")] == [6, 2]
    assert len(table(url, "toy_dossier", OLD)) == 7


def test_the_way_back_is_a_swap_back(url, database, start, past):
    start().catch_up()
    rebuild(database, Keys(), TOYS)
    with psycopg.connect(url) as connection:
        connection.execute("update read_next.toy_dossier set title = 'mal reconstruit'")
    swap(database, Keys(), TOYS)
    append(url, [past.opened(UUID(int=1))])
    swap(database, Keys(), TOYS, back=True)
    assert {row["title"] for row in table(url, "toy_dossier")} == {"Cariste"}
    assert len(table(url, "toy_dossier")) == 7
    assert positions(url) == {"toy-dossier": (15, "live")}
    assert positions(url, OLD) == {}
    assert drop(database, TOYS, beside=True) == ["toy-dossier"]
    assert drop(database, TOYS) == []


def test_what_is_kept_from_an_earlier_swap_is_dropped_first(url, database, start, past):
    start().catch_up()
    rebuild(database, Keys(), TOYS)
    swap(database, Keys(), TOYS)
    rebuild(database, Keys(), TOYS)
    with pytest.raises(SwapRefused, match="à supprimer d"):
        swap(database, Keys(), TOYS)
    assert drop(database, TOYS) == ["toy-dossier"]
    swap(database, Keys(), TOYS)


def test_nothing_to_swap_is_refused(database, start, past):
    start().catch_up()
    with pytest.raises(SwapRefused, match="toy-dossier : aucune table dans read_next"):
        swap(database, Keys(), TOYS)


@pytest.mark.parametrize(
    "change",
    [
        "drop policy scope on read_next.toy_dossier",
        "revoke select on read_next.toy_dossier from ledger_gateway",
        "alter table read_next.toy_dossier no force row level security",
        "drop index read_next.toy_dossier_title",
        "alter table read_next.toy_counter alter dossiers type bigint",
    ],
)
def test_a_swap_refuses_tables_that_are_not_the_same(url, database, start, past, change):
    """A swap made with `LIKE` dropped row security once: any difference is refused, and named."""
    engine = start()
    engine.catch_up()
    rebuild(database, Keys(), TOYS)
    with psycopg.connect(url) as connection:
        connection.execute(change)
    before = snapshot(url)
    with pytest.raises(SwapRefused) as refused:
        swap(database, Keys(), TOYS)
    assert len(refused.value.reasons) == 1
    assert snapshot(url) == before
    assert positions(url, NEXT) == {"toy-dossier": (14, "live")}
    assert positions(url, OLD) == {}
    append(url, [past.opened(UUID(int=1))])
    assert engine.catch_up() == 1


def test_row_security_holds_after_a_swap(url, database, start, past):
    start().catch_up()
    rebuild(database, Keys(), TOYS)
    swap(database, Keys(), TOYS)
    append(url, [past.opened(UUID(int=2))])
    for scope, seen in (((UUID(int=1),), 6), ((UUID(int=2),), 0), ((), 0)):
        with database.transaction(Role.GATEWAY, scope=scope) as connection:
            assert len(connection.execute("select * from read.toy_dossier").fetchall()) == seen


def test_readers_meet_no_error_while_tables_are_swapped(url, database, start, past):
    """B6: swap without downtime. Each reader sees all dossiers at every moment, whichever tables it reads."""
    engine = start()
    engine.catch_up()
    stop, troubles, seen = threading.Event(), [], [0]

    def read() -> None:
        try:
            while not stop.is_set():
                with database.transaction(Role.GATEWAY, scope=[UUID(int=1)]) as connection:
                    dossiers = connection.execute("select dossier_id from read.toy_dossier").fetchall()
                    counted = connection.execute("select sum(dossiers) as n from read.toy_counter").fetchone()
                    seen[0] += 1
                    if len(dossiers) != 6 or counted["n"] != 6:
                        troubles.append((len(dossiers), counted))
        except psycopg.Error as error:
            troubles.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(4):
        rebuild(database, Keys(), TOYS)
        swap(database, Keys(), TOYS)
        drop(database, TOYS)
    stop.set()
    for reader in readers:
        reader.join(10)
    assert troubles == []
    assert seen[0] > 50


def test_a_swap_gives_way_to_a_long_reader_and_says_so(url, database, start, past):
    start().catch_up()
    rebuild(database, Keys(), TOYS)
    with psycopg.connect(url) as reader:
        reader.execute("select count(*) from read.toy_dossier")
        with pytest.raises(SwapRefused, match="occupées"):
            swap(database, Keys(), TOYS, patience=0.5)
        # Others read on meanwhile.
        assert len(table(url, "toy_dossier")) == 6
    swap(database, Keys(), TOYS)


def test_a_rebuild_that_a_fold_stops_is_loud_and_leaves_the_live_rows(url, database, start, monkeypatch):
    past, chosen = History(), [Agreements()]
    opened = past.opened(uuid7())
    append(url, [opened, past(AgreementIssued, opened.originator_id, amount_cents=13, on=toys.DAY)])
    monkeypatch.setattr(Agreements, "MENDED", True)
    start(*chosen).catch_up()
    monkeypatch.setattr(Agreements, "MENDED", False)
    with pytest.raises(RebuildStopped, match="toy-agreement à la position 2 : ValueError in issued"):
        rebuild(database, Keys(), chosen)
    assert len(table(url, "toy_agreement")) == 1
    with pytest.raises(SwapRefused, match="read_next s'est arrêté à la position 2"):
        swap(database, Keys(), chosen)


def test_one_rebuild_at_a_time(url, database, start, past):
    start()
    with psycopg.connect(url) as other:
        other.execute("select pg_advisory_lock(%s)", (0x6E657874,))
        with pytest.raises(RebuildRunning):
            rebuild(database, Keys(), TOYS)


class NewerToy(DossierToy):
    """The next release's: its dossiers have a column more."""

    VERSION = 2
    TABLES = (
        Table("toy_dossier", ("dossier_id",), (*DossierToy.TABLES[0].columns, *columns(note="text"))),
        *DossierToy.TABLES[1:],
    )

    def ddl(self) -> str:
        return super().ddl() + "; alter table {schema}.toy_dossier add note text"


def test_a_new_version_waits_for_the_operator_and_is_swapped_in(url, database, start, past):
    """Never silently: the live rows stay as they are until somebody rebuilds and swaps."""
    older = start()
    older.catch_up()
    older.step_down()
    newer = [NewerToy()]
    engine = start(*newer)
    append(url, [past.opened(UUID(int=1))])
    assert engine.catch_up() == 0
    assert status(database, newer)[0].condition.label == "à reconstruire"
    assert positions(url) == {"toy-dossier": (14, "live")}
    rebuild(database, Keys(), newer)
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute("alter table read_next.toy_dossier alter note set default ''")
    with pytest.raises(SwapRefused, match="toy_dossier: column note vaut"):
        swap(database, Keys(), newer)
    rebuild(database, Keys(), newer)
    swap(database, Keys(), newer)
    append(url, [past.opened(UUID(int=1))])
    eventually(lambda: engine.run_once() or positions(url)["toy-dossier"][0] == 16)
    assert [row["note"] for row in table(url, "toy_dossier")] == [None] * 8
    # The way back: the older release's tables, as they were, are its own to fold.
    swap(database, Keys(), newer, back=True)
    assert positions(url) == {"toy-dossier": (14, "live")}
    assert len(table(url, "toy_dossier", NEXT)) == 8


class Forgetful(DossierToy):
    """Changed its SQL and kept its VERSION."""

    TABLES = NewerToy.TABLES


def test_tables_that_are_not_as_the_projector_says_are_refused(url):
    with pytest.raises(TablesDiffer, match=r"toy-dossier: read\.toy_dossier differs on note"):
        install(url, [Forgetful()])
    assert install(url, TOYS) == ["toy-dossier"]
    assert install(url, TOYS) == []
    with pytest.raises(TablesDiffer):
        install(url, [Forgetful()])


def test_processes_that_start_together_install_once(url):
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend(install(url, TOYS))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert made == ["toy-dossier"]
    assert positions(url, LIVE) == {"toy-dossier": (0, "live")}
