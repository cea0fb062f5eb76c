"""A whole gateway for tests: real databases, the real application, accounts of every role with their tokens.

The world it starts with is small and told here: two providers with an establishment each, one company, one dossier for
each provider.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import uvicorn
from fastapi import FastAPI
from httpx import Client, Limits, Response
from jsonschema import Draft202012Validator

from gateway import service as services
from gateway.api.app import build, create_app
from gateway.api.metrics import Metrics
from gateway.api.openapi import description
from gateway.generator.pdf import one_page
from gateway.live.server import Server
from gateway.service import Service
from gateway.settings import Settings
from ledger.account.commands import CreateAccount, GrantMembership
from ledger.account.events import Role
from ledger.kit.fictitious import fictitious_iban, fictitious_siren, fictitious_siret
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log.database import Database
from projections.engine.engine import Engine
from projections.registry import ALL
from support import plain
from support.browser import Browser
from support.databases import ORIGIN, Cluster
from support.signing_in import signed_in

# The server closes a connection that was idle for five seconds: a client that keeps it as long sends into a closed one.
LIMITS = Limits(max_connections=120, keepalive_expiry=2.0)
FORMATS = Draft202012Validator.FORMAT_CHECKER
PASSWORD = "Trombone-Vert-2027"
STAFF = (Role.CASE_MANAGER, Role.ACCOUNTANT, Role.AUDITOR, Role.OPERATOR)
PDF = one_page(["Pièce fictive"])


@dataclass
class World:
    """Ids of what every test may count on. `first` and `second` are the providers' establishments."""

    first: UUID
    second: UUID
    company: UUID
    dossier: UUID
    other_dossier: UUID


