"""A whole deployment that may be killed piece by piece: its own PostgreSQL with fsync on, two APIs, two workers.

The server is the embedded one with its default settings, since a test of durability must not run on the hasty one of
the other tests.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psycopg

from gateway import service as services
from gateway.settings import Settings
from ledger import embedded
from ledger.account.commands import CreateAccount
from ledger.account.events import Role
from ledger.kit.ids import uuid7
from projections.engine.engine import Engine
from projections.registry import ALL
from support.databases import ORIGIN
from support.demand import Standing
from support.givens import Givens
from support.programs import Program, api, until_ready, worker

DOSSIERS = 6
AGREEMENT_CENTS = 1_000_000_000


@dataclass
class Battlefield:
    """What can be killed, and how it is brought back."""

    place: Path
    settings: Settings
    server: embedded.Server
    standing: Standing
    apis: list[tuple[Program, str]]
    workers: list[Program]
    done: list[str] = field(default_factory=list)

    @property
    def addresses(self) -> list[str]:
        return [address for _, address in self.apis]

    @property
    def programs(self) -> list[Program]:
        return [program for program, _ in self.apis] + self.workers

    def hit(self, random: Random, kind: str) -> None:
        """kill -9 of one thing of a kind."""
        match kind:
            case "api":
                random.choice(self.apis)[0].kill()
            case "worker":
                random.choice(self.workers).kill()
            case "postmaster":
                os.kill(self._postmaster(), signal.SIGKILL)
            case "backend":
                self._kill_backend(random)
        self.done.append(kind)

    def mend(self) -> None:
        """Start again what does not live; PostgreSQL first."""
        again = embedded.start(self.settings.data_dir)  # joins it where it lives
        self.server.use.close()
        self.server = again
        for program in self.programs:
            if not program.lives():
                program.start()

    def said(self) -> str:
        return "\n".join(f"--- {program.name}\n{program.said()}" for program in self.programs)

    def _postmaster(self) -> int:
        return int((self.server.home.data / "postmaster.pid").read_text().split()[0])

    def _kill_backend(self, random: Random) -> None:
        """One that serves us: PostgreSQL then ends all the others, and recovers."""
        rows: list[tuple[int]] = []
        while not rows:
            with psycopg.connect(self.settings.database_url) as connection:
                rows = connection.execute(
                    "select pid from pg_stat_activity where application_name like 'dossier-ledger%' order by pid"
                ).fetchall()
        os.kill(random.choice(rows)[0], signal.SIGKILL)


@contextmanager
def battlefield(place: Path) -> Iterator[Battlefield]:
    """A deployment in `place` (which the server's account must be able to enter), running when this is entered.

    Afterwards nothing of it runs any more, however the test ended.
    """
    data_dir = place / "données"
    server = embedded.start(data_dir)
    programs: list[Program] = []
    field_: Battlefield | None = None
    try:
        settings = Settings(server.url("ledger"), server.url("ledger_keys"), data_dir=data_dir, origin=ORIGIN)
        services.migrate(settings)
        standing = standing_on(settings)
        environment = environment_of(settings)
        apis = [api(f"api-{n}", place, environment) for n in (1, 2)]
        workers = [worker(f"worker-{n}", place, environment) for n in (1, 2)]
        programs = [program for program, _ in apis] + workers
        field_ = Battlefield(place, settings, server, standing, apis, workers)
        for program in programs:
            program.start()
        for program, address in apis:
            until_ready(program, address)
        yield field_
    finally:
        for program in programs:
            program.kill()
        embedded.stop(field_.server if field_ else server)


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables by which the programs find a deployment."""
    return {
        "DATABASE_URL": settings.database_url,
        "KEYS_DATABASE_URL": settings.keys_database_url,
        "DATA_DIR": str(settings.data_dir),
        "ORIGIN": settings.origin,
    }


def standing_on(settings: Settings) -> Standing:
    """Accounts with tokens, a provider, a company, dossiers with an agreement."""
    with services.opened(settings) as service:
        givens = Givens(service.ledger)
        provider, company = givens.establishment(), givens.establishment()
        dossiers = [
            givens.agreed_dossier(
                AGREEMENT_CENTS, company_establishment_id=company, provider_establishment_ids=(provider,)
            )
            for _ in range(DOSSIERS)
        ]
        accounts = {
            role: givens.do(
                CreateAccount(last_name="Essai", first_name="Agent", email=f"{uuid7()}@essai.example", role=role)
            )
            for role in (Role.CASE_MANAGER, Role.ACCOUNTANT)
        }
        with Engine(service.database, service.keyring, ALL) as engine:
            engine.catch_up()
        tokens = {role: service.tokens.create(account, label="essai")[0] for role, account in accounts.items()}
    return Standing(tokens, accounts, provider, company, dossiers)
