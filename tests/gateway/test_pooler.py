"""A gateway whose transactions go through a transaction pooler: the same service on two sessions of PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import psycopg
import pytest

from gateway import service as services
from gateway.settings import Settings
from ledger.account.commands import CreateAccount
from ledger.account.events import Role as AccountRole
from ledger.kit.fictitious import fictitious_siren
from ledger.log.database import AsyncDatabase, Database, Role
from projections.engine.engine import Engine
from projections.registry import ALL
from support import plain
from support.databases import ORIGIN, Databases
from support.pooler import SERVER_CONNECTIONS, needs_pooler, pooler, sessions
from support.programs import Program, api, until_ready, worker

pytestmark = needs_pooler


@pytest.fixture
def databases(make_databases: Callable[[], Databases]) -> Databases:
    return make_databases()


@pytest.fixture
def pooler_url(databases: Databases) -> Iterator[str]:
    # Not in pytest's own directory: the pooler's account cannot enter it.
    with TemporaryDirectory() as place, pooler(databases.ledger, Path(place)) as url:
        yield url


def seen(database: Database, scope: list[UUID]) -> tuple[str, str]:
    with database.transaction(Role.GATEWAY, scope=scope) as connection:
        row = connection.execute("select current_user as role, current_setting('led.scope') as scope").fetchone()
    assert row is not None
    return row["role"], row["scope"]


def test_nothing_goes_from_one_transaction_to_the_next(databases: Databases, pooler_url: str):
    """Sixteen callers on two sessions each see their own scope; a session that is given back has no role, no scope."""
    scopes = [[uuid4()] for _ in range(200)]
    with Database(databases.ledger, pooler_url=pooler_url, max_size=16) as database, ThreadPoolExecutor(16) as callers:
        assert list(callers.map(lambda scope: seen(database, scope), scopes)) == [
            ("ledger_gateway", f"{{{scope[0]}}}") for scope in scopes
        ]
    with psycopg.connect(pooler_url, autocommit=True) as left:
        for name, value in [("role", "none"), ("led.scope", ""), ("led.managed", ""), ("lock_timeout", "0")]:
            row = left.execute("select coalesce(current_setting(%s, true), '')", [name]).fetchone()
            assert row == (value,), name


def test_each_transaction_brings_its_limits(databases: Databases, pooler_url: str):
    """A query's transaction has the time limits and the time zone that a session of its own would have."""

    async def limits() -> list[str]:
        asked = ("lock_timeout", "idle_in_transaction_session_timeout", "timezone", "transaction_isolation")
        async with (
            AsyncDatabase(databases.ledger, pooler_url=pooler_url) as queries,
            queries.transaction(Role.GATEWAY) as connection,
        ):
            answers = [await connection.execute("select current_setting(%s) as value", [name]) for name in asked]
            return [row["value"] for answer in answers if (row := await answer.fetchone())]

    assert asyncio.run(limits()) == ["10s", "1min", "UTC", "read committed"]


@pytest.fixture
def deployed(databases: Databases, pooler_url: str, tmp_path: Path) -> Iterator[tuple[str, str, Program]]:
    """A gateway behind the pooler and a worker beside it: the gateway's address, a case manager's token, the worker."""
    settings = Settings(databases.ledger, databases.keys, data_dir=tmp_path / "data", origin=ORIGIN)
    services.migrate(settings)
    with services.opened(settings) as service:
        person = {"last_name": "Essai", "first_name": "Compte", "email": "compte@example.org"}
        created = service.ledger.execute(CreateAccount(**person, role=AccountRole.CASE_MANAGER), actor=None)
        with Engine(service.database, service.keyring, ALL) as engine:
            engine.catch_up()
        token, _ = service.tokens.create(created.resource_id, label="essai")
    environment = {
        "DATABASE_URL": pooler_url,
        "DATABASE_DIRECT_URL": databases.ledger,
        "KEYS_DATABASE_URL": databases.keys,
        "DATA_DIR": str(settings.data_dir),
        "ORIGIN": ORIGIN,
    }
    gateway, url = api("gateway", tmp_path, environment)
    folding = worker("worker", tmp_path, environment)
    for program in (gateway, folding):
        program.start()
    until_ready(gateway, url)
    yield url, token, folding
    for program in (gateway, folding):
        program.kill()


def test_orders_and_queries_go_through_the_pooler(deployed: tuple[str, str, Program], databases: Databases):
    """Twenty-four orders at once through two sessions: each recorded once, each read back at its own position."""
    url, token, worker_program = deployed
    bearer = {"Authorization": f"Bearer {token}"}

    def order(number: int) -> UUID:
        body = {"siren": fictitious_siren(number), "name": f"Organisme {number}", "kinds": ["provider"]}
        headers = {**bearer, "Idempotency-Key": f"ordre-{number}"}
        answers = [plain.post(f"{url}/v1/organisations", json=body, headers=headers, timeout=30) for _ in range(2)]
        assert {each.status_code for each in answers} == {201}, [each.text for each in answers]
        assert len({each.json()["id"] for each in answers}) == 1
        made = UUID(answers[0].json()["id"])
        position = answers[0].headers["Ledger-Position"]
        asked = {"min_position": position}
        found = plain.get(f"{url}/v1/establishments", params=asked, headers=bearer, timeout=30)
        assert found.status_code == 200, found.text
        assert int(found.headers["Ledger-Position"]) >= int(position)
        return made

    with ThreadPoolExecutor(8) as callers:
        made = list(callers.map(order, range(24)))
    assert len(set(made)) == 24
    worker_program.terminate()
    assert sessions(databases.ledger) <= SERVER_CONNECTIONS + 1  # its writer alone has a session of its own
    with psycopg.connect(databases.ledger) as connection:
        recorded = connection.execute("select count(*) from log.events where name like 'organisation.%'").fetchone()
    assert recorded == (24,)
