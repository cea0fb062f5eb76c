"""Rows in memory against a plain dictionary, over generated orders, batches, losses of memory and undone batches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.engine import Need, Row, Rows, Table, columns, index, key

THING = Table("thing", key=("id",), columns=columns(id="text", owner="text", count="int"), indexes=("owner",))
IDS = st.sampled_from(["a", "b", "c", "d"])
OWNERS = st.sampled_from(["x", "y", "z"])
NEED = st.one_of(
    st.builds(lambda one: key("thing", one), IDS), st.builds(lambda one: index("thing", "owner", one), OWNERS)
)
ORDER = st.one_of(
    st.tuples(st.sampled_from(["put", "add", "add values"]), IDS, OWNERS),
    st.tuples(st.just("change"), IDS, OWNERS),
    st.tuples(st.just("delete"), IDS),
    st.tuples(st.just("get"), IDS),
    st.tuples(st.just("where"), OWNERS),
    st.tuples(st.just("prepare"), st.lists(NEED, max_size=4)),
    st.tuples(st.just("commit"), st.integers(0, 3)),
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

    def commit(self, rows: Rows) -> None:
        for table, changes in rows.changes():
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


@settings(max_examples=400, deadline=None)
@given(st.lists(ORDER, max_size=40), st.booleans(), st.booleans())
def test_whatever_the_order_memory_tells_the_truth(orders, whole, kept):
    """Issue A: rows are identical however batches are cut, delivered again or forgotten.

    `whole`: memory was told that the table is empty, which it is. `kept`: rows are kept after they are written.
    """
    store, model, committed = Store(), {}, {}
    rows = Rows([replace(THING, kept=kept)], store, whole=whole)
    for name, *args in orders:
        if name in {"put", "add", "add values"}:
            one, owner = args
            row: Row = {"id": one, "owner": owner, "count": 0}
            _write(rows, "put" if one in model else name, row)
            model[one] = row
        elif name == "change":
            if args[0] in model:
                model[args[0]] = {**model[args[0]], "owner": args[1], "count": model[args[0]]["count"] + 1}
                rows.change("thing", args[0], owner=args[1], count=model[args[0]]["count"])
        elif name == "delete":
            model.pop(args[0], None)
            rows.delete("thing", args[0])
        elif name == "get":
            assert rows.get("thing", args[0]) == model.get(args[0])
        elif name == "where":
            wanted = [model[one] for one in sorted(model) if model[one]["owner"] == args[0]]
            assert rows.where("thing", "owner", args[0]) == wanted
        elif name == "prepare":
            needs: list[Need] = args[0]
            rows.prepare(needs)
        elif name == "commit":
            store.commit(rows)
            rows.written(keep=args[0])
            committed = dict(model)
            assert store.rows == committed
        else:
            rows.forget()
            model = dict(committed)
    store.commit(rows)
    assert store.rows == model
