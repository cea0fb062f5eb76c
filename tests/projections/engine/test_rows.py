"""Rows in memory: what a fold reads is what it wrote, and only true changes are written back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import pytest

from projections.engine import Row, Rows, Table, columns, index, key, new, new_index

PIECE = Table(
    "piece",
    key=("dossier_id", "number"),
    columns=columns(dossier_id="uuid", number="int", tags="text[]", title="text"),
    indexes=("dossier_id",),
)


class Stored:
    """Rows as a table would hold them; it counts what is asked of it."""

    def __init__(self, *rows: Row) -> None:
        self.rows = rows
        self.asked: list[str] = []

    def by_key(self, table: Table, keys: Sequence[Any]) -> Iterable[Row]:
        self.asked.append("key")
        return [row for row in self.rows if table.key_of(row) in keys]

    def by_index(self, table: Table, column: str, values: Sequence[Any]) -> Iterable[Row]:
        self.asked.append("index")
        return [row for row in self.rows if row[column] in values]


def piece(number: int, title: str = "devis", dossier: str = "d1") -> dict[str, Any]:
    return {"dossier_id": dossier, "number": number, "tags": ("a",), "title": title}


def changes(rows: Rows) -> list[tuple[str, Row]]:
    return [
        (kind, row)
        for _, found in rows.changes()
        for kind in ("made", "changed", "gone")
        for row in getattr(found, kind)
    ]


def test_a_fold_sees_its_own_changes_through_key_and_index():
    rows = Rows([PIECE], Stored(piece(1), piece(2)))
    rows.put("piece", piece(3, "facture"))
    rows.delete("piece", "d1", 1)
    assert [row["number"] for row in rows.where("piece", "dossier_id", "d1")] == [2, 3]
    assert rows.get("piece", "d1", 1) is None
    assert rows.change("piece", "d1", 2, title="accord")["title"] == "accord"
    assert changes(rows) == [
        ("made", piece(3, "facture")),
        ("changed", piece(2, "accord")),
        ("gone", piece(1)),
    ]


def test_a_row_that_came_back_to_what_it_was_is_not_written():
    rows = Rows([PIECE], Stored(piece(1)))
    rows.change("piece", "d1", 1, title="accord")
    rows.change("piece", "d1", 1, title="devis")
    rows.put("piece", piece(9))
    rows.delete("piece", "d1", 9)
    assert changes(rows) == []


def test_what_a_batch_needs_is_asked_once_and_new_rows_not_at_all():
    stored = Stored(piece(1), piece(2))
    rows = Rows([PIECE], stored)
    rows.prepare(
        [key("piece", "d1", 1), key("piece", "d1", 2), new("piece", "d2", 1), index("piece", "dossier_id", "d1")]
    )
    rows.prepare([new_index("piece", "dossier_id", "d2"), key("piece", "d1", 1)])
    assert stored.asked == ["index"] or sorted(stored.asked) == ["index", "key"]
    before = list(stored.asked)
    assert rows.get("piece", "d2", 1) is None
    rows.put("piece", piece(1, dossier="d2"))
    assert len(rows.where("piece", "dossier_id", "d1")) == 2
    assert len(rows.where("piece", "dossier_id", "d2")) == 1
    assert stored.asked == before


def test_a_row_that_moved_in_memory_is_not_found_where_the_table_still_has_it():
    rows = Rows([PIECE], Stored(piece(1), piece(2)))
    rows.delete("piece", "d1", 1)
    rows.put("piece", piece(1, dossier="d2"))
    assert [row["number"] for row in rows.where("piece", "dossier_id", "d1")] == [2]
    assert [row["number"] for row in rows.where("piece", "dossier_id", "d2")] == [1]


def test_memory_survives_a_batch_within_its_bound_and_not_an_undone_one():
    stored = Stored(piece(1))
    rows = Rows([PIECE], stored)
    rows.change("piece", "d1", 1, title="accord")
    rows.written(keep=10)
    assert changes(rows) == []
    assert (rows.get("piece", "d1", 1) or {})["title"] == "accord"
    rows.forget()
    assert (rows.get("piece", "d1", 1) or {})["title"] == "devis"
    rows.written(keep=0)
    rows.get("piece", "d1", 1)
    assert stored.asked == ["key"] * 3


def test_lists_become_tuples_and_columns_left_out_are_null():
    rows = Rows([PIECE], Stored())
    rows.put("piece", {"dossier_id": "d1", "number": 1, "tags": ["x", "y"]})
    assert rows.get("piece", "d1", 1) == {"dossier_id": "d1", "number": 1, "tags": ("x", "y"), "title": None}


@pytest.mark.parametrize(
    ("mistake", "error"),
    [
        (lambda rows: rows.put("piece", {"dossier_id": "d1", "number": 1, "colour": "red"}), KeyError),
        (lambda rows: rows.put("piece", {"number": 1}), TypeError),
        (lambda rows: rows.get("piece", "d1"), TypeError),
        (lambda rows: rows.where("piece", "title", "devis"), TypeError),
        (lambda rows: rows.change("piece", "d1", 7, title="x"), KeyError),
        (lambda rows: rows.change("piece", "d1", 1, number=2), ValueError),
        (lambda rows: rows.get("tune", "d1"), KeyError),
        (lambda rows: rows.add_values("piece", [("d1", 2, ("a",))]), TypeError),
        (lambda rows: rows.add_values("piece", [("d1", 2, ["a"], "devis")]), TypeError),
        (lambda rows: rows.add_values("piece", [(UUID(int=1), 2, ("a",), "devis")]), TypeError),
    ],
)
def test_an_author_s_mistake_is_loud(mistake, error):
    rows = Rows([PIECE], Stored(piece(1)))
    with pytest.raises(error):
        mistake(rows)
    assert changes(rows) == []
