"""Fixtures that many tests share: a PostgreSQL server for the run, and fresh databases on it.

`TEST_DATABASE_URL`, a superuser's URL on any PostgreSQL 15 or later, replaces the embedded server.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ledger import embedded
from support.databases import Cluster, Databases

# On a machine shared by several workers a slow example says nothing of the code. A failure prints how to play it again.
settings.register_profile("shared", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

# A test's data need not outlive a power cut. A test of durability starts a server of its own.
HASTY = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}


PLACES = f"dossier-ledger-tests-{os.getuid()}-"


def _remove_abandoned_clusters() -> None:
    """What a killed run of an hour ago or more has left: nothing else would ever stop its server."""
    for place in Path(tempfile.gettempdir()).glob(f"{PLACES}*"):
        with contextlib.suppress(OSError):
            if time.time() - place.stat().st_mtime > 3600 and embedded.stop_abandoned(place):
                shutil.rmtree(place)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The run's PostgreSQL: one server for all xdist workers, stopped by the last of them."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        external = Cluster(given)
        yield external
        external.close()
        return
    _remove_abandoned_clusters()
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    # Directly under the temporary directory, since the server's account cannot enter pytest's private one; the
    # server's own directory in it is private.
    place = Path(tempfile.gettempdir()) / f"{PLACES}{run}"
    place.mkdir(mode=0o711, exist_ok=True)
    server = embedded.start(place, HASTY)
    embedded_cluster = Cluster(server.url("postgres"))
    yield embedded_cluster
    embedded_cluster.close()
    if embedded.stop(server):
        shutil.rmtree(place)


@pytest.fixture
def make_database(cluster: Cluster) -> Iterator[Callable[[str], str]]:
    """A function that makes a database of a kind (see `Cluster.template`; `empty` without migrations), as its URL."""
    made: list[str] = []

    def make(kind: str) -> str:
        made.append(cluster.create("template0" if kind == "empty" else cluster.template(kind)))
        return made[-1]

    yield make
    for url in made:
        cluster.drop(url)


@pytest.fixture
def make_databases(make_database: Callable[[str], str]) -> Callable[[], Databases]:
    """A function that makes the pair of databases of a new deployment: every table, and nothing in them."""
    return lambda: Databases(ledger=make_database("house"), keys=make_database("keys"))


@pytest.fixture
def ledger_url(make_database: Callable[[str], str]) -> str:
    """A fresh, migrated ledger database, as a superuser's URL."""
    return make_database("ledger")


@pytest.fixture
def keys_url(make_database: Callable[[str], str]) -> str:
    """A fresh, migrated keys database, as a superuser's URL."""
    return make_database("keys")


@pytest.fixture
def empty_url(make_database: Callable[[str], str]) -> str:
    """A fresh database without anything in it, as a superuser's URL: for tests of the migrations themselves."""
    return make_database("empty")
