"""Fresh databases for tests, copied from a migrated template: some tens of milliseconds each."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

ORIGIN: Final = "essai.example"
"""The origin that the migrated template has: what a test's deployment is called."""

_MIGRATING: Final = 7_316_001  # any number: roles belong to the whole cluster, so workers migrate one after the other


@dataclass(frozen=True)
class Databases:
    """The two databases of one deployment, as superuser URLs."""

    ledger: str
    keys: str


@dataclass
class Cluster:
    """A PostgreSQL server that a test run may fill with databases. `url` is a superuser's, on any database."""

    url: str
    _templates: dict[str, str] = field(default_factory=dict)

    def database_url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def create(self, template: str = "template0") -> str:
        """A new database, as its URL. Its files are copied: without fsync that takes a tenth of what the template's
        blocks cost by way of the write-ahead log, each of them compressed.
        """
        name = f"essai_{uuid4().hex}"
        made = sql.SQL("create database {} template {} strategy file_copy")
        self._execute(made.format(sql.Identifier(name), sql.Identifier(template)))
        return self.database_url(name)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is still connected to it."""
        name = urlsplit(url).path.removeprefix("/")
        self._execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    @contextmanager
    def deployment(self) -> Iterator[Databases]:
        """The pair of databases of a new deployment for the length of a block: every table, and nothing in them."""
        made = Databases(ledger=self.create(self.template("house")), keys=self.create(self.template("keys")))
        try:
            yield made
        finally:
            self.drop(made.ledger)
            self.drop(made.keys)

    def template(self, kind: str) -> str:
        """The name of a database made on first use: `ledger` or `keys` with their migrations and nothing else, or
        `house`, a ledger with the gateway's own tables and all read models, still empty.
        """
        if kind not in self._templates:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute("select pg_advisory_lock(%s)", [_MIGRATING])
                self._templates[kind] = self._migrated(kind)
        return self._templates[kind]

    def close(self) -> None:
        for name in self._templates.values():
            self.drop(self.database_url(name))
        self._templates.clear()

    def _migrated(self, kind: str) -> str:
        url = self.create()
        # Imported late, so that the keys' tests need nothing of the log.
        if kind == "keys":
            importlib.import_module("ledger.kit.keyring").migrate(url)
        else:
            importlib.import_module("ledger.log.migrations").migrate(url, origin=ORIGIN)
        if kind == "house":
            importlib.import_module("gateway.auth").migrate(url)
            importlib.import_module("projections.engine.schema").install(
                url, importlib.import_module("projections.registry").ALL
            )
        return urlsplit(url).path.removeprefix("/")

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)
