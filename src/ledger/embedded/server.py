"""Using the server of a data directory, together with other processes.

Any number of processes may use one directory at the same time. The first starts the server, the others join it, the
last one to leave stops it. Each of them holds a shared lock that the kernel releases however the process ends, so that
a server whose users were killed is simply joined, and stopped, by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from ledger.embedded import postmaster
from ledger.embedded.cluster import SUPERUSER, initialise
from ledger.embedded.home import Home, find_home, has_home

DATABASES: Final = ("ledger", "ledger_keys")
LOCK: Final = "postgresql.lock"
USERS: Final = "postgresql.users"


@dataclass(frozen=True)
class Server:
    """A running server that this process uses until `stop`."""

    socket_dir: Path
    port: int
    home: Home
    data_dir: Path
    use: IO[bytes] = field(repr=False)
    """The open file whose shared lock says that this process uses the server."""

    def url(self, database: str, user: str = SUPERUSER, password: str | None = None) -> str:
        """A libpq URL over the unix socket. It holds a password: it is never logged.

        A user other than the superuser logs in with the password that was set for it.
        """
        secret = self.home.password if password is None and user == SUPERUSER else password
        login = quote(user, safe="") + (f":{quote(secret, safe='')}" if secret is not None else "")
        place = urlencode({"host": str(self.socket_dir), "port": self.port}, quote_via=quote)
        return f"postgresql://{login}@/{quote(database, safe='')}?{place}"


def start(data_dir: Path, settings: Mapping[str, str] | None = None) -> Server:
    """Start or join the server of a directory; it answers when this returns, and has its two databases.

    All files go under `data_dir`, in places of their own. `settings` are given to a server that is started here;
    they leave no trace. Raises EmbeddedStartError, or EmbeddedHomeError where no account or directory can hold it.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir = data_dir.resolve()  # one spelling for all processes: it is looked for in the server's command line
    with _starting(data_dir):
        home = find_home(data_dir)
        initialise(home)
        postmaster.until_it_answers(home, settings or {})
        server = Server(*postmaster.address(home), home, data_dir, _enter(data_dir))
        try:
            _create_databases(server)
        except psycopg.Error:
            server.use.close()
            raise
    return server


def stop(server: Server) -> bool:
    """Leave the server; whether it was stopped, which happens when nobody else uses it."""
    with _starting(server.data_dir), server.use as use:
        return _stop_unless_used(server.home, use)


def stop_abandoned(data_dir: Path) -> bool:
    """Stop a server whose users were all killed; whether one ran and was stopped."""
    data_dir = data_dir.resolve(strict=True)
    with _starting(data_dir), _lock_file(data_dir / USERS) as use:
        if not has_home(data_dir):
            return False
        home = find_home(data_dir)
        return postmaster.lives(home) and _stop_unless_used(home, use)


@contextlib.contextmanager
def running(data_dir: Path, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The server of a directory, for the length of a `with` block."""
    server = start(data_dir, settings)
    try:
        yield server
    finally:
        stop(server)


def _stop_unless_used(home: Home, use: IO[bytes]) -> bool:
    try:
        # The exclusive lock takes the place of our shared one, and is to be had only where no other process has one.
        fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    postmaster.shut_down(home)
    return True


@contextlib.contextmanager
def _starting(data_dir: Path) -> Iterator[None]:
    """One process at a time starts or stops the server of a directory."""
    with _lock_file(data_dir / LOCK) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _enter(data_dir: Path) -> IO[bytes]:
    file = _lock_file(data_dir / USERS)
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def _lock_file(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")


def _create_databases(server: Server) -> None:
    with psycopg.connect(server.url(SUPERUSER), autocommit=True) as connection:
        present = {name for (name,) in connection.execute("select datname from pg_database")}
        for name in DATABASES:
            if name not in present:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
