"""Live, caught up, redelivered and rebuilt: whatever the history and however it is cut, the rows are the same.

And they are right: counters and lists are counted again from the dossiers themselves.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from projections.dossier.queries import Counters, DossierFilters, Side, dossier_counters, list_dossiers
from projections.dossier.sides import holders
from projections.engine import batches
from projections.engine.engine import Engine
from projections.engine.positions import Fenced
from projections.engine.rebuild import rebuild
from projections.registry import ALL
from support.databases import Cluster
from support.histories import ORDERS, History
from support.reading import STAFF, House, catch_up, holder, house_on

Snapshot = dict[str, list[str]]
TABLES = [table.name for projector in ALL for table in projector.TABLES]

histories = st.tuples(
    st.lists(st.sampled_from(sorted(ORDERS)), min_size=10, max_size=60),
    st.integers(min_value=0, max_value=2**32),
    st.lists(st.integers(min_value=3, max_value=60), min_size=1, max_size=4),
)
"""The kinds of orders, the seed of their particulars, and the sizes of the batches that the log is cut in."""


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of more than a few entries are written behind their folds, others at once."""
    monkeypatch.setattr(batches, "MANY", 13)


@pytest.fixture
def make_house(cluster: Cluster) -> Callable[[], Iterator[House]]:
    def made() -> Iterator[House]:
        with cluster.deployment() as databases, house_on(databases.ledger, databases.keys) as house:
            yield house

    return made


def snapshot(house: House, schema: str = "read") -> Snapshot:
    with psycopg.connect(house.url) as connection:
        return {
            table: [row for (row,) in connection.execute(f"select t::text from {schema}.{table} t order by 1".encode())]
            for table in TABLES
        }


def fold_in_batches(house: House, sizes: list[int]) -> None:
    """Fold the whole log in batches of these sizes in turn, each by a worker of its own."""
    turns = cycle(sizes)

    def feed() -> int:
        with Engine(house.database, house.keyring, ALL, batch=next(turns), refresh_seconds=0) as engine:
            return engine.run_once()

    catch_up(house.database, feed)


def forget(house: House) -> None:
    """Empty the live tables, as before the first event."""
    house.engine.step_down()
    with psycopg.connect(house.url) as connection:
        connection.execute(f"truncate {', '.join(f'read.{table}' for table in TABLES)}".encode())
        connection.execute("update read.position set position = 0, generation = generation + 1")


def redeliver(house: House) -> None:
    """A worker that still believes in an earlier position is given the last events once more."""
    forget(house)
    with Engine(house.database, house.keyring, ALL, batch=7, refresh_seconds=3600) as stale:
        while not stale.run_once():
            time.sleep(0.01)
        owned = dict(stale._batches.owned)
        catch_up(house.database, stale.run_once)
        stale._batches.own(owned)
        with pytest.raises(Fenced):
            stale._feeder.feed()


