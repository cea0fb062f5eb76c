"""A deployment whose mails go to a real mail server of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway import service as services
from gateway.mail.delivery import Postman
from gateway.mail.granting import grant_one
from gateway.mail.transports import transport_of
from gateway.policies.registry import policies
from gateway.policies.runner import Runner
from gateway.service import Service
from gateway.settings import Settings, SmtpServer
from ledger.account.commands import CreateAccount
from ledger.log.database import Role
from projections.engine.engine import Engine
from projections.registry import ALL
from support.databases import ORIGIN, Cluster
from support.mailbox import Mailbox, open_mailbox


@dataclass
class Mailroom:
    """A service, its worker's parts run by hand, and everybody's mailbox."""

    service: Service
    runner: Runner
    engine: Engine
    mailbox: Mailbox
    people: Iterator[int] = field(default_factory=lambda: count(1))

    def somebody(self) -> str:
        """An address that nobody else has had."""
        return f"zelie.quorzeul-{next(self.people)}@example.org"

    def account(self, email: str, role: str = "portal", **more: Any) -> UUID:
        names = {"last_name": "Quorzeul", "first_name": "Zélie"}
        command = CreateAccount.model_validate({**names, "email": email, "role": role, **more})
        account_id = self.service.ledger.execute(command, actor=None).resource_id
        self.engine.catch_up()
        return account_id

    def force(self, query: str, *values: Any) -> None:
        """As the database's owner: to move the clock of a row, which nobody else can."""
        with psycopg.connect(self.service.settings.database_url) as connection:
            connection.execute(query.encode(), values)

    def follow(self) -> None:
        """What the policies and the wishes make of what has happened."""
        self.runner.catch_up()
        while grant_one(self.service):
            pass

    def deliver(self, *, timeout_seconds: float = 30, first_delay: timedelta = timedelta(0)) -> int:
        """One round of the postman: how many mails were tried."""
        transport = transport_of(self.service.settings, timeout_seconds=timeout_seconds)
        assert transport is not None
        return asyncio.run(Postman(self.service, transport, first_delay=first_delay).run_once())

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with self.service.database.transaction(Role.AUTH) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def mails(self) -> list[dict[str, Any]]:
        return self.rows("select * from auth.mail order by made_at, mail_id")


@pytest.fixture(scope="module")
def room(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailroom]:
    """One for each file of tests."""
    with cluster.deployment() as databases, open_mailbox() as mailbox:
        settings = Settings(
            databases.ledger,
            databases.keys,
            data_dir=tmp_path_factory.mktemp("mail"),
            origin=ORIGIN,
            public_url="https://portail.example",
            smtp=SmtpServer.parse(mailbox.url),
            fund_name="Fonds d'essai",
            fund_team="L'équipe d'essai",
            fund_contact="Direction régionale d'essai, 01 00 00 00 00",
        )
        services.migrate(settings)
        with services.opened(settings) as service, Engine(service.database, service.keyring, ALL) as engine:
            yield Mailroom(service, Runner(service, policies(service)), engine, mailbox)


@pytest.fixture
def mailroom(room: Mailroom) -> Mailroom:
    """With nothing waiting, and an empty mailbox."""
    room.follow()
    room.force("truncate auth.mail, auth.link, auth.wish")
    room.mailbox.mails.clear()
    room.mailbox.answers.clear()
    return room
