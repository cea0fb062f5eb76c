"""The real ledger for stories: one pair of migrated databases for each module, since their numbers never meet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.application import Ledger
from ledger.kit.keyring import Keyring
from ledger.kit.master_key import MasterKey
from ledger.log.database import Database
from support.databases import Cluster
from support.givens import Givens
from support.stories import Story


@pytest.fixture(scope="module")
def shared_database(cluster: Cluster) -> Iterator[Database]:
    url = cluster.create(cluster.template("ledger"))
    with Database(url, max_size=16) as database:
        yield database
    cluster.drop(url)


@pytest.fixture(scope="module")
def shared_keyring(cluster: Cluster) -> Iterator[Keyring]:
    url = cluster.create(cluster.template("keys"))
    with Keyring(url, MasterKey.generate()) as keyring:
        yield keyring
    cluster.drop(url)


@pytest.fixture(scope="module")
def ledger(shared_database: Database, shared_keyring: Keyring) -> Ledger:
    return Ledger(shared_database, shared_keyring)


@pytest.fixture(scope="module")
def fund(ledger: Ledger) -> Givens:
    return Givens(ledger)


@pytest.fixture
def story(ledger: Ledger, shared_database: Database) -> Story:
    return Story(ledger, shared_database)
