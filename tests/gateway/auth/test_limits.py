"""Limits that all processes share, in PostgreSQL: growing waits after failures, allowances for what is no failure."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from gateway import service as services
from gateway.auth import limits
from gateway.auth.limits import Allowance, Counted, Limit, admit, forgive, of_sign_in, spend
from gateway.service import Service
from gateway.settings import Settings
from ledger.log.database import Role
from support.databases import ORIGIN, Cluster

Story = Callable[[Service], Coroutine[Any, Any, Any]]
Process = Callable[[Story], Any]
SLOW = Limit("essai", 3, 60, 240)
WHOLE = Limit("essai-adresse", 3, 60, 240, forgotten=False)


@pytest.fixture(scope="module")
def deployment(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Two databases, migrated; nobody serves them."""
    with cluster.deployment() as databases:
        place = tmp_path_factory.mktemp("data")
        settings = Settings(databases.ledger, databases.keys, data_dir=place, origin=ORIGIN)
        services.migrate(settings)
        yield settings


@pytest.fixture
def process(deployment: Settings) -> Process:
    """Runs a story against a service of its own, on an event loop of its own: what another process would have."""

    def run(story: Story) -> Any:
        async def whole() -> Any:
            async with services.serving(deployment) as service:
                return await story(service)

        return asyncio.run(whole())

    return run


def somebody() -> str:
    return f"{os.urandom(8).hex()}@example.org"


async def attempts(service: Service, counted: list[Counted], times: int) -> list[float]:
    """The waits that are answered to attempts one after the other."""
    return [await admit(service, counted) for _ in range(times)]


def pass_time(settings: Settings, seconds: float) -> None:
    """Move every count into the past, as time would."""
    with psycopg.connect(settings.database_url) as connection:
        for table, columns in (("throttle", ("at", "next_at")), ("allowance", ("at",))):
            moved = ", ".join(f"{column} = {column} - make_interval(secs => %(s)s)" for column in columns)
            connection.execute(f"update auth.{table} set {moved}", {"s": seconds})


def counts(settings: Settings) -> int:
    with psycopg.connect(settings.database_url) as connection:
        row = connection.execute("select count(*) from auth.throttle").fetchone()
    assert row is not None
    return int(row[0])


def test_waits_grow_after_the_free_attempts(deployment: Settings, process: Process):
    """Row O7: three free, then a minute, doubled each time, four minutes at most; whoever waits is let through."""
    whose = somebody()

    async def three(service: Service) -> list[float]:
        return await attempts(service, [(SLOW, whose)], 4)

    *free, refused = process(three)
    assert free == [0, 0, 0]
    assert 50 < refused <= 60
    expected = [120, 240, 240, 240]
    for wait in expected:
        pass_time(deployment, 241)

        async def two(service: Service) -> list[float]:
            return await attempts(service, [(SLOW, whose)], 2)

        admitted, refused = process(two)
        assert admitted == 0
        assert wait * 0.8 < refused <= wait


def test_a_refused_attempt_does_not_make_it_longer(deployment: Settings, process: Process):
    """A form that is sent again and again in vain would otherwise never be let in."""
    whose = somebody()

    async def many(service: Service) -> list[float]:
        return await attempts(service, [(SLOW, whose)], 40)

    waits = process(many)
    assert waits[:3] == [0, 0, 0]
    assert all(0 < wait <= 60 for wait in waits[3:])
    assert waits[-1] < waits[3]


def test_a_count_halves_in_an_hour(deployment: Settings, process: Process):
    whose = somebody()

    async def four(service: Service) -> list[float]:
        return await attempts(service, [(SLOW, whose)], 4)

    assert process(four)[3] > 0
    pass_time(deployment, 3 * 3600)
    assert process(four)[:2] == [0, 0]


def test_attempts_at_once_from_two_processes_do_not_slip_through(deployment: Settings, process: Process):
    """Thirty attempts at the same instant, in two processes: three are admitted, as if they had come in a row."""
    whose = somebody()

    meeting = threading.Barrier(2)

    async def burst(service: Service) -> list[float]:
        # With every connection open, and a row that is there already: nothing else makes them wait for each other.
        await asyncio.gather(*(admit(service, [(Limit("essai-d", 99, 1, 1), somebody())]) for _ in range(60)))
        await forgive(service, [(SLOW, whose)])
        await asyncio.to_thread(meeting.wait, 30)
        return list(await asyncio.gather(*(admit(service, [(SLOW, whose)]) for _ in range(15))))

    async def once(service: Service) -> None:
        await admit(service, [(SLOW, whose)])

    process(once)

    with ThreadPoolExecutor(2) as threads:
        waits = [wait for half in threads.map(process, [burst, burst]) for wait in half]
    assert sorted(waits)[:4].count(0) == 3
    assert len([wait for wait in waits if wait > 0]) == 27


def test_whoever_names_the_same_things_in_another_order_waits_for_its_turn(deployment: Settings, process: Process):
    """Rows are locked in one order, whatever the order asked for: no deadlock, and nothing counted twice or not."""
    first, second = somebody(), somebody()
    limit, other = Limit("essai-a", 10_000, 1, 1), Limit("essai-b", 10_000, 1, 1)

    async def forth(service: Service) -> list[float]:
        return list(await asyncio.gather(*(admit(service, [(limit, first), (other, second)]) for _ in range(60))))

    async def back(service: Service) -> list[float]:
        return list(await asyncio.gather(*(admit(service, [(other, second), (limit, first)]) for _ in range(60))))

    with ThreadPoolExecutor(2) as threads:
        waits = [wait for half in threads.map(process, [forth, back]) for wait in half]
    assert waits == [0] * 120
    with psycopg.connect(deployment.database_url) as connection:
        levels = connection.execute(
            "select level from auth.throttle where kind in ('essai-a', 'essai-b') and level > 100"
        ).fetchall()
    assert len(levels) == 2
    assert all(119 < level <= 120 for (level,) in levels)


