"""A process that gives orders for long, folds them, and tells from time to time how large everything has become.

`python -m support.soaking LEDGER_URL KEYS_URL ORDERS SAMPLES` prints one JSON object for each sample.
"""

from __future__ import annotations

import gc
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from ledger.application import IdempotencyKey, Ledger
from ledger.dossier.commands import AmendAgreement
from support.givens import DAY
from support.reading import House, house_on

THREADS = 8
DOSSIERS = 200
_SIZES = """
select relname as name, pg_total_relation_size(c.oid) as bytes
  from pg_class c join pg_namespace n on n.oid = relnamespace
 where nspname in ('log', 'read') and relkind = 'r'
"""


def soak(house: House, orders: int, samples: int) -> None:
    """Amend the agreements of a fixed set of dossiers, so that nothing has a reason to grow but the log."""
    dossiers = [house.givens.agreed_dossier(1_000_000) for _ in range(DOSSIERS)]
    every = orders // samples
    with ThreadPoolExecutor(THREADS) as threads:
        for sample in range(samples):
            list(threads.map(lambda n: amend(house.ledger, dossiers, n), range(sample * every, (sample + 1) * every)))
            house.catch_up()
            print(json.dumps(measured(house)), flush=True)


def amend(ledger: Ledger, dossiers: list[UUID], number: int) -> None:
    order = AmendAgreement(dossier_id=dossiers[number % DOSSIERS], amount_cents=number + 1, reason="Avenant", on=DAY)
    ledger.execute(order, actor=None, key=IdempotencyKey(None, "soak", str(number), b"{}"))


def measured(house: House) -> dict[str, Any]:
    """Sizes in bytes: this process, the server's process that appends, each table; and the number of events."""
    gc.collect()
    with psycopg.connect(house.url) as connection:
        tables: dict[str, int] = dict(connection.execute(_SIZES.encode()).fetchall())
        row = connection.execute(
            "select count(*), (select min(pid) from pg_stat_activity where datname = current_database() "
            "and application_name like '%ledger_writer') from log.events"
        ).fetchone()
    assert row is not None
    return {"events": row[0], "process": memory("self"), "writer": memory(str(row[1])), "tables": tables}


def memory(process: str) -> int:
    """A process's own memory: what is shared with others (PostgreSQL's buffers) is not counted. 0 where not told."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon"))


if __name__ == "__main__":
    with house_on(sys.argv[1], sys.argv[2]) as made:
        soak(made, int(sys.argv[3]), int(sys.argv[4]))
