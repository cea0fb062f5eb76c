"""A server that has lost commits: an asynchronous standby was promoted, or a backup restored under running gateways.

What was acknowledged and is gone cannot be brought back here (a synchronous standby keeps it); but what a process
remembers of it must never be built upon.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from ledger.application import Ledger
from ledger.dossier.aggregate import Dossier
from ledger.dossier.commands import AmendAgreement
from ledger.log.refusals import AppendVoided
from support.deployments import ledger_on
from support.givens import DAY, Givens


@pytest.fixture
def ledger(ledger_url: str, keys_url: str) -> Iterator[Ledger]:
    with ledger_on(ledger_url, keys_url) as ledger:
        yield ledger


def amend(ledger: Ledger, dossier_id: UUID, cents: int) -> int:
    return ledger.execute(AmendAgreement(dossier_id=dossier_id, amount_cents=cents, on=DAY), actor=None).position


def lose(url: str, *, after: int) -> None:
    """The events after a position never reached the server that leads from here on; every connection is cut."""
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.transaction():
            connection.execute("set local session_replication_role = replica")
            for table in ("events", "event_dossier", "receipts"):
                connection.execute(f"delete from log.{table} where position > %s".encode(), (after,))
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )


def versions(url: str, stream_id: UUID) -> list[int]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select version from log.events where stream_id = %s order by position", (stream_id,))
        return [version for (version,) in rows]


def test_nothing_is_built_on_a_commit_that_is_gone(ledger: Ledger, ledger_url: str):
    """Each dossier that the process remembers, not only the first that is touched, is read from the log again."""
    givens = Givens(ledger)
    dossiers = [givens.agreed_dossier() for _ in range(3)]
    kept = amend(ledger, dossiers[0], 1)
    for dossier_id in dossiers:
        for cents in (2, 3):
            amend(ledger, dossier_id, cents)
    lose(ledger_url, after=kept)
    for dossier_id in dossiers:
        amend(ledger, dossier_id, 4)
        found = versions(ledger_url, dossier_id)
        assert found == list(range(1, len(found) + 1))
        assert givens.state(Dossier, dossier_id).agreement_cents == 4


def test_a_decision_made_before_the_connection_was_lost_is_never_written(ledger: Ledger):
    """It waited its turn meanwhile: what it was decided on may be gone. It is decided again."""
    givens = Givens(ledger)
    dossier_id = givens.agreed_dossier()
    unit = ledger._unit(ledger._cache)
    decided = unit.decide(AmendAgreement(dossier_id=dossier_id, amount_cents=7, on=DAY), actor=None)
    ledger.log_recorder._statement.connection.close()
    amend(ledger, givens.agreed_dossier(), 1)
    with pytest.raises(AppendVoided):
        ledger.log_recorder.append([decided.append])
    amend(ledger, dossier_id, 7)
    assert givens.state(Dossier, dossier_id).agreement_cents == 7


def test_connections_that_are_cut_under_load_cost_no_order(ledger: Ledger, ledger_url: str):
    """Every order is decided anew as often as it takes: none is refused for it, none is recorded twice."""
    givens = Givens(ledger)
    dossiers = [givens.agreed_dossier() for _ in range(4)]
    done: list[int] = []

    def work(dossier_id: UUID) -> None:
        done.extend(amend(ledger, dossier_id, cents) for cents in range(1, 41))

    threads = [threading.Thread(target=work, args=(dossier_id,)) for dossier_id in dossiers]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        with psycopg.connect(ledger_url, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and application_name like '%ledger_writer'"
            )
        threads[0].join(0.2)
        if not threads[0].is_alive():
            for thread in threads:
                thread.join()
    assert len(set(done)) == len(done) == 160
    for dossier_id in dossiers:
        found = versions(ledger_url, dossier_id)
        assert found == list(range(1, len(found) + 1))
