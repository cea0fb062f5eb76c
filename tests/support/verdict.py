"""At the end of a fault test: the deployment held to the clients' journal, and to itself."""

from __future__ import annotations

import time
from collections import Counter

import psycopg

from gateway import service as services
from gateway.settings import Settings
from support import inquest
from support.demand import Entry, Journal, Standing

_COMMANDS = "select max(position) from log.events where position > %s group by command_id"
_MARKS = """
select case name when 'dossier.opened.v1' then p ->> 'number' when 'invoice.received.v1' then p ->> 'reference'
       else p ->> 'amount_cents' end
  from (select name, convert_from(payload, 'utf8')::jsonb as p from log.events
         where position > %s
           and name in ('dossier.opened.v1', 'invoice.received.v1', 'dossier.agreement-amended.v1')) e
"""


def head(settings: Settings) -> int:
    """The log's last position."""
    with psycopg.connect(settings.database_url) as connection:
        row = connection.execute("select coalesce(max(position), 0) from log.events").fetchone()
    assert row is not None
    return int(row[0])


def until_caught_up(settings: Settings, seconds: float = 60) -> None:
    """Wait until every read model stands at the log's head, and none has failed."""
    deadline = time.monotonic() + seconds
    behind = "select projector, position, state, error from read.position where state <> 'live' or position < "
    while True:
        with psycopg.connect(settings.database_url) as connection:
            rows = connection.execute(f"{behind} (select max(position) from log.events)".encode()).fetchall()
        if not rows:
            return
        assert time.monotonic() < deadline, f"read models do not catch up: {rows}"
        time.sleep(0.1)


def until_reached(settings: Settings, position: int, seconds: float) -> None:
    """Wait until every read model has folded the log up to a position, while it goes on growing."""
    deadline = time.monotonic() + seconds
    while True:
        with psycopg.connect(settings.database_url) as connection:
            row = connection.execute("select min(position) from read.position").fetchone()
        if row and row[0] >= position:
            return
        assert time.monotonic() < deadline, f"read models are at {row}, {position} was to be reached in {seconds} s"
        time.sleep(0.05)


def hold_to_journal(settings: Settings, standing: Standing, journal: Journal, *, after: int) -> None:
    """Every accepted order is in the log exactly once, where its answer said; nothing else is there after `after`."""
    with psycopg.connect(settings.database_url) as connection:
        commands = Counter(position for (position,) in connection.execute(_COMMANDS, (after,)))
        marks = Counter(mark for (mark,) in connection.execute(_MARKS, (after,)))
    assert commands == Counter(entry.position for entry in journal.accepted)
    assert marks == Counter(entry.mark for entry in journal.accepted if entry.mark)
    with services.opened(settings) as service:
        assert [entry for entry in journal.accepted if not _kept(service, standing, entry)] == []
        found = service.ledger.log_recorder.select_key
        assert [entry for entry in journal.refused if found(_digest(service, standing, entry))] == []


def hold_to_itself(settings: Settings, journal: Journal) -> None:
    """The log, the unique values, the read models and the vault say the same."""
    with services.opened(settings) as service:
        assert inquest.log_contradictions(settings.database_url) == []
        assert inquest.claim_contradictions(service.database, service.keyring) == []
        assert inquest.read_contradictions(service.database, service.keyring) == []
        assert inquest.vault_contradictions(settings.database_url, service.store) == []
        kept = {document: b"".join(service.vault.read(document)) for document in journal.documents}
    assert kept == journal.documents


def _kept(service: services.Service, standing: Standing, entry: Entry) -> bool:
    """Whether the log answers the order's key as it was answered."""
    row = service.ledger.log_recorder.select_key(_digest(service, standing, entry))
    said = (entry.position, entry.resource_id, entry.status)
    return row is not None and (row["position"], row["resource_id"], row["status"]) == said


def _digest(service: services.Service, standing: Standing, entry: Entry) -> bytes:
    scope = f"{standing.accounts[entry.who]}\nPOST {entry.route}\n{entry.key}"
    return service.keyring.digest("idempotency-key", scope)
