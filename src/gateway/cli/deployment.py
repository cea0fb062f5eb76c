"""Which deployment a command works on: its databases and its data directory.

`--data-dir` on the command line means the directory with its embedded PostgreSQL. Else `DATABASE_URL` (with
`KEYS_DATABASE_URL`) means those databases, and `DATA_DIR` holds the rest. Else it is the embedded PostgreSQL of
`DATA_DIR`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from gateway import service
from gateway.cli.exits import CommandError, ExitCode
from gateway.settings import DEFAULT_DATA_DIR, Settings
from ledger import embedded

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Répertoire de données, avec sa base embarquée (sinon DATABASE_URL ou DATA_DIR)."),
]


@contextmanager
def located(data_dir: Path | None, *, create: bool = False) -> Iterator[Settings]:
    """The settings of the deployment, its embedded PostgreSQL running for the length of the block.

    With `create` the embedded databases are made and migrated; a `DATABASE_URL` is migrated by `migrate` alone. Without
    it a directory that holds no database is refused rather than filled: a mistyped path must not look
    like an empty ledger.
    """
    environment = dict(os.environ)
    if data_dir is None and environment.get("DATABASE_URL"):
        yield Settings.from_environment(environment)
        return
    place = (data_dir or Path(environment.get("DATA_DIR") or DEFAULT_DATA_DIR)).resolve()
    if not create and not (place / "postgresql.lock").exists():
        raise CommandError(f"Aucune base de données dans {place} : indiquez --data-dir.", ExitCode.USAGE)
    with embedded.running(place) as server:
        settings = Settings.from_environment({**environment, **addresses(server, place)})
        if create:
            service.migrate(settings)
        yield settings


def addresses(server: embedded.Server, data_dir: Path) -> Mapping[str, str]:
    """The variables by which another process finds the same deployment. They hold a password."""
    return {
        "DATABASE_URL": server.url("ledger"),
        "DATABASE_DIRECT_URL": "",  # a pooler that the environment names stands before another database
        "KEYS_DATABASE_URL": server.url("ledger_keys"),
        "DATA_DIR": str(data_dir),
    }


@contextmanager
def opened(data_dir: Path | None) -> Iterator[service.Service]:
    """The deployment's service, for the length of the block."""
    with located(data_dir) as settings, service.opened(settings) as opened_service:
        yield opened_service