def test_one_bucket_that_is_full_counts_in_none(deployment: Settings, process: Process):
    """A wait for one reason is not also counted for the others: an address is not filled by one account's refusals."""
    account, address = somebody(), somebody()

    async def story(service: Service) -> tuple[list[float], list[float]]:
        both = await attempts(service, [(SLOW, account), (Limit("essai-c", 4, 60, 240), address)], 10)
        return both, await attempts(service, [(Limit("essai-c", 4, 60, 240), address)], 2)

    both, alone = process(story)
    assert both[:3] == [0, 0, 0]
    assert all(both[3:])
    assert alone[0] == 0  # the fourth of the address, which had counted three
    assert alone[1] > 0


def test_a_success_forgives_the_account_and_takes_itself_back_from_the_address(deployment: Settings, process: Process):
    """An office of many who all sign in well is never made to wait; nobody wipes out failures with one success."""
    office = somebody()

    async def office_story(service: Service) -> list[float]:
        waits = []
        for _ in range(12):
            counted = [(SLOW, somebody()), (WHOLE, office)]
            waits.append(await admit(service, counted))
            await forgive(service, counted)
        return waits

    assert process(office_story) == [0] * 12
    attacker, account, own = somebody(), somebody(), somebody()

    async def attack(service: Service) -> list[float]:
        waits = await attempts(service, [(SLOW, account), (WHOLE, attacker)], 2)
        counted = [(SLOW, own), (WHOLE, attacker)]
        waits.append(await admit(service, counted))
        await forgive(service, counted)
        waits += await attempts(service, [(WHOLE, attacker)], 2)
        return waits

    waits = process(attack)
    assert waits[:4] == [0, 0, 0, 0]
    assert waits[4] > 0


def test_a_known_device_is_counted_by_itself():
    """Neither whoever attacks an account nor whoever shares its address keeps the rightful user's own device out."""
    assert [limit.kind for limit, _ in of_sign_in("a@example.org", "203.0.113.9")] == [
        "sign-in-pair",
        "sign-in-account",
        "sign-in-address",
    ]
    assert of_sign_in("a@example.org", "203.0.113.9", device="d") == [(limits.DEVICE, "d")]


def test_a_clock_that_was_set_back_keeps_nobody_out(deployment: Settings, process: Process):
    """The server's clock ran a day ahead, then was set right: what it wrote does not lock anybody out for a day."""
    whose = somebody()

    async def four(service: Service) -> list[float]:
        return await attempts(service, [(SLOW, whose)], 4)

    assert process(four)[3] > 0
    pass_time(deployment, -86_400)
    assert process(four)[0] == 0
    pass_time(deployment, 86_400)


def test_an_allowance_is_spent_and_comes_back(deployment: Settings, process: Process):
    """Five at once and five an hour: the sixth waits twelve minutes, also from another process; time gives one back."""
    whose, five = somebody(), Allowance("essai", 5, 5)

    async def once(service: Service) -> float:
        return await spend(service, five, whose)

    async def burst(service: Service) -> list[float]:
        return list(await asyncio.gather(*(once(service) for _ in range(5))))

    with ThreadPoolExecutor(2) as threads:
        waits = [wait for half in threads.map(process, [burst, burst]) for wait in half]
    assert waits.count(0) == 5
    assert all(690 < wait <= 720 for wait in waits if wait)
    pass_time(deployment, 725)
    assert process(burst).count(0) == 1
    assert process(lambda service: spend(service, five, somebody())) == 0


def test_nothing_at_rest_tells_whom_it_is_about(deployment: Settings, process: Process):
    """Buckets are keyed digests: neither an e-mail nor an address can be tried out on them without the keys."""
    email, address = somebody(), "203.0.113.77"

    async def story(service: Service) -> bytes:
        await admit(service, of_sign_in(email, address))
        await spend(service, limits.RESET, email)
        return limits.bucket(service.keyring, "sign-in-account", email)

    kept = process(story)
    assert len(kept) == 32
    with psycopg.connect(deployment.database_url) as connection:
        rows = connection.execute("select t::text from auth.throttle t union all select a::text from auth.allowance a")
        text = " ".join(row[0] for row in rows)
        found = connection.execute("select count(*) from auth.throttle where bucket = %s", [kept]).fetchone()
    assert found == (1,)
    assert email not in text
    assert address not in text


def test_what_has_faded_is_swept(deployment: Settings, process: Process):
    async def story(service: Service) -> None:
        await admit(service, [(SLOW, somebody())])
        await spend(service, limits.RESET, somebody())

    process(story)
    pass_time(deployment, 90_000)
    process(story)
    with psycopg.connect(deployment.database_url) as connection:
        connection.execute("set local role ledger_auth")
        limits.sweep(connection)
    assert counts(deployment) == 1


@pytest.mark.parametrize("role", [Role.GATEWAY, Role.STAFF, Role.AUDITOR, Role.PROJECTOR, Role.WRITER])
def test_no_other_role_touches_the_limits(deployment: Settings, role: Role):
    with psycopg.connect(deployment.database_url) as connection:
        connection.execute("select set_config('role', %s, true)", [role])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from auth.throttle")
    with psycopg.connect(deployment.database_url) as connection:
        connection.execute("select set_config('role', %s, true)", [role])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select auth.forgive('{}', '{}', '{}', '{}')")
