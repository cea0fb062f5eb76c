"""Workers killed, connections cut, tables swapped under load: rows and position always tell the same story."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from ledger.kit.ids import uuid7
from ledger.log.database import Role
from ledger.log.migrations import migrate
from projections.engine.engine import Engine
from projections.engine.rebuild import rebuild
from projections.engine.schema import NEXT, OLD, install
from projections.engine.swap import drop, swap
from support import toy_projections as toys
from support.databases import Cluster
from support.eventually import PATIENCE_SECONDS, eventually
from support.toy_projections import DossierToy, History, Keys, append, positions, snapshot, table

TOYS = [DossierToy()]
WORKER = textwrap.dedent("""
    import sys
    from projections.engine.engine import Engine
    from support.toy_projections import DossierToy, Keys, database
    with database(sys.argv[1]) as opened, Engine(opened, Keys(), [DossierToy()]) as engine:
        engine.catch_up()
""")


def blocked(url: str) -> list[int]:
    """Backends of this database that wait for a lock."""
    with psycopg.connect(url) as connection:
        return [
            pid
            for (pid,) in connection.execute(
                "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
        ]


@pytest.mark.parametrize(
    ("held", "sent"),
    [
        pytest.param("access exclusive", False, id="while-it-loads"),
        pytest.param("share", True, id="after-it-has-sent-everything"),
    ],
)
def test_a_worker_killed_in_the_middle_of_a_batch_leaves_all_of_it_or_nothing(url, database, start, held, sent):
    """kill -9 before the last table is written: the server undoes the batch, or finishes what was sent, its end too.

    Rows and position move together or not at all.
    """
    past = History()
    opened = [past.opened(uuid7()) for _ in range(5)]
    append(url, opened[:1])
    start().catch_up()
    before = snapshot(url)
    head = append(url, [*opened[1:], *(past.reserved(one.originator_id, 3) for one in opened)])
    for engine in start.engines:
        engine.step_down()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["src", "tests"])}
    with psycopg.connect(url) as obstacle:
        obstacle.execute(f"lock table read.toy_counter in {held} mode")
        worker = subprocess.Popen([sys.executable, "-c", WORKER, url], env=environment)
        try:
            eventually(lambda: blocked(url))
            worker.send_signal(signal.SIGKILL)
        finally:
            worker.wait(PATIENCE_SECONDS)
    eventually(lambda: not blocked(url))
    eventually(lambda: (snapshot(url) != before) == sent)
    assert positions(url) == {"toy-dossier": (head if sent else 1, "live")}
    engine = start()
    eventually(lambda: engine.run_once() or positions(url) == {"toy-dossier": (head, "live")})
    assert positions(url) == {"toy-dossier": (head, "live")}
    assert {row["reserved_cents"] for row in table(url, "toy_dossier")} == {3}


def test_a_worker_whose_connections_are_cut_goes_on(url, database, start):
    past, stop = History(), threading.Event()
    engine = start()
    thread = threading.Thread(target=engine.run, args=(stop,))
    thread.start()
    try:
        for _ in range(3):
            head = append(url, [past.opened(uuid7()) for _ in range(3)])
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where datname = current_database() and pid <> pg_backend_pid()"
                )
            eventually(lambda wanted=head: positions(url)["toy-dossier"] == (wanted, "live"))
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
    assert len(table(url, "toy_dossier")) == 9


def test_swaps_under_way_while_events_come_lose_and_repeat_none(url, database, start):
    """Appends, the live engine, rebuilds and swaps at once: live rows end as a rebuild of the log has them."""
    past, stop = History(), threading.Event()
    engine = start()
    streams = [past.opened(UUID(int=number % 3 + 1)) for number in range(20)]
    append(url, streams)

    def write() -> None:
        while not stop.is_set():
            append(url, [past.reserved(stream.originator_id, 1) for stream in streams])

    threads = [threading.Thread(target=write), threading.Thread(target=engine.run, args=(stop,))]
    for thread in threads:
        thread.start()
    try:
        for turn in range(4):
            rebuild(database, Keys(), TOYS, batch=50)
            swap(database, Keys(), TOYS)
            if turn == 1:
                swap(database, Keys(), TOYS, back=True)
                drop(database, TOYS, beside=True)
            drop(database, TOYS)
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
    eventually(lambda: not engine.catch_up())
    rebuild(database, Keys(), TOYS)
    assert snapshot(url) == snapshot(url, NEXT)
    assert positions(url) == positions(url, NEXT)
    assert positions(url, OLD) == {}


@pytest.fixture
def owner_url(cluster: Cluster) -> Iterator[str]:
    """A database whose owner is no superuser, as on a managed server: row security applies to it when forced."""
    name = f"essai_owner_{uuid4().hex}"
    owner = sql.Identifier(name)
    parts = urlsplit(cluster.url)
    place = parts.netloc.rpartition("@")[2]
    cluster.template("ledger")  # the roles exist from here on
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login createrole password 'essai'").format(owner))
        for role in Role:
            connection.execute(sql.SQL("grant {} to {} with admin option").format(sql.Identifier(role), owner))
        connection.execute(sql.SQL("create database {} owner {}").format(owner, owner))
    yield urlunsplit(parts._replace(netloc=f"{name}:essai@{place}", path=f"/{name}"))
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(owner))
        connection.execute(sql.SQL("drop owned by {}").format(owner))
        connection.execute(sql.SQL("drop role {}").format(owner))


def test_an_owner_who_is_no_superuser_can_do_all_of_it(owner_url):
    """Forced row security binds the tables' owner too: folding, rebuilding by COPY and swapping work under it."""
    migrate(owner_url, origin="essai.example")
    past = History()
    append(owner_url, [past.opened(UUID(int=1)), past.opened(UUID(int=2))])
    install(owner_url, TOYS)
    with toys.database(owner_url) as database, Engine(database, Keys(), TOYS, refresh_seconds=0) as engine:
        engine.catch_up()
        rebuild(database, Keys(), TOYS)
        swap(database, Keys(), TOYS)
        append(owner_url, [past.opened(UUID(int=1))])
        eventually(engine.run_once)
        with database.transaction(Role.GATEWAY, scope=[UUID(int=1)]) as connection:
            assert len(connection.execute("select * from read.toy_dossier").fetchall()) == 2
        with psycopg.connect(owner_url) as connection:
            forced = "select relforcerowsecurity from pg_class where oid = 'read.toy_dossier'::regclass"
            assert connection.execute(forced).fetchone() == (True,)
            assert connection.execute("select usesuper from pg_user where usename = user").fetchone() == (False,)
        assert drop(database, TOYS) == ["toy-dossier"]
