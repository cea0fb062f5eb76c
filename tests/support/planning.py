"""Read tables filled by SQL, at a size where a bad plan shows, and the plans that queries are really given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow


def place(n: int) -> UUID:
    """The establishment of provider n; companies are 1,000,000 + n. Provider 1 has a twentieth of all the dossiers,
    provider 2 a fortieth, the others share the rest: skewed, as a fund is."""
    return seeded(458752, n)


def seeded(kind: int, n: int) -> UUID:
    """The nth dossier (kind 1), person (2), transfer (3), invoice (4) or document (5)."""
    return UUID(int=(kind << 64) + n)


def seed(url: str, dossiers: int) -> None:
    """Fill the live read tables of an empty, installed database: `dossiers` dossiers and what goes with them."""
    with psycopg.connect(url) as connection:
        connection.execute(_FUNCTIONS)
        for statement in _ROWS:
            connection.execute(statement.encode(), {"n": dossiers, "providers": dossiers // 50})
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze")


_FUNCTIONS = b"""
create function pg_temp.id(high bigint, low bigint) returns uuid language sql immutable
  as $$ select (lpad(to_hex(high), 16, '0') || lpad(to_hex(low), 16, '0'))::uuid $$;
create function pg_temp.place(n bigint) returns uuid language sql immutable as $$ select pg_temp.id(458752, n) $$;
create function pg_temp.provider(n bigint, providers bigint) returns uuid language sql immutable as $$
  select pg_temp.place(case when n % 20 = 0 then 1 when n % 40 = 1 then 2 else 3 + n % (providers - 2) end) $$;
create function pg_temp.company(n bigint, providers bigint) returns uuid language sql immutable as
  $$ select pg_temp.place(1000000 + n % (providers * 5)) $$;