class Description:
    """The API's description, to hold every answer to it."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._components = described["components"]
        self._operations = [
            (method, re.compile(re.sub(r"{[a-z_]+}", "[^/]+", path)), operation)
            for path, operations in described["paths"].items()
            for method, operation in operations.items()
        ]

    def check(self, answer: Response) -> None:
        """A JSON answer is what the description says; an unknown address has nothing to be held to."""
        content_type = answer.headers.get("content-type", "")
        operation = self._operation(answer)
        if operation is None or "json" not in content_type:
            return
        described = operation["responses"].get(str(answer.status_code), operation["responses"]["default"])
        schema = {**described["content"][content_type]["schema"], "components": self._components}
        Draft202012Validator(schema, format_checker=FORMATS).validate(answer.json())

    def _operation(self, answer: Response) -> dict[str, Any] | None:
        method, path = answer.request.method.lower(), answer.request.url.path
        found = (each for known, pattern, each in self._operations if known == method and pattern.fullmatch(path))
        return next(found, None)


@cache
def described() -> Description:
    """The description is the application's, whatever its settings: half a second's work, done once."""
    return Description(description(build()))


@dataclass
class Gateway:
    """The application behind a test client, and the worker that keeps its read models up."""

    client: Client
    service: Service
    engine: Engine
    settings: Settings
    description: Description
    tokens: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    totp: dict[str, str] = field(default_factory=dict)
    metrics: Metrics = field(init=False)
    settle: Callable[[], object] = field(init=False)
    """Until the read models are up with the log: here they fold, beside a worker of its own they are waited for."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.settle = lambda: self.engine.catch_up()  # noqa: PLW0108 - a story may have the worker stand still

    def number(self) -> int:
        """A number that no other call has had."""
        return next(self._numbers)

    def headers(self, who: str | None) -> dict[str, str]:
        return {} if who is None else {"Authorization": f"Bearer {self.tokens[who]}"}

    def get(self, who: str | None, path: str, *, headers: dict[str, str] | None = None, **params: Any) -> Response:
        answer = self.client.get(path, params=params or None, headers={**self.headers(who), **(headers or {})})
        self.description.check(answer)
        return answer

    def post(
        self, who: str | None, path: str, body: Any, *, key: str | None = None, headers: dict[str, str] | None = None
    ) -> Response:
        """An order; with a key of its own unless one is given. It is projected before this returns."""
        sent = {**self.headers(who), "Idempotency-Key": key or f"essai-{self.number()}", **(headers or {})}
        answer = self.client.post(path, json=body, headers=sent)
        self.description.check(answer)
        self.settle()
        return answer

    def done(self, who: str, path: str, body: Any) -> UUID:
        """An order that must succeed: the id that it answers."""
        answer = self.post(who, path, body)
        assert answer.status_code in {200, 201}, answer.text
        return UUID(answer.json()["id"])

    def account(self, name: str, role: Role, *establishments: tuple[UUID, UUID], settled: bool = True) -> str:
        """An account with a token called `name`; `establishments` are (organisation, establishment) pairs. Whoever
        makes many may have the read models follow once for all of them.
        """
        end = "2099-12-31" if role is Role.AUDITOR else None
        person = {"last_name": "Essai", "first_name": "Compte"}
        email = f"{name}-{self.number()}@example.org"
        command = CreateAccount.model_validate({**person, "email": email, "role": role, "ends_on": end})
        account_id = self.service.ledger.execute(command, actor=None).resource_id
        for organisation_id, establishment_id in establishments:
            grant = {"account_id": account_id, "organisation_id": organisation_id, "kind": "provider"}
            membership = GrantMembership.model_validate({**grant, "establishment_ids": [establishment_id]})
            self.service.ledger.execute(membership, actor=None)
        self.accounts[name] = account_id
        self.emails[name] = email
        self.roles[name] = role
        self.tokens[name], _ = self.service.tokens.create(account_id, label="essai")
        if settled:
            self.settle()
        return name

    def browser(self) -> Browser:
        """A browser that was never here."""
        return Browser(self.client)

    def password(self, name: str, password: str = PASSWORD) -> str:
        """Give the account called `name` a password, as its link would have: the password."""
        in_a_thread(lambda: asyncio.run(self.service.passwords.set(self.accounts[name], password)))
        return password

    def forget_steps(self, name: str) -> None:
        """Let the code of this half minute serve once more: a test signs in as often as it likes."""
        with psycopg.connect(self.settings.database_url) as connection:
            connection.execute("update auth.totp set last_step = 0 where account_id = %s", (self.accounts[name],))

    def session(self, name: str) -> Browser:
        """A browser signed in as the account called `name`: whole, second factor and terms included."""
        return signed_in(self, name)

    def organisation(self, kind: str = "provider") -> tuple[UUID, UUID]:
        """A new organisation with one establishment that has bank details: their ids."""
        n = self.number()
        organisation_id = self.done(
            "case-manager",
            "/v1/organisations",
            {"siren": fictitious_siren(n), "name": f"Organisme {n}", "kinds": [kind]},
        )
        establishment_id = self.done(
            "case-manager",
            "/v1/establishments",
            {
                "organisation_id": str(organisation_id),
                "number": f"{n:07d}",
                "siret": fictitious_siret(n),
                "name": f"Organisme {n}",
                "trade_name": f"Enseigne {n}",
                "nda": f"{n:011d}",
                "street": "1 rue de l'Exemple",
                "postcode": "75001",
                "town": "Modèleville",
            },
        )
        bank = {"iban": fictitious_iban(n), "bic": "PSSTFRPP", "on": "2026-01-01"}
        self.done("accountant", f"/v1/establishments/{establishment_id}/bank-details", bank)
        return organisation_id, establishment_id

    def dossier(self, provider: UUID, company: UUID, **changed: Any) -> UUID:
        """A dossier with one trainee and an agreement of 1 200,00 €."""
        n = self.number()
        dossier_id = self.done(
            "case-manager",
            "/v1/dossiers",
            {
                "number": f"19000{n:05d}.01",
                "scheme": "PLAN",
                "title": "Lire un plan d'exécution",
                "company_establishment_id": str(company),
                "provider_establishment_ids": [str(provider)],
                "starts_on": "2026-03-02",
                "ends_on": "2026-03-06",
                "on": "2026-02-01",
                **changed,
            },
        )
        trainee = {"last_name": "Stagiaire", "first_name": f"Ariane{'ABCDEFGHIJ'[n % 10]}", "birth_date": "1990-04-12"}
        period = {"starts_on": "2026-03-02", "ends_on": "2026-03-06"}
        self.done("case-manager", f"/v1/dossiers/{dossier_id}/trainees", {**trainee, **period})
        agreement = {"amount_cents": 120000, "on": "2026-02-10"}
        self.done("case-manager", f"/v1/dossiers/{dossier_id}/agreement", agreement)
        return dossier_id

    def approved_invoice(self, dossier_id: UUID, provider: UUID, gross_cents: int = 60000) -> UUID:
        """An invoice of the dossier, attested and approved."""
        invoice_id = self.done(
            "case-manager",
            "/v1/invoices",
            {
                "dossier_id": str(dossier_id),
                "beneficiary_establishment_id": str(provider),
                "reference": f"F-{self.number()}",
                "issued_on": "2026-03-10",
                "starts_on": "2026-03-02",
                "ends_on": "2026-03-06",
                "net_cents": gross_cents,
                "gross_cents": gross_cents,
                "vat_exemption": "Exonération, art. 261-4-4° du CGI",
                "on": "2026-03-11",
            },
        )
        self.done("case-manager", f"/v1/invoices/{invoice_id}/attestation", {"on": "2026-03-12"})
        self.done("accountant", f"/v1/invoices/{invoice_id}/approval", {"on": "2026-03-13"})
        return invoice_id

    def paid_transfer(self, *invoices: UUID, provider: UUID, total_cents: int) -> tuple[UUID, UUID]:
        """A lot of one transfer, prepared by one accountant, released by another, paid: (lot, transfer)."""
        lot = {"reference": f"VIR{self.number()}", "scheduled_on": "2026-03-19"}
        lot_id = self.done("accountant", "/v1/lots", lot)
        lines = {"beneficiary_establishment_id": str(provider), "invoice_ids": [str(each) for each in invoices]}
        transfer_id = self.done("accountant", f"/v1/lots/{lot_id}/transfers", lines)
        control = {"transfer_count": 1, "total_cents": total_cents, "on": "2026-03-18"}
        self.done("second-accountant", f"/v1/lots/{lot_id}/release", control)
        self.done("accountant", f"/v1/transfers/{transfer_id}/payment", {"on": "2026-03-19"})
        return lot_id, transfer_id

    def deposited(self, *, who: str = "case-manager", content: bytes = PDF, **fields: Any) -> Response:
        """A document deposited as a form; `fields` are the form's, and `name` the file's."""
        name = fields.pop("name", "Accord.pdf")
        key = fields.pop("key", None) or f"essai-{self.number()}"
        answer = self.client.post(
            "/v1/documents",
            data={"category": "agreement", "on": "2026-02-10", **fields},
            files={"file": (name, content, "application/pdf")},
            headers={**self.headers(who), "Idempotency-Key": key},
        )
        self.settle()
        return answer

    def world(self) -> World:
        """Two providers, a company, a dossier for each provider, and an account for the users of each."""
        first_organisation, first = self.organisation()
        second_organisation, second = self.organisation()
        _, company = self.organisation("member")
        self.account("provider", Role.PORTAL, (first_organisation, first))
        self.account("other-provider", Role.PORTAL, (second_organisation, second))
        return World(first, second, company, self.dossier(first, company), self.dossier(second, company))


