"""What PostgreSQL knows of a read table, as comparable text: a swap must change rows and nothing else.

A swap made with `create table … (like …)` dropped row-level security (reproduced): rows were whole, and everybody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from psycopg import Connection
from psycopg.rows import DictRow

Catalogue = Mapping[str, str]
"""`dossier: column visible` → `uuid[] not null`, and so on: one entry for each thing that a table has."""

# One row for each thing: the table, what it is, how it is. `{tables}` are the tables by their number.
_THINGS: Final = b"""
with chosen as (
    select c.* from pg_class c
    where c.relnamespace = to_regnamespace(%(schema)s) and c.relname = any(%(tables)s)
)
select relname, 'table' as thing, concat_ws(' ',
        'kind', relkind, 'persistence', relpersistence, 'access', relam, 'replica', relreplident,
        'options', reloptions::text) as fact from chosen
union all
select relname, 'owner', pg_get_userbyid(relowner) from chosen
union all
select relname, 'row security', concat_ws(' ', case when relrowsecurity then 'enabled' else 'off' end,
        case when relforcerowsecurity then 'forced' else 'not forced' end) from chosen
union all
select relname, 'grants to ' || case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee) end,
        string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ', ' order by a.privilege_type)
    from chosen, aclexplode(coalesce(relacl, acldefault('r', relowner))) a group by relname, a.grantee
union all
select relname, 'column ' || attname, concat_ws(' ', 'number', row_number() over (partition by relname order by attnum),
        format_type(atttypid, atttypmod), case when attnotnull then 'not null' end,
        'default ' || pg_get_expr(d.adbin, d.adrelid), 'collation', attcollation, 'identity', attidentity::text,
        'generated', attgenerated::text, 'storage', attstorage, attcompression::text, attacl::text, attoptions::text)
    from chosen join pg_attribute a on a.attrelid = chosen.oid and attnum > 0 and not attisdropped
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select relname, 'constraint ' || conname, concat_ws(' ', pg_get_constraintdef(k.oid),
        case when not convalidated then 'not validated' end)
    from chosen join pg_constraint k on k.conrelid = chosen.oid
union all
select chosen.relname, 'index ' || i.relname, concat_ws(' ', pg_get_indexdef(i.oid),
        case when not x.indisvalid then 'invalid' end)
    from chosen join pg_index x on x.indrelid = chosen.oid join pg_class i on i.oid = x.indexrelid
union all
select relname, 'policy ' || polname, concat_ws(' ', case when polpermissive then 'permissive' else 'restrictive' end,
        'for', polcmd, 'to',
        (select string_agg(case r when 0 then 'public' else pg_get_userbyid(r) end, ', ' order by r)
         from unnest(polroles) r),
        'using ' || pg_get_expr(polqual, polrelid), 'with check ' || pg_get_expr(polwithcheck, polrelid))
    from chosen join pg_policy on polrelid = chosen.oid
union all
select relname, 'trigger ' || tgname, pg_get_triggerdef(t.oid)
    from chosen join pg_trigger t on t.tgrelid = chosen.oid and not tgisinternal
union all
select relname, 'rule ' || rulename, pg_get_ruledef(r.oid) from chosen join pg_rewrite r on r.ev_class = chosen.oid
union all
select chosen.relname, 'statistics ' || stxname, pg_get_statisticsobjdef(s.oid)
    from chosen join pg_statistic_ext s on s.stxrelid = chosen.oid
"""


def catalogue(connection: Connection[DictRow], schema: str, tables: Iterable[str]) -> Catalogue:
    """Everything about these tables but their rows; the schema's own name is left out of definitions."""
    rows = connection.execute(_THINGS, {"schema": schema, "tables": list(tables)})
    qualified = re.compile(rf"\b{schema}\.")
    return {f"{row['relname']}: {row['thing']}": qualified.sub("", row["fact"]) for row in rows}


def differences(wanted: Catalogue, found: Catalogue) -> list[str]:
    """What is missing, in excess or other, one line each; none where the two are equal."""
    lines = []
    for thing in sorted(wanted.keys() | found.keys()):
        if thing not in found:
            lines.append(f"{thing} manque (attendu : {wanted[thing]})")
        elif thing not in wanted:
            lines.append(f"{thing} est en trop ({found[thing]})")
        elif wanted[thing] != found[thing]:
            lines.append(f"{thing} vaut « {found[thing]} », attendu : « {wanted[thing]} »")
    return lines
