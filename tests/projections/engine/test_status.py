"""What operators see, and how queries wait for their own writes."""

from __future__ import annotations

import asyncio
import threading
import time
from uuid import uuid4

import psycopg
from structlog.testing import capture_logs

from ledger.dossier.events import AgreementIssued
from ledger.kit.ids import uuid7
from ledger.log.database import AsyncDatabase
from projections.engine.rebuild import rebuild
from projections.engine.status import Condition, retry, status
from projections.engine.waiting import reached, wait_for, wait_for_async
from support import toy_projections as toys
from support.eventually import LOADED, PATIENCE_SECONDS
from support.toy_projections import Agreements, DossierToy, History, Keys, append


def test_an_operator_sees_lag_state_and_the_event_that_stopped_a_projection(url, database, start, monkeypatch):
    """B6: lag and failed events visible, and nothing personal in what is shown."""
    past, toys_chosen = History(), [DossierToy(), Agreements()]
    engine = start(*toys_chosen)
    assert [(one.lag_events, one.condition) for one in status(database, toys_chosen)] == [(0, "live"), (0, "live")]
    opened = past.opened(uuid7())
    append(url, [opened])
    first = status(database, toys_chosen)[0]
    assert first.lag_events == 1
    assert 0 <= first.lag_seconds < 60
    append(url, [past(AgreementIssued, opened.originator_id, amount_cents=13, on=toys.DAY)])
    engine.catch_up()
    dossiers, agreements = status(database, toys_chosen)
    assert (dossiers.position, dossiers.lag_events, dossiers.condition) == (2, 0, Condition.LIVE)
    assert (agreements.position, agreements.lag_events, agreements.condition) == (1, 1, Condition.FAILED)
    stopped = agreements.stopped_at
    assert (stopped.position, stopped.name, stopped.stream_id) == (
        2,
        "dossier.agreement-issued.v1",
        opened.originator_id,
    )
    assert stopped.reason.startswith("ValueError in issued")

    monkeypatch.setattr(Agreements, "MENDED", True)
    assert retry(database, "toy-agreement")
    assert not retry(database, "toy-agreement")
    engine.catch_up()
    assert status(database, toys_chosen)[1].stopped_at is None


def test_what_stands_beside_and_what_is_missing_show(url, database, start):
    start()
    append(url, [History().opened(uuid7())])
    rebuild(database, Keys(), [DossierToy()])
    dossiers, agreements = status(database, [DossierToy(), Agreements()])
    assert (dossiers.beside, dossiers.old) == (1, None)
    assert agreements.condition is Condition.MISSING
    assert agreements.condition.label == "à installer"


def test_a_reader_waits_for_its_own_write_and_no_longer(url, database, start):
    engine = start(DossierToy(), Agreements())
    head = append(url, [History().opened(uuid7())])
    started = time.monotonic()
    assert not wait_for(database, head, 0.1)
    assert time.monotonic() - started < LOADED
    thread = threading.Timer(0.1, engine.catch_up)
    thread.start()
    assert wait_for(database, head, PATIENCE_SECONDS)
    assert wait_for(database, head, 0, ["toy-dossier"])
    assert reached(database) == head
    thread.join()


def test_the_same_wait_on_an_event_loop(url, start):
    engine = start()
    head = append(url, [History().opened(uuid7())])

    async def both() -> tuple[bool, bool]:
        async with AsyncDatabase(url, max_size=2) as database:
            early = await wait_for_async(database, head, 0.05)
            await asyncio.to_thread(engine.catch_up)
            return early, await wait_for_async(database, head, 0.5)

    assert asyncio.run(both()) == (False, True)


def test_a_log_line_of_a_stopped_projection_tells_nothing_personal(url, start):
    past = History()
    opened = past.opened(uuid7(), title=f"Formation {uuid4()}")
    append(url, [opened, past.reserved(opened.originator_id, 10**12)])
    with capture_logs() as told:  # wherever another test of this process has sent the logs
        start().catch_up()
    assert "projection stopped" in str(told)
    assert opened.title not in str(told)
    with psycopg.connect(url) as connection:
        assert opened.title not in str(connection.execute("select * from read.position").fetchall())
