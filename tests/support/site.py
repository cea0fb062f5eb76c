"""A gateway that a browser can use: on an address of its own, with folds that follow the log by themselves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from httpx import Response

from gateway.fund.fund import demo_file
from ledger.account.events import Role
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log.database import Database
from ledger.log.database import Role as DatabaseRole
from ledger.log.reader import head
from projections.engine.engine import Engine
from projections.engine.waiting import wait_for
from projections.registry import ALL
from support.browser import DEVICE, SESSION, Browser
from support.databases import Cluster
from support.eventually import PATIENCE_SECONDS
from support.gateway import Gateway, running_gateway
from support.programs import free_port


@dataclass(frozen=True)
class Provider:
    """A training provider with one establishment, and the name of an account that sees it."""

    organisation: UUID
    establishment: UUID
    name: str


@dataclass
class Site:
    """`origin` is what the browser calls it, and what it calls itself."""

    gateway: Gateway
    origin: str
    company: UUID

    def provider(self) -> Provider:
        """A provider of one's own: stories share no rows."""
        organisation, establishment = self.gateway.organisation()
        name = f"provider-{self.gateway.number()}"
        self.gateway.account(name, Role.PORTAL, (organisation, establishment))
        return Provider(organisation, establishment, name)

    def dossier(self, provider: Provider, **changed: Any) -> UUID:
        return self.gateway.dossier(provider.establishment, self.company, **changed)

    def paid(self, provider: Provider, *dossiers: UUID, gross_cents: int = 60000) -> UUID:
        """One règlement of the provider, with an invoice of each of the dossiers: its id."""
        invoices = [self.gateway.approved_invoice(each, provider.establishment, gross_cents) for each in dossiers]
        total_cents = gross_cents * len(invoices)
        _, transfer = self.gateway.paid_transfer(*invoices, provider=provider.establishment, total_cents=total_cents)
        return transfer

    def agreement(self, dossier: UUID, *, name: str = "Accord.pdf", **fields: Any) -> UUID:
        answer = self.gateway.deposited(name=name, dossier_ids=str(dossier), **fields)
        return _id_of(answer)

    def cookies(self, browser: Browser) -> list[dict[str, Any]]:
        """The session of a browser that signed in over HTTP, as another browser is given it."""
        found = [(name, browser.cookies[name]) for name in (SESSION, DEVICE) if name in browser.cookies]
        # As over https: a `__Host-` cookie is set so alone, though on the loopback it is sent without.
        same = {"url": self.origin.replace("http:", "https:"), "secure": True, "httpOnly": True, "sameSite": "Lax"}
        return [{"name": name, "value": value, **same} for name, value in found]


def _id_of(answer: Response) -> UUID:
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


@contextmanager
def running_site(cluster: Cluster, place: Path, **changed: Any) -> Iterator[Site]:
    """A gateway and a worker of its own beside it; `changed` are settings. The fund is the demonstration's."""
    port = free_port()
    origin = f"http://localhost:{port}"
    told = {"fund_file": demo_file(), **changed}
    with running_gateway(cluster, place, port=port, public_url=origin, **told) as gateway, _folding(gateway):
        _, company = gateway.organisation("member")
        yield Site(gateway, origin, company)


@contextmanager
def _folding(gateway: Gateway) -> Iterator[None]:
    """Folds in a thread. The gateway's own engine steps down: an engine is not made for two threads."""
    gateway.engine.step_down()
    stop = threading.Event()
    with (
        Database(gateway.settings.database_url) as database,
        Keyring(gateway.settings.keys_database_url, MasterKey.from_file(gateway.settings.master_key_path)) as keyring,
    ):
        engine = Engine(database, keyring, ALL)
        thread = threading.Thread(target=engine.run, args=(stop,))
        thread.start()
        gateway.settle = lambda: _settled(database)
        try:
            yield
        finally:
            stop.set()
            thread.join()
            gateway.settle = gateway.engine.catch_up


def _settled(database: Database) -> None:
    with database.transaction(DatabaseRole.AUDITOR) as connection:
        position = head(connection)
    assert wait_for(database, position, PATIENCE_SECONDS), "the read models do not follow the log"
