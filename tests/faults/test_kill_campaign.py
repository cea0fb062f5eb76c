"""kill -9 of the gateway, the workers and PostgreSQL at random moments under mixed load: nothing acknowledged is lost.

The choices come from a seed, which is printed; `SEED=<seed>` plays them again. The moments are a machine's own.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path
from random import Random

import psycopg
import pytest

from gateway import service as services
from support import inquest
from support.battlefield import Battlefield, battlefield
from support.demand import Client, Entry, Journal

KINDS = ("api", "worker", "postmaster", "backend")
CLIENTS = 4
RECOVERY_SECONDS = 45.0


def campaign(field: Battlefield, seed: int, kills: int) -> Journal:
    """Clients at work while things are killed; each time the service has to come back by itself before the next."""
    random, journal, stop = Random(seed), Journal(), threading.Event()
    clients = [Client(number, seed, field.addresses, field.standing, journal, stop) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        # Each kind comes as often as the others, in an order of the seed's.
        kinds = [kind for _ in range(kills // len(KINDS) + 1) for kind in random.sample(KINDS, len(KINDS))]
        for kind in kinds[:kills]:
            _until_progress(field, clients, len(journal.accepted) + random.randint(1, 30))
            time.sleep(random.uniform(0, 0.3))
            field.hit(random, kind)
            if random.random() < 0.2:
                field.hit(random, random.choice(("api", "worker")))
            time.sleep(random.uniform(0, 0.5))
            field.mend()
        _until_progress(field, clients, len(journal.accepted) + 30)
    finally:
        stop.set()
        for client in clients:
            client.join()
    _raise_errors(clients)
    return journal


def _until_progress(field: Battlefield, clients: list[Client], accepted: int) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while len(clients[0].journal.accepted) < accepted:
        _raise_errors(clients)
        assert time.monotonic() < deadline, f"nothing is accepted: {dict(clients[0].journal.lost)}\n{field.said()}"
        time.sleep(0.02)


def _raise_errors(clients: list[Client]) -> None:
    for client in clients:
        if client.error is not None:
            raise client.error


def hold_to_journal(field: Battlefield, journal: Journal, before: int) -> None:
    """Every accepted order is in the log exactly once, where its answer said; nothing else is."""
    with psycopg.connect(field.settings.database_url) as connection:
        commands = Counter(
            position
            for (position,) in connection.execute(
                "select max(position) from log.events where position > %s group by command_id", (before,)
            )
        )
        marks = Counter(
            mark
            for (mark,) in connection.execute(
                "select case name when 'dossier.opened.v1' then p ->> 'number' when 'invoice.received.v1' "
                "then p ->> 'reference' else p ->> 'amount_cents' end "
                "from (select name, convert_from(payload, 'utf8')::jsonb as p from log.events where position > %s "
                "and name in ('dossier.opened.v1', 'invoice.received.v1', 'dossier.agreement-amended.v1')) e",
                (before,),
            )
        )
    assert commands == Counter(entry.position for entry in journal.accepted)
    assert marks == Counter(entry.mark for entry in journal.accepted if entry.mark)
    with services.opened(field.settings) as service:
        assert [entry for entry in journal.accepted if not _kept(service, field, entry)] == []
        assert [e for e in journal.refused if service.ledger.log_recorder.select_key(_digest(service, field, e))] == []


def _digest(service: services.Service, field: Battlefield, entry: Entry) -> bytes:
    scope = f"{field.standing.accounts[entry.who]}\nPOST {entry.route}\n{entry.key}"
    return service.keyring.digest("idempotency-key", scope)


def _kept(service: services.Service, field: Battlefield, entry: Entry) -> bool:
    """Whether the log answers the order's key as it was answered."""
    row = service.ledger.log_recorder.select_key(_digest(service, field, entry))
    said = (entry.position, entry.resource_id, entry.status)
    return row is not None and (row["position"], row["resource_id"], row["status"]) == said


def hold_to_itself(field: Battlefield, journal: Journal) -> None:
    """The log, the unique values, the read models and the vault say the same."""
    with services.opened(field.settings) as service:
        assert inquest.log_contradictions(field.settings.database_url) == []
        assert inquest.claim_contradictions(service.database, service.keyring) == []
        assert inquest.read_contradictions(service.database, service.keyring) == []
        assert inquest.vault_contradictions(field.settings.database_url, service.store) == []
        kept = {document: b"".join(service.vault.read(document)) for document in journal.documents}
    assert kept == journal.documents


def run(place: Path, seed: int, kills: int) -> None:
    with battlefield(place) as field:
        with psycopg.connect(field.settings.database_url) as connection:
            (before,) = connection.execute("select max(position) from log.events").fetchone()
        journal = campaign(field, seed, kills)
        print(f"{Counter(field.done)} killed; {len(journal.accepted)} orders accepted, {len(journal.refused)} refused,")
        print(f"{journal.repeats} repeated, {journal.questions} questions; unanswered: {dict(journal.lost)}")
        assert journal.wrong == [], field.said()
        field.until_caught_up()
        hold_to_journal(field, journal, before)
        hold_to_itself(field, journal)
        assert [program.terminate() for program in field.programs] == [0] * len(field.programs)


@pytest.mark.timeout(300)
def test_a_few_kills_lose_and_double_nothing(place: Path, seed: int):
    """One of each kind and one more."""
    run(place, seed, 5)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_a_hundred_kills_lose_and_double_nothing(place: Path, seed: int):
    run(place, seed, 100)
