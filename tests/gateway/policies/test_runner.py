"""Policies follow the log: once for each event, in order, alone when they fail, never from before they were there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import pytest

from gateway import service as services
from gateway.auth import migrate as migrate_auth
from gateway.mail.creation import CreationMails
from gateway.policies.runner import Runner
from gateway.service import Service
from gateway.settings import Settings
from ledger.account.commands import CreateAccount, DisableAccount
from ledger.kit.clock import system_clock
from ledger.log.database import Role
from support.databases import ORIGIN, Databases
from support.eventually import eventually


@pytest.fixture
def service(make_databases: Callable[[], Databases], tmp_path: Path) -> Iterator[Service]:
    databases = make_databases()
    settings = Settings(databases.ledger, databases.keys, data_dir=tmp_path, origin=ORIGIN)
    services.migrate(settings)
    with services.opened(settings) as opened:
        yield opened


def account(service: Service, n: int) -> UUID:
    names = {"last_name": "Quorzeul", "first_name": "Zélie", "email": f"personne-{n}@example.org", "role": "portal"}
    return service.ledger.execute(CreateAccount.model_validate(names), actor=None).resource_id


def rows(service: Service, query: str) -> list[dict[str, Any]]:
    with service.database.transaction(Role.AUTH) as connection:
        return connection.execute(query.encode()).fetchall()


class Noting:
    """Writes a wish for each account made: a row that can be counted. Fails at the accounts that it is told to."""

    NAME: ClassVar[str] = "noting"
    NAMES: ClassVar[frozenset[str]] = frozenset({"account.created.v1"})

    def __init__(self) -> None:
        self.failing: set[UUID] = set()

    def react(self, event, connection):
        connection.execute(
            "insert into auth.wish (wish_id, kind) values (gen_random_uuid(), %s)", (f"noted:{event.stream_id}",)
        )
        if event.stream_id in self.failing:
            raise ValueError


def noted(service: Service) -> list[UUID]:
    found = rows(service, "select kind from auth.wish order by made_at")
    return sorted(UUID(row["kind"].removeprefix("noted:")) for row in found)


def test_each_event_is_reacted_to_once_by_any_number_of_workers(service):
    made = [account(service, n) for n in range(12)]
    runners = [Runner(service, [Noting()], batch=5) for _ in range(4)]
    threads = [threading.Thread(target=runner.catch_up) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert noted(service) == sorted(made)


def test_a_policy_that_fails_stops_at_its_event_and_holds_nobody_up(service):
    """What came before it stays done, what its failing wrote is undone; the other policy goes on."""
    first, second, third = (account(service, n) for n in range(3))
    broken = Noting()
    broken.failing = {second}
    runner = Runner(service, [broken, CreationMails(service)])
    runner.catch_up()
    assert noted(service) == [first]
    assert len(rows(service, "select 1 from auth.mail")) == 3

    broken.failing.clear()
    mended = Runner(service, [broken])
    mended.catch_up()
    assert noted(service) == sorted([first, second, third])


def test_what_was_written_and_the_position_are_one(service):
    """A worker that dies in the middle has done nothing: the next one begins where it began."""
    account(service, 1)

    class Dying(Noting):
        def react(self, event, connection):
            super().react(event, connection)
            raise psycopg.OperationalError

    with pytest.raises(psycopg.OperationalError):
        Runner(service, [Dying()]).run_once()
    assert noted(service) == []
    Runner(service, [Noting()]).catch_up()
    assert len(noted(service)) == 1


def test_events_that_concern_nobody_are_passed_and_a_restart_loses_nothing(service):
    first = account(service, 1)
    service.ledger.execute(DisableAccount(account_id=first, on=system_clock().date()), actor=None)
    runner = Runner(service, [Noting()])
    runner.catch_up()
    second = account(service, 2)
    Runner(service, [Noting()]).catch_up()
    runner.catch_up()
    assert noted(service) == sorted([first, second])


def test_an_upgrade_mails_nobody(make_databases, tmp_path):
    """The accounts of a ledger that is older than its mails are left alone; those made since are not."""
    databases = make_databases()
    settings = Settings(databases.ledger, databases.keys, data_dir=tmp_path, origin=ORIGIN)
    services.migrate(settings)
    with services.opened(settings) as service:
        account(service, 1)
        with psycopg.connect(settings.database_url) as connection:
            connection.execute("drop table auth.mail, auth.wish, auth.policy")
            connection.execute("delete from auth.migration where name = '0007_mail'")
        migrate_auth(settings.database_url)
        account(service, 2)
        Runner(service, [CreationMails(service)]).catch_up()
        assert len(rows(service, "select 1 from auth.mail")) == 1


def test_an_event_of_a_newer_release_is_waited_at(service):
    """Readers are upgraded first; one that was not must not pass over what it cannot read."""
    account(service, 1)

    class Older(Noting):
        NAMES: ClassVar[frozenset[str]] = frozenset({"account.created.v0"})

    Runner(service, [Older()]).catch_up()
    assert noted(service) == []
    begun = [{"position": 1}]  # the person before it
    assert rows(service, "select position from auth.policy where name = 'noting'") == begun


def test_a_worker_hears_of_events_as_they_come(service):
    stop = threading.Event()
    thread = threading.Thread(target=Runner(service, [Noting()]).run, args=(stop,))
    thread.start()
    try:
        made = account(service, 1)
        eventually(lambda: noted(service))
        assert noted(service) == [made]
    finally:
        stop.set()
        thread.join()