create temp view fund as select pg_temp.id(0, 0) as id;
"""

_ROWS = [
    """
    create temp table d as
    select n, pg_temp.id(1, n) as dossier_id, pg_temp.provider(n, %(providers)s) as provider,
           pg_temp.company(n, %(providers)s) as company, (18190000000000 + n)::text as number,
           (array['PLAN','PLAN','PLAN','ALTE','ALTE','C PRO','POEI'])[1 + n %% 7] as scheme,
           date '2020-01-01' + (n * 7919 %% 2200)::int as starts_on,
           date '2020-01-01' + (n * 7919 %% 2200)::int + 90 + (n %% 400)::int as ends_on,
           case when n %% 3 = 0 then 'ongoing' else 'settled' end as status
      from generate_series(1, %(n)s::bigint) n
    """,
    """
    insert into read.establishment_identity
    select id, id, '99900000000000', 'ATELIERS ' || n, null, '75001', 'PARIS'
      from (select pg_temp.place(n) as id, n from generate_series(1, %(providers)s::bigint) n
            union all select pg_temp.place(1000000 + n), n from generate_series(0, %(providers)s::bigint * 5) n) e
    """,
    """
    insert into read.establishment
    select establishment_id, organisation_id, 'N' || row_number() over (), siret, null, null, null, null, null, false, 1
      from read.establishment_identity
    """,
    """
    insert into read.establishment_word
    select 'name', word, establishment_id
      from read.establishment_identity, unnest(string_to_array(lower(name), ' ')) word
    """,
    """
    insert into read.dossier
    select dossier_id, number, null, scheme, 'Conduite', company, array[provider], array[company, provider], starts_on,
           ends_on, starts_on, 'agreed', 'started', 'committed', 'open', status, 1, 100, 0, 0, 0, null, null, 3
      from d
    """,
    """
    insert into read.dossier_entry
    select e.id, e.side, starts_on, dossier_id, ends_on, scheme, number
      from d, fund, lateral (values (provider, 'provider'), (company, 'company'), (fund.id, 'fund')) e (id, side)
    """,
    """
    insert into read.dossier_counter
    select e.id, e.side, e.parties, count(*) filter (where status = 'ongoing'),
           count(*) filter (where status = 'settled'), 0, 0
      from d, fund, lateral (
        values (provider, 'provider', provider::text), (company, 'company', company::text), (fund.id, 'fund', '')
      ) e (id, side, parties)
     group by 1, 2, 3
    """,
    """
    insert into read.person
    select pg_temp.id(2, n), 'NOM' || n %% 977, 'PRENOM' || n %% 389, null, null, array[company, provider], '{}', 1
      from d
    """,
    """
    insert into read.dossier_trainee
    select dossier_id, pg_temp.id(2, n), starts_on, ends_on, array[company, provider] from d
    """,
    """
    insert into read.trainee_word
    select e.id, w.word, dossier_id, pg_temp.id(2, n)
      from d, fund, unnest(array[provider, company, fund.id]) e (id),
           unnest(array['nom' || n %% 977, 'prenom' || n %% 389]) w (word)
    """,
    """
    insert into read.transfer
    select pg_temp.id(3, n), pg_temp.id(6, n / 100), 'VIR' || n / 100, provider,
           case when n %% 100 = 0 then 'prepared' else 'paid' end, ends_on, ends_on, ends_on, null, 100, 1, 2
      from d where n %% 2 = 0
    """,
    """
    insert into read.transfer_payee
    select transfer_id, lot_id, lot_reference, status, paid_on, beneficiary_establishment_id, '99900000000000', 'x',
           '75001', 'PARIS', 'x', 'x', array[beneficiary_establishment_id]
      from read.transfer
    """,
    """
    insert into read.transfer_line
    select pg_temp.id(3, n), 1, pg_temp.id(4, n), dossier_id, number, 'F', starts_on, starts_on, ends_on, scheme,
           'Conduite', 100, array[company, provider]
      from d where n %% 2 = 0
    """,
    """
    insert into read.lot
    select distinct lot_id, lot_reference, date '2022-01-06', 50, 5000, null::date, 1 from read.transfer
    """,
    """
    insert into read.invoice
    select pg_temp.id(4, n), dossier_id, provider, 'F' || n, case when n %% 50 = 0 then 'disputed' else 'paid' end,
           starts_on, starts_on, ends_on, ends_on, 100, 0, 0, 100, null, null, 100, null, null, null, null, null, 2
      from d
    """,
    """
    insert into read.document
    select pg_temp.id(5, n), 'fund', case when n %% 2 = 0 then 'remittance-advice' else 'agreement' end, 'x', 'x',
           'application/pdf', 10, array[dossier_id], provider, case when n %% 2 = 0 then pg_temp.id(3, n) end,
           starts_on, null, null, null, 'none', null, null, null, array[company, provider], '{}',
           array[company, provider], n, now(), 1
      from d
    """,
    """
    insert into read.dossier_document
    select dossier_id, pg_temp.id(5, n), 'fund', case when n %% 2 = 0 then 'remittance-advice' else 'agreement' end,
           starts_on, null, 'none', array[company, provider], '{}', array[company, provider]
      from d
    """,
]


@dataclass
class Plan:
    """One statement's plan as it ran: nodes, and rows that they read or threw away."""

    query: str
    root: dict[str, Any]

    def nodes(self) -> Iterator[dict[str, Any]]:
        waiting = [self.root["Plan"]]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.get("Plans", [])

    def sequential(self, most: int) -> set[str]:
        """Tables of which more than `most` rows are read from end to end."""
        return {
            node["Relation Name"] for node in self.nodes() if node["Node Type"] == "Seq Scan" and _rows_of(node) > most
        }

    def rows_read(self) -> int:
        """Rows that scans of tables gave or threw away."""
        return sum(_rows_of(node) for node in self.nodes() if "Relation Name" in node)


def _rows_of(node: dict[str, Any]) -> int:
    return round(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)))


@dataclass
class Explaining:
    """A connection that keeps the plan of each statement that it runs."""

    connection: AsyncConnection[DictRow]
    plans: list[Plan] = field(default_factory=list)

    async def execute(self, query: bytes, parameters: Any = None) -> Any:
        explained = await self.connection.execute(b"explain (analyze, format json) " + query, parameters)
        row = await explained.fetchone()
        assert row
        self.plans.append(Plan(query.decode(), row["QUERY PLAN"][0]))
        return await self.connection.execute(query, parameters)
