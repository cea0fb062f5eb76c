"""From files to what a portal shows: after an import, the read models count what the generator expected (row O30)."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from gateway.generator import write_files
from ledger.account.events import Role as AccountRole
from ledger.log.database import AsyncDatabase, Role
from projections.dossier.queries import Counters, dossier_counters
from projections.engine.engine import Engine
from projections.engine.schema import install
from projections.reader import Reader
from projections.registry import ALL
from support.back_office import BackOffice, back_office, check_against
from support.databases import Cluster


def read_counters(url: str, scope: tuple[UUID, ...] | None) -> Counters:
    """What a provider with these establishments reads, or staff where there is no scope."""

    async def read() -> Counters:
        role, account = (Role.STAFF, AccountRole.ACCOUNTANT) if scope is None else (Role.GATEWAY, AccountRole.PORTAL)
        async with AsyncDatabase(url) as database, database.transaction(role, scope=scope or ()) as connection:
            return await dossier_counters(connection, Reader(uuid4(), account, scope or ()))

    return asyncio.run(read())


def counted(expected: Counter[str]) -> Counters:
    return Counters(expected["ongoing"], expected["settled"], expected["cancelled"], expected["refused"])


def sums(office: BackOffice) -> tuple[int, int, int]:
    query = (
        "select sum(agreement_cents) as agreed, sum(reserved_cents) as reserved, sum(paid_cents) as paid "
        "from read.dossier"
    )
    with office.database.transaction(Role.STAFF) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row["agreed"]), int(row["reserved"]), int(row["paid"])


def test_the_read_models_count_what_was_generated(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LEDGER_FICTITIOUS", "1")
    with back_office(cluster, tmp_path) as office:
        expected = write_files(office.directory, seed=17, scale=1 / 15_000)
        check_against(office, expected)
        install(office.database.url, ALL)
        with Engine(office.database, office.keyring, ALL) as engine:
            engine.catch_up()
        assert read_counters(office.database.url, None) == counted(expected.statuses)
        for siret, statuses in expected.by_provider.items():
            id_ = office.ledger.log_recorder.select_claim("siret", office.keyring.digest("siret", siret))
            assert id_ is not None
            assert read_counters(office.database.url, (id_,)) == counted(statuses), siret
        assert sums(office) == (expected.agreed_cents, expected.reserved_cents, expected.paid_cents)
