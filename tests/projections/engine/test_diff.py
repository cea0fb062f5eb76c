"""What a swap would change: live rows against rebuilt ones, told without a value of them."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from projections.engine import columns
from projections.engine.diff import SHOWN, DiffRefused, RowDifference, TableDifference, diff
from projections.engine.rebuild import rebuild
from projections.engine.schema import LIVE, NEXT
from projections.engine.table import Table
from support import toy_projections as toys
from support.toy_projections import Agreements, DossierToy, History, Keys, append

TOYS = [DossierToy()]


@pytest.fixture
def past(url) -> History:
    past = History()
    for number in range(3):
        opened = past.opened(UUID(int=number + 1))
        append(url, [opened, past.reserved(opened.originator_id, 10)])
    return past


def harm(url: str, statement: str) -> str:
    """Run a statement that returns one id, as text."""
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return str(row[0])


def test_tables_that_are_equal_differ_in_nothing(url, database, start, past):
    start().catch_up()
    rebuild(database, Keys(), TOYS)
    assert diff(database, Keys(), TOYS) == []


def test_what_came_since_is_no_difference(url, database, start, past):
    """Rebuilt tables catch up to where the live ones stand, no further and no less."""
    engine = start()
    engine.catch_up()
    rebuild(database, Keys(), TOYS)
    append(url, [past.opened(UUID(int=1))])
    engine.catch_up()
    append(url, [past.opened(UUID(int=2))])
    assert diff(database, Keys(), TOYS) == []
    engine.catch_up()
    assert diff(database, Keys(), TOYS) == []


def test_each_row_that_differs_is_told_by_its_key_and_columns(url, database, start, past):
    """B6: operators see the differences. No value of a row is told: it may be personal."""
    start().catch_up()
    rebuild(database, Keys(), TOYS)
    change = "update {}.toy_dossier set title = 'Marie Dupont', reserved_cents = 7 where dossier_id = "
    first = f"(select min(dossier_id::text)::uuid from {LIVE}.toy_dossier) returning dossier_id"
    last = f"(select max(dossier_id::text)::uuid from {LIVE}.toy_dossier) returning dossier_id"
    changed = harm(url, change.format(LIVE) + first)
    missing = harm(url, f"delete from {NEXT}.toy_dossier where dossier_id = {last}")
    (found,) = diff(database, Keys(), TOYS)
    assert (found.table, found.count, found.columns) == ("toy_dossier", 2, ())
    assert sorted(found.rows, key=lambda row: row.absent_from or "") == [
        RowDifference({"dossier_id": changed}, None, ("title", "reserved_cents")),
        RowDifference({"dossier_id": missing}, NEXT, ()),
    ]
    assert "Dupont" not in repr(found)


def test_a_key_that_is_text_is_hidden_and_many_rows_are_counted(url, database, start, past):
    """A searched word is somebody's name."""
    start().catch_up()
    rebuild(database, Keys(), TOYS)
    with psycopg.connect(url) as connection:
        connection.execute(
            f"insert into {LIVE}.toy_counter select array[gen_random_uuid()], 'Dupont', n from generate_series(1, 30) n"
        )
    (found,) = diff(database, Keys(), TOYS)
    assert (found.count, len(found.rows)) == (30, SHOWN)
    assert {row.absent_from for row in found.rows} == {NEXT}
    assert found.rows[0].key == {"visible": "…", "status": "…"}


def test_a_new_version_is_compared_by_the_columns_that_both_have(url, database, start, past, monkeypatch):
    start().catch_up()
    (dossiers, *others) = DossierToy.TABLES
    wider = Table(dossiers.name, key=dossiers.key, columns=(*dossiers.columns, *columns(note="text")))
    monkeypatch.setattr(DossierToy, "TABLES", (wider, *others))
    monkeypatch.setattr(DossierToy, "VERSION", 2)
    monkeypatch.setattr(toys, "DDL", toys.DDL.replace("opened_at timestamptz", "opened_at timestamptz, note text"))
    rebuild(database, Keys(), TOYS)
    assert diff(database, Keys(), TOYS) == [TableDifference("toy_dossier", 0, (), ("note",))]


def test_live_tables_that_stay_behind_cannot_be_compared(url, database, start, past):
    engine = start()
    rebuild(database, Keys(), TOYS)
    with pytest.raises(DiffRefused, match="toy-dossier : read est à la position 0, read_next à 6"):
        diff(database, Keys(), TOYS, patience=0)
    engine.catch_up()
    assert diff(database, Keys(), TOYS, patience=0) == []


def test_what_was_not_rebuilt_or_has_failed_cannot_be_compared(url, database, start, past):
    start(*TOYS, Agreements()).catch_up()
    with pytest.raises(DiffRefused, match="aucune table dans read_next"):
        diff(database, Keys(), TOYS)
    rebuild(database, Keys(), [*TOYS, Agreements()])
    with psycopg.connect(url) as connection:
        connection.execute(
            "update read.position set state = 'failed', error = 'ValueError', failed_position = 3 "
            "where projector = 'toy-agreement'"
        )
    with pytest.raises(DiffRefused, match="toy-agreement : read s'est arrêté à la position 3 : ValueError"):
        diff(database, Keys(), [Agreements()])
    assert diff(database, Keys(), TOYS) == []
