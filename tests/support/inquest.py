"""After the faults: whether the log, what is derived from it and the vault still say the same.

Each function gives what contradicts itself, in words; nothing found is an empty list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from ledger.document.events import DocumentDeposited
from ledger.kit.keyring import Keyring
from ledger.kit.names import versions_of
from ledger.log import claims
from ledger.log.database import Database
from ledger.vault.store import Store
from ledger.vault.verification import Finding, verify
from projections.engine.rebuild import rebuild
from projections.registry import ALL

CONTRADICTIONS = {
    "positions with gaps": """
        select count(*), min(position), max(position) from log.events
        having count(*) > 0 and (min(position), max(position)) <> (1, count(*))""",
    "streams with gaps": """
        select stream_id from log.events group by stream_id
        having (min(version), max(version)) <> (1, count(*))""",
    "instants that fall": """
        select position from (select position, recorded_at, lag(recorded_at) over (order by position) as before
                                from log.events) e where recorded_at < before""",
    "dossiers concerned that are not found": """
        select d, e.position from log.events e, unnest(e.dossiers) d
        except select dossier_id, position from log.event_dossier""",
    "dossiers found that are not concerned": """
        select dossier_id, position from log.event_dossier
        except select d, e.position from log.events e, unnest(e.dossiers) d""",
    "commands whose receipt is not their last event's": """
        select command_id from (select command_id, max(position) as position from log.events
                                 where command_id is not null group by command_id) e
          full join (select * from log.receipts where position is not null) r using (command_id)
         where e.position is distinct from r.position""",
    "commands recorded in pieces": """
        select command_id from log.events where command_id is not null group by command_id
        having max(position) - min(position) + 1 <> count(*)""",
    "keys of no command": """
        select position from log.idempotency except select max(position) from log.events group by command_id""",
}
"""What must give no row."""


def log_contradictions(url: str) -> list[str]:
    """The log against itself."""
    with psycopg.connect(url) as connection:
        found = {name: connection.execute(query.encode()).fetchall() for name, query in CONTRADICTIONS.items()}
    return [f"{name}: {rows[:5]}" for name, rows in found.items() if rows]


def claim_contradictions(database: Database, keyring: Keyring) -> list[str]:
    """The unique values held, against a replay."""
    found = claims.compare(database, keyring)
    return [f"claims: {found}"] if found else []


def read_contradictions(database: Database, keyring: Keyring) -> list[str]:
    """Live rows against rows rebuilt from the log, table by table. The live ones must have caught up."""
    rebuild(database, keyring, ALL)
    return list(_differing_tables(database.url))


def vault_contradictions(url: str, store: Store) -> list[str]:
    """Each document that the log has, against its stored bytes."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        rows = connection.execute(
            "select stream_id, convert_from(payload, 'utf8')::jsonb ->> 'stored_sha256' as sha256 "
            "from log.events where name = any(%s)",
            (versions_of(DocumentDeposited),),
        ).fetchall()
    findings = ((row["stream_id"], verify(store, row["stream_id"], row["sha256"])) for row in rows)
    return [f"document {document_id}: {found}" for document_id, found in findings if found is not Finding.WHOLE]


def _differing_tables(url: str) -> Iterator[str]:
    with psycopg.connect(url) as connection:
        for name in _tables():
            live, made = sql.Identifier("read", name), sql.Identifier("read_next", name)
            query = sql.SQL(
                "(select 'live only', t::text from {0} t except all select 'live only', t::text from {1} t) union all "
                "(select 'rebuilt only', t::text from {1} t except all select 'rebuilt only', t::text from {0} t)"
            ).format(live, made)
            rows = connection.execute(query).fetchall()
            if rows:
                yield f"{name}: {rows[:6]}"


def _tables() -> Iterable[str]:
    return [table.name for projector in ALL for table in projector.TABLES]