def one(url: str, query: str, *parameters: Any) -> list[dict[str, Any]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(query.encode(), parameters).fetchall()


def check_recount(house: House, scopes: list[tuple[UUID, ...]]) -> None:
    """What is folded step by step is what a count from the beginning gives."""
    dossiers = one(house.url, "select * from read.dossier")
    entries = {
        (str(row["establishment_id"]), row["side"], row["starts_on"], row["dossier_id"], row["ends_on"], row["number"])
        for row in one(house.url, "select * from read.dossier_entry")
    }
    assert entries == {
        (place, side, row["starts_on"], row["dossier_id"], row["ends_on"], row["number"])
        for row in dossiers
        for place, side in holders(
            {
                "company_establishment_id": str(row["company_establishment_id"]),
                "provider_establishment_ids": [str(each) for each in row["provider_establishment_ids"]],
            }
        )
    }
    for scope in scopes:
        for side in Side:
            seen = [row for row in dossiers if parties(row, side) & set(scope)]
            count = Counter(row["status"] for row in seen)
            expected = Counters(**{name: count[name] for name in ("ongoing", "settled", "cancelled", "refused")})
            assert house.ask(holder(*scope), dossier_counters, side) == expected
            page = house.ask(holder(*scope), list_dossiers, DossierFilters(side=side), None, 200)
            assert {item.dossier_id for item in page.items} == {row["dossier_id"] for row in seen}
            assert page.total == len(seen)
    counted = house.ask(STAFF, dossier_counters)
    assert counted.total + counted.cancelled + counted.refused == len(dossiers)


def parties(row: dict[str, Any], side: Side) -> set[UUID]:
    if side is Side.COMPANY:
        return {row["company_establishment_id"]}
    return set(row["provider_establishment_ids"])


SUMS = {
    "trainees": """
        select dossier_id from read.dossier d where trainee_count <>
          (select count(*) from read.dossier_trainee t where t.dossier_id = d.dossier_id)""",
    "lines of a transfer": """
        select transfer_id from read.transfer t where (total_cents, line_count) <>
          (select sum(amount_cents), count(*) from read.transfer_line x where x.transfer_id = t.transfer_id)""",
    "transfers of a lot": """
        select lot_id from read.lot l where (total_cents, transfer_count) <>
          (select coalesce(sum(total_cents), 0), count(*) from read.transfer t
            where t.lot_id = l.lot_id and status <> 'withdrawn')""",
    "approved invoices of a dossier": """
        select dossier_id from read.dossier d where (reserved_cents, paid_cents) <>
          (select coalesce(sum(approved_cents), 0), coalesce(sum(approved_cents) filter (where status = 'paid'), 0)
             from read.invoice i where i.dossier_id = d.dossier_id)""",
    "people's sight": """
        select person_id from read.person p where visible <>
          array(select distinct e from read.dossier_trainee t, unnest(t.visible) e
                 where t.person_id = p.person_id order by 1)""",
    "teams": """
        select coalesce(u.team, m.team), u.user_id, m.account_id
          from (select * from read.team_user where invitation_id is null) u
          full join (select organisation_id || ':' || kind as team, m.*, a.email_sealed, a.person_id
                       from read.membership m join read.account a using (account_id)) m
            on (m.team, m.account_id) = (u.team, u.user_id)
         where row(u.profile, u.establishment_ids, u.menus, u.state = 'suspended', u.email_sealed, u.person_id)
           is distinct from row(m.profile, m.establishment_ids, m.menus, m.suspended, m.email_sealed, m.person_id)""",
    "employees": """
        select person_id from read.person p where teams <>
          array(select team collate "default" from read.team_employee e where e.person_id = p.person_id order by 1)""",
    "versions": """
        select account_id from read.account a
         where version <> (select max(version) from log.events where stream_id = a.account_id)""",
    "words": """
        select w.* from read.trainee_word w left join read.dossier_trainee t using (dossier_id, person_id)
         where t.person_id is null""",
}
"""Rows that would contradict each other; none may be found."""


def check_everything(house: House, sizes: list[int], random: Random, ids: dict[str, list[Any]]) -> None:
    with Engine(house.database, house.keyring, ALL, batch=1, refresh_seconds=3600) as engine:
        catch_up(house.database, engine.run_once)
    live = snapshot(house)
    places = [*ids["provider"], *ids["member"]]
    check_recount(house, [tuple(random.sample(places, random.randint(1, len(places)))) for _ in range(3)])
    for name, wrong in SUMS.items():
        assert one(house.url, wrong) == [], name

    rebuild(house.database, house.keyring, ALL, batch=sizes[0])
    assert snapshot(house, "read_next") == live, "rebuilt"
    forget(house)
    fold_in_batches(house, sizes)
    assert snapshot(house) == live, "caught up"
    redeliver(house)
    assert snapshot(house) == live, "redelivered"


def check_history(make_house: Callable[[], Iterator[House]], history: tuple[list[str], int, list[int]]) -> set[str]:
    """Play and check a history, and return the names of the events that it is made of."""
    kinds, seed, sizes = history
    for house in make_house():
        random = Random(seed)
        told = History(house.ledger, random)
        told.begin()
        for kind in kinds:
            told.play(kind)
        check_everything(house, sizes, random, told.ids)
        names = {row["name"] for row in one(house.url, "select distinct name from log.events")}
    return names


COMMON = {
    "deadline": None,
    "print_blob": True,
    "phases": [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
}


@settings(max_examples=4, **COMMON)
@given(history=histories)
def test_every_way_to_fold_gives_the_same_rows(
    make_house: Callable[[], Iterator[House]], history: tuple[list[str], int, list[int]]
):
    event(f"{len(check_history(make_house, history)) // 10 * 10} kinds of events or more")


@pytest.mark.full
@pytest.mark.timeout(3600)
@settings(max_examples=40, **COMMON)
@given(history=histories)
def test_every_way_to_fold_gives_the_same_rows_over_many_histories(
    make_house: Callable[[], Iterator[House]], history: tuple[list[str], int, list[int]]
):
    check_history(make_house, history)


def test_a_long_history_of_every_order_folds_the_same(make_house: Callable[[], Iterator[House]]):
    """Each kind of order several times over, so that no handler goes without."""
    random = Random(20230304)
    kinds = [*sorted(ORDERS), *random.choices(sorted(ORDERS), k=60), *sorted(ORDERS)]
    folded = {name for projector in ALL for name in projector.HANDLERS}
    assert folded <= check_history(make_house, (kinds, 7, [13, 1, 40]))