def in_a_thread(work: Callable[[], None]) -> None:
    """Away from this thread, in which a driver of browsers may have an event loop running. What fails is raised."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@contextmanager
def served(app: FastAPI, *, port: int = 0) -> Iterator[tuple[Client, FastAPI]]:
    """The application behind a real server, on a port of the loopback, with a client of it. With a `port` of the
    caller's own choice it is called localhost, as a browser would.
    """
    host = "localhost" if port else "127.0.0.1"
    config = uvicorn.Config(app, port=port, log_config=None, ws="none", lifespan="on", proxy_headers=False)
    server = Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the application did not start"
            time.sleep(0.01)
        bound = server.servers[0].sockets[0].getsockname()[1]
        with plain.client(base_url=f"http://{host}:{bound}", timeout=30, limits=LIMITS) as client:
            yield client, app
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def running_gateway(cluster: Cluster, data_dir: Path, *, port: int = 0, **changed: Any) -> Iterator[Gateway]:
    """A gateway on fresh databases, with an account and a token for each role of the staff; `changed` are settings."""
    with cluster.deployment() as databases:
        settings = Settings(
            databases.ledger,
            databases.keys,
            data_dir=data_dir,
            origin=ORIGIN,
            argon2_memory_kib=8 * 1024,  # it protects nothing here, and a test signs in often
            **changed,
        )
        services.migrate(settings)
        with served(create_app(settings), port=port) as (client, app):
            service: Service = app.state.service
            with Database(databases.ledger) as database:
                keyring = Keyring(databases.keys, MasterKey.from_file(settings.master_key_path))
                with keyring, Engine(database, keyring, ALL) as engine:
                    gateway = Gateway(client, service, engine, settings, described())
                    gateway.metrics = app.state.metrics
                    for role in STAFF:
                        gateway.account(role, role, settled=False)
                    gateway.account("second-accountant", Role.ACCOUNTANT)
                    yield gateway
