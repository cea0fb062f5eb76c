"""A deployment as it runs in earnest: an API and a worker in processes of their own, and a real mail server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pyotp
from httpx import Client, Response

from gateway import service as services
from gateway.settings import Settings
from support import plain
from support.browser import Browser
from support.databases import Cluster
from support.mailbox import Mail, Mailbox, open_mailbox
from support.programs import Program, api, until_ready, worker

PASSWORD = "Trois-petits-ours 2026"


@dataclass
class Person:
    """Somebody at a browser of their own."""

    browser: Browser
    email: str
    password: str = PASSWORD
    totp: str | None = None

    def sign_in(self) -> Response:
        return self.browser.sign_in(self.email, self.password, self.totp)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.browser.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def done(self, path: str, body: Any, *, key: str | None = None) -> Any:
        """An order that must succeed."""
        answer = self.order(path, body, key=key)
        assert answer.status_code in {200, 201, 202, 204}, f"{path}: {answer.text}"
        return answer.json() if answer.content else None

    def order(self, path: str, body: Any, *, key: str | None = None) -> Response:
        return self.browser.post(path, body, headers={"Idempotency-Key": key or f"essai-{time.monotonic_ns()}"})

    def accept_terms(self) -> None:
        terms = self.get("/v1/terms")
        self.done("/v1/terms/acceptance", {"version": terms["version"], "sha256": terms["sha256"]})


@dataclass
class Town:
    """Everybody's mailbox, the API and its worker, and the database below."""

    settings: Settings
    environment: Mapping[str, str]
    place: Path
    client: Client
    mailbox: Mailbox
    api: Program
    worker: Program

    def person(self, email: str) -> Person:
        return Person(Browser(self.client), email)

    def run(self, *command: str) -> str:
        """A command of the program, on this deployment."""
        done = subprocess.run(
            [sys.executable, "-m", "gateway.cli.main", *command],
            capture_output=True,
            text=True,
            env={**_bare_environment(), **self.environment},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def path_of(self, mail: Mail) -> str:
        """Where a mail's link leads, on the API's own address."""
        return urlsplit(mail.link).path

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.settings.database_url) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def force(self, query: str, *values: object) -> None:
        """As the database's owner: to move the clock of a row."""
        with psycopg.connect(self.settings.database_url) as connection:
            connection.execute(query.encode(), values)

    def staff(self, role: str, email: str) -> Person:
        """Somebody of the fund, from the command line to a whole sign-in: mail, password, second factor, terms."""
        names = ["--last-name", "Skloziac", "--first-name", "Trufald", "--email", email]
        self.run("account", "create", role, *names)
        mail = self.mailbox.wait(email, "Bienvenue")
        person = self.person(email)
        used = person.browser.post("/v1/links/use", {"secret": mail.secret, "password": PASSWORD})
        assert used.status_code == 200, used.text
        assert person.sign_in().json()["stage"] == "enrolment"
        person.totp = person.done("/v1/me/factors/totp", None)["secret"]
        person.done("/v1/me/factors/totp/confirmation", {"totp": pyotp.TOTP(person.totp).now()})
        person.accept_terms()
        return person


@contextmanager
def running_town(cluster: Cluster, place: Path, **environment: str) -> Iterator[Town]:
    """Fresh databases, a mail server, an API, a worker; all gone at the end."""
    with cluster.deployment() as databases, open_mailbox() as mailbox:
        settings = {
            "DATABASE_URL": databases.ledger,
            "KEYS_DATABASE_URL": databases.keys,
            "DATA_DIR": str(place),
            "ORIGIN": "essai.example",
            "SMTP_URL": mailbox.url,
            "FUND_NAME": "Fonds d'essai",
            "FUND_TEAM": "L'équipe d'essai",
            "FUND_CONTACT": "Direction régionale d'essai, 01 00 00 00 00",
            # Passwords that protect nothing cost less.
            "LEDGER_FICTITIOUS": "1",
            "ARGON2_MEMORY_KIB": "8192",
            **environment,
        }
        program, address = api("api", place, settings)
        settings["PUBLIC_URL"] = address.replace("127.0.0.1", "localhost")
        program.settings = settings
        folds = worker("worker", place, settings)
        made = Settings.from_environment(settings)
        services.migrate(made)
        program.start()
        folds.start()
        try:
            until_ready(program, address)
            with plain.client(base_url=address, timeout=60) as client:
                yield Town(made, settings, place, client, mailbox, program, folds)
        finally:
            for each in (program, folds):
                if each.lives():
                    each.terminate()


def _bare_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
