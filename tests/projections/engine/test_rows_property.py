"""Rows in memory against a plain dictionary, over generated orders, batches, losses of memory and undone batches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.engine import Row, Rows, Table, columns, index, key
from projections.engine.held import Changes

THING = Table("thing", key=("id",), columns=columns(id="text", owner="text", count="int"), indexes=("owner",))
IDS = st.sampled_from(["a", "b", "c", "d"])
OWNERS = st.sampled_from(["x", "y", "z"])
NEED = st.one_of(
    st.builds(lambda one: key("thing", one), IDS), st.builds(lambda one: index("thing", "owner", one), OWNERS)
)
ORDER = st.one_of(
    st.tuples(st.sampled_from(["put", "add", "add values"]), IDS, OWNERS),
    st.tuples(st.just("change"), IDS, OWNERS),
    st.tuples(st.sampled_from(["revise", "tally"]), IDS, st.integers(-2, 2)),
    st.tuples(st.just("delete"), IDS),
    st.tuples(st.just("get"), IDS),
    st.tuples(st.just("where"), OWNERS),
    st.tuples(st.just("prepare"), st.lists(NEED, max_size=4)),
    st.tuples(st.just("commit"), st.integers(0, 3)),
    st.tuples(st.just("write some")),
    st.tuples(st.just("undo")),
)


class Store:
    """The table: it changes when a batch is committed, and by what the batch says alone."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def by_key(self, table: Table, keys: Sequence[Any]) -> Iterable[Row]:
        return [self.rows[one] for (one,) in keys if one in self.rows]

    def by_index(self, table: Table, column: str, values: Sequence[Any]) -> Iterable[Row]:
        return [row for row in self.rows.values() if row[column] in values]

    def commit(self, written: Iterable[tuple[Table, Changes]]) -> None:
        for table, changes in written:
            for row in changes.gone:
                assert self.rows.pop(row["id"]) == row
            for row in changes.changed:
                assert self.rows[row["id"]] != row
            made = [*changes.made, *map(table.row_of, changes.added)]
            for row in made:
                assert row["id"] not in self.rows
            self.rows |= {row["id"]: row for row in (*changes.changed, *made)}


def _write(rows: Rows, how: str, row: Row) -> None:
    if how == "put":
        rows.put("thing", row)
    elif how == "add":
        rows.add("thing", [row])
    else:
        rows.add_values("thing", [tuple(row.values())])


def _change(rows: Rows, model: dict[str, Row], how: str, one: str, value: Any) -> None:
    """Each way to change what may be there, or not."""
    if how == "tally":
        assert rows.tally("thing", (one,), {"count": value}) == (one in model)
    if one not in model:
        return
    count = model[one]["count"] + 1
    if how == "change":
        model[one] = {**model[one], "owner": value, "count": count}
        rows.change("thing", one, owner=value, count=count)
    elif how == "revise":
        model[one] = {**model[one], "count": value}
        assert rows.revise("thing", (one,), {"count": value}) == model[one]
    else:
        model[one] = {**model[one], "count": model[one]["count"] + value}


def _look(rows: Rows, model: dict[str, Row], how: str, asked: Any) -> None:
    if how == "get":
        assert rows.get("thing", asked) == model.get(asked)
    elif how == "where":
        wanted = [model[one] for one in sorted(model) if model[one]["owner"] == asked]
        assert rows.where("thing", "owner", asked) == wanted
    else:
        rows.prepare(asked)


@settings(max_examples=400, deadline=None)
@given(st.lists(ORDER, max_size=40), st.booleans(), st.booleans())
def test_whatever_the_order_memory_tells_the_truth(orders, whole, kept):
    """Issue A: rows are identical however batches are cut, delivered again or forgotten.

    `whole`: memory was told that the table is empty, which it is. `kept`: rows are kept after they are written. Some
    rows may be written before the others, which belong to the same commit.
    """
    store, model, committed = Store(), {}, {}
    rows = Rows([replace(THING, kept=kept)], store, whole=whole)
    for name, *args in orders:
        if name in {"put", "add", "add values"}:
            one, owner = args
            row: Row = {"id": one, "owner": owner, "count": 0}
            _write(rows, "put" if one in model else name, row)
            model[one] = {**row}
        elif name in {"change", "revise", "tally"}:
            _change(rows, model, name, *args)
        elif name == "delete":
            model.pop(args[0], None)
            rows.delete("thing", args[0])
        elif name in {"get", "where", "prepare"}:
            _look(rows, model, name, *args)
        elif name == "commit":
            store.commit(rows.changes())
            rows.written(keep=args[0])
            committed = dict(model)
            assert store.rows == committed
        elif name == "write some":
            store.commit(rows.settled())
        else:
            rows.forget()
            model, store.rows = dict(committed), dict(committed)
    store.commit(rows.changes())
    assert store.rows == model
