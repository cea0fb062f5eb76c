"""Fresh databases for tests, copied from a migrated template: some tens of milliseconds each."""

from __future__ import annotations

import importlib
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
        """A new database, as its URL."""
        name = f"essai_{uuid4().hex}"
        self._execute(sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template)))
        return self.database_url(name)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is still connected to it."""
        name = urlsplit(url).path.removeprefix("/")
        self._execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def template(self, kind: str) -> str:
        """The name of a database with the migrations of `ledger` or `keys` and nothing else, made on first use."""
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
        if kind == "ledger":
            importlib.import_module("ledger.log.migrations").migrate(url, origin=ORIGIN)
        else:
            importlib.import_module("ledger.kit.keyring").migrate(url)
        return urlsplit(url).path.removeprefix("/")

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)
