"""What cut deposits have left is swept; what is recorded, young, held or of a newer log than ours never is."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from gateway import service as services
from gateway.cli.main import app, guarded
from gateway.doctor import Level, Runbook, examine
from gateway.settings import Settings
from gateway.sweeping import keep_sweeping
from gateway.vault import intents, sweeping
from gateway.vault.sweeping import Swept, sweep
from ledger.kit.clock import system_clock
from ledger.kit.ids import uuid7
from ledger.log.database import Role
from ledger.vault.draft import DRAFT_SECONDS
from ledger.vault.store import StoreUnavailable
from support.databases import ORIGIN, Cluster
from support.eventually import eventually
from support.givens import Givens
from support.handing_in import NOTHING, Counter, counting, new


@pytest.fixture(scope="module")
def counter(cluster: Cluster, tmp_path_factory) -> Iterator[Counter]:
    with counting(cluster, tmp_path_factory.mktemp("data")) as made:
        yield made


def cut(counter: Counter, *, hours: float, stored: bool = True) -> UUID:
    """A deposit that got as far as the store, so long ago."""
    document_id = uuid7()
    intents.begin(counter.service.database, document_id)
    if stored:
        counter.service.store.put(document_id, iter([b"sealed"]))
    made_older(counter, document_id, hours)
    return document_id


def made_older(counter: Counter, document_id: UUID, hours: float) -> None:
    with counter.service.database.transaction(Role.AUTH) as connection:
        connection.execute(
            "update auth.deposit set begun_at = now() - make_interval(secs => %s) where document_id = %s",
            (hours * 3600, document_id),
        )


def id_of(days: float) -> UUID:
    """An id of so many days ago."""
    then = int((system_clock() - timedelta(days=days)).timestamp() * 1000)
    return UUID(int=then << 80 | uuid7().int & (1 << 80) - 1)


def test_a_day_old_deposit_that_no_event_names_is_taken_away(counter):
    """And no younger one; the row of one that was recorded after all goes alone."""
    document_id = counter.hand_in(new()).outcome.resource_id
    intents.begin(counter.service.database, document_id)
    made_older(counter, document_id, 30)
    old, bare, young = cut(counter, hours=25), cut(counter, hours=25, stored=False), cut(counter, hours=23)
    assert sweep(counter.service) == Swept(ended=1, removed=2)
    assert counter.left()[:2] == ({young}, {young})
    assert not {old, bare} & counter.stored()
    assert document_id in counter.stored()
    made_older(counter, young, 25)
    assert sweep(counter.service) == Swept(removed=1)
    assert sweep(counter.service) == Swept()
    assert counter.left() == NOTHING


def test_a_deposit_that_is_held_is_left_alone_however_old_it_is(counter):
    """And one that was condemned can be held no more."""
    document_id = cut(counter, hours=1_000)
    with intents.held(counter.service.database, document_id):
        assert sweep(counter.service) == Swept()
    assert sweep(counter.service) == Swept(removed=1)
    with pytest.raises(intents.Condemned), intents.held(counter.service.database, document_id):
        pass


def test_a_log_that_ends_before_a_deposit_says_nothing_of_it(counter, monkeypatch):
    """An older log, restored beside the documents of a newer one, does not know what was recorded since."""
    document_id = cut(counter, hours=25)
    stranger = id_of(days=8)
    counter.service.store.put(stranger, iter([b"sealed"]))
    long_ago = system_clock() - timedelta(days=9)
    with monkeypatch.context() as patched:
        patched.setattr(sweeping, "system_clock", lambda: long_ago)
        assert sweep(counter.service, with_strangers=True) == Swept()
    assert sweep(counter.service, with_strangers=True) == Swept(removed=1, strangers=1)
    assert not {document_id, stranger} & counter.stored()


def test_an_empty_log_takes_nothing_away(cluster: Cluster, tmp_path):
    """Somebody gives the wrong database: every document there is would be a stranger to it."""
    with cluster.deployment() as made:
        settings = Settings(made.ledger, made.keys, data_dir=tmp_path, origin=ORIGIN)
        services.migrate(settings)
        with services.opened(settings) as service:
            document_id = id_of(days=400)
            service.store.put(document_id, iter([b"another fund's"]))
            intents.begin(service.database, document_id)
            assert sweep(service, with_strangers=True) == Swept()
            assert set(service.store.keys()) == {document_id}


def test_strangers_are_for_an_operator_to_sweep(counter, monkeypatch, capsys):
    """What an import that was killed has left: a week old, and only where it is asked for."""
    settings = counter.service.settings
    for name, value in {
        "DATABASE_URL": settings.database_url,
        "KEYS_DATABASE_URL": settings.keys_database_url,
        "DATA_DIR": str(settings.data_dir),
        "ORIGIN": settings.origin,
    }.items():
        monkeypatch.setenv(name, value)
    document_id = counter.hand_in(new()).outcome.resource_id
    old, young = id_of(days=8), id_of(days=6)
    for each in (old, young):
        counter.service.store.put(each, iter([b"sealed"]))
    underway = id_of(days=30)
    counter.service.store.put(underway, iter([b"sealed"]))
    intents.begin(counter.service.database, underway)

    def swept(*options: str) -> str:
        with pytest.raises(SystemExit) as end:
            guarded(lambda: app(["vault", "sweep", *options]))
        assert end.value.code == 0
        return capsys.readouterr().out

    assert swept().splitlines() == [
        "Dépôts interrompus : 0 retiré(s), 0 enregistré(s) après tout",
        "Brouillons : 0 retiré(s)",
    ]
    assert {old, young, underway} <= counter.stored()
    assert swept("--strangers").splitlines()[-1] == "Étrangers au registre : 1 retiré(s)"
    assert counter.stored() >= {young, underway, document_id}
    assert old not in counter.stored()
    for each in (young, underway):
        counter.service.store.remove(each)
    with counter.service.database.transaction(Role.AUTH) as connection:
        intents.end(connection, underway)


def test_a_store_that_is_away_is_asked_again(counter, monkeypatch):
    """What was condemned stays so: nothing is recorded of it meanwhile, and the bytes go an hour later."""
    document_id = cut(counter, hours=25)

    def away(_self: object, _key: UUID) -> bool:
        raise StoreUnavailable("refused")

    with monkeypatch.context() as patched:
        patched.setattr(type(counter.service.store), "remove", away)
        with pytest.raises(StoreUnavailable):
            sweep(counter.service)
        sweeping.sweep_quietly(counter.service)
    with pytest.raises(intents.Condemned), intents.held(counter.service.database, document_id):
        pass
    assert sweep(counter.service) == Swept(removed=1)


def test_more_than_a_batch_is_swept(counter, monkeypatch):
    monkeypatch.setattr(sweeping, "_BATCH", 2)
    for _ in range(5):
        cut(counter, hours=25)
    kept = counter.hand_in(new()).outcome.resource_id
    intents.begin(counter.service.database, kept)
    made_older(counter, kept, 25)
    assert sweep(counter.service) == Swept(ended=1, removed=5)
    assert counter.left() == NOTHING


def test_work_sweeps_every_hour_and_the_doctor_tells_of_what_stays(counter):
    """Rows, bytes and drafts; the doctor warns after three days, when no lock can keep them any more."""
    document_id = cut(counter, hours=24 * 5)
    draft = counter.service.store.incoming / str(uuid7())
    draft.write_bytes(b"sealed")
    os.utime(draft, (then := time.time() - DRAFT_SECONDS - 60, then))

    def told() -> tuple[Level, str, Runbook | None]:
        found = {each.subject: each for each in examine(counter.service.settings)}["dépôts"]
        return found.level, found.told, found.runbook

    assert told() == (Level.WARN, "1 dépôt(s) interrompu(s) depuis plus de 3 jours, dont un depuis 5", Runbook.VAULT)
    stop = threading.Event()
    worker = threading.Thread(target=keep_sweeping, args=(counter.service, stop))
    worker.start()
    try:
        eventually(lambda: document_id not in counter.stored() and not draft.exists(), "nothing is swept")
        eventually(lambda: not counter.rows(), "the row stays")
    finally:
        stop.set()
        worker.join()
    assert told() == (Level.OK, "aucun n'est resté en route", None)
    Givens(counter.service.ledger).organisation()
    assert counter.left() == NOTHING
