"""A log and read models of any size, filled set-wise: the rows that the folds would have written, without the wait.

One provider sees every dossier; the companies are many. With the log, each dossier has `EVENTS_EACH` events in it, so
that log and read models grow together. Ids rise with time, as the ledger's do.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import psycopg

EVENTS_EACH: Final = 20
PROVIDER: Final = UUID("01890000-0000-7000-8000-000000000001")
ACCOUNT: Final = UUID("01890000-0000-7000-8000-000000000002")
_ORGANISATION: Final = UUID("01890000-0000-7000-8000-000000000003")

# Whoever calls is let in while the row of the account is not behind its stream: it has one event, before the dossiers'.
_ACCOUNT_POSITION: Final = 1

# A UUIDv7 whose milliseconds are a number, in a family of its own.
_ID: Final = """
create function pg_temp.id(family int, n bigint) returns uuid language sql immutable as $$
  select (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || lpad(to_hex(family), 3, '0') || '8000'
          || substr(md5(n::text), 1, 12))::uuid
$$"""

_READER: Final = f"""
insert into read.establishment_identity
  select pg_temp.id(2, n), pg_temp.id(3, n), lpad(n::text, 14, '9'), 'Entreprise fictive ' || n, null, '29200', 'BREST'
    from generate_series(0, 4999) n;
insert into read.account values ('{ACCOUNT}', pg_temp.id(5, 0), 'portal', 'sealed:', false, null, null, null, 1);
insert into read.membership
  values ('{ACCOUNT}', '{_ORGANISATION}', 'provider', 'user', array['{PROVIDER}']::uuid[], false, null);
insert into log.events
  select coalesce(max(position), 0) + {_ACCOUNT_POSITION}, now(), '{ACCOUNT}', 1, 'account.created.v1', null, null,
         null, null, array[]::uuid[], '' from log.events"""

# Nine in ten have one trainee, whose name the list shows; one in ten is settled; two in three have their agreement.
_DOSSIERS: Final = f"""
create temp table added as
  select n, pg_temp.id(1, n) as dossier_id, pg_temp.id(2, n %% 5000) as company, pg_temp.id(4, n) as person_id,
         array['{PROVIDER}', pg_temp.id(2, n %% 5000)]::uuid[] as visible,
         date '2020-11-02' + (hashint8(n) & 2047) as starts_on,
         date '2021-01-02' + (hashint8(n) & 2047) as ends_on,
         (array['PLAN', 'ALTE', 'C PRO'])[1 + n %% 3] as scheme, 'D-' || lpad(n::text, 9, '0') as number
    from generate_series(%(first)s::bigint, %(last)s::bigint) n;
insert into read.dossier
  select dossier_id, number, 'R-' || n, scheme, 'Formation fictive ' || n, company, array['{PROVIDER}']::uuid[],
         visible, starts_on, ends_on, starts_on - 30, 'agreed', 'finished', 'paid',
         case n %% 10 when 0 then 'settled' else 'open' end, case n %% 10 when 0 then 'settled' else 'ongoing' end,
         case n %% 10 when 1 then 2 else 1 end, 187500, 187500, 187500, 0, null, null, 12
    from added;
insert into read.dossier_entry
  select seen.id, seen.side, starts_on, dossier_id, ends_on, scheme, number
    from added, lateral (values ('{PROVIDER}'::uuid, 'provider'), (company, 'company'),
                                ('00000000-0000-0000-0000-000000000000', 'fund')) as seen (id, side);
insert into read.person
  select person_id, 'NOM' || n, 'Prénom', null, null, visible, '{{}}', 1 from added;
insert into read.dossier_trainee
  select dossier_id, person_id, starts_on, ends_on, visible from added;
insert into read.dossier_document
  select dossier_id, pg_temp.id(6, n), 'fund', 'agreement', starts_on, null, 'none', visible, '{{}}', visible
    from added where n %% 3 > 0"""

_EVENTS: Final = f"""
insert into log.events
  select {_ACCOUNT_POSITION} + (n - 1) * {EVENTS_EACH} + each, now(), dossier_id, each,
         'dossier.payment-recorded.v1', null, null, null, null,
         array[dossier_id], convert_to(repeat('x', 220), 'UTF8')
    from added, generate_series(1, {EVENTS_EACH}) each order by 1;
insert into log.event_dossier select dossier_id, {_ACCOUNT_POSITION} + (n - 1) * {EVENTS_EACH} + each
    from added, generate_series(1, {EVENTS_EACH}) each"""

_COUNTED: Final = f"""
delete from read.dossier_counter;
insert into read.dossier_counter
  select '{PROVIDER}', 'provider', '{PROVIDER}', count(*) filter (where status = 'ongoing'),
         count(*) filter (where status = 'settled'), 0, 0
    from read.dossier;
update read.position set position = (select coalesce(max(position), 1) from log.events)"""


def fill(url: str, count: int, *, with_log: bool) -> None:
    """Fill an installed database (an empty one for a log), as the superuser, and refresh the planner's figures."""
    statements = [_DOSSIERS, _EVENTS] if with_log else [_DOSSIERS]
    with psycopg.connect(url) as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute(_ID + ";" + _READER)
        for first in range(1, count + 1, 50_000):
            for statement in statements:
                cursor.execute(statement.encode(), {"first": first, "last": min(count, first + 49_999)})
            cursor.execute("drop table added")
        cursor.execute(_COUNTED)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")
