"""A primary and its synchronous standby on this machine, and the URL by which a service finds whichever leads."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg.rows import TupleRow

from ledger import embedded
from support.eventually import eventually

NAME = "standby"


@dataclass
class Pair:
    """The primary is the embedded server; the standby is a copy of it by pg_basebackup, run by the same account."""

    primary: embedded.Server
    place: Path
    standby: subprocess.Popen[bytes] | None = None
    _output: list[Path] = field(default_factory=list)

    def url(self, database: str) -> str:
        """Both hosts: libpq takes the one that lets itself be written."""
        return self._url(database, self.primary.socket_dir, self._socket_dir, attributes="read-write")

    def replicate(self) -> None:
        """Make the standby, and have every commit of the primary wait for it from here on.

        The setting is in the primary's own files before they are copied: the standby inherits it, as it easily does.
        """
        with self._superuser(self.primary.socket_dir) as primary:
            primary.execute(f"alter system set synchronous_standby_names = '{NAME}'".encode())
        home = self.primary.home
        self.place.mkdir()
        for directory in (self.data, self._socket_dir):
            directory.mkdir(mode=0o700)
            home.account.own(directory)
        source = self._url("postgres", self.primary.socket_dir)
        code, said = home.account.run(
            home.binaries / "pg_basebackup", "-d", source, "-D", self.data, "-R", "-c", "fast", cwd=self.place
        )
        assert code == 0, said
        self._start_standby()
        with self._superuser(self.primary.socket_dir) as primary:
            primary.execute("select pg_reload_conf()")
            eventually(lambda: _one(primary, "select sync_state from pg_stat_replication") == "sync")

    def kill_primary(self) -> None:
        """kill -9 of all of it, as when its machine dies."""
        pid = int((self.primary.home.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def promote(self) -> None:
        with self._superuser(self._socket_dir) as standby:
            assert standby.execute("select pg_promote(true, 60)").fetchone() == (True,)

    def stand_alone(self) -> None:
        """What a promotion must do as well: nobody follows the new primary yet, so that no commit can wait for one."""
        with self._superuser(self._socket_dir) as promoted:
            promoted.execute("alter system reset synchronous_standby_names")
            promoted.execute("select pg_reload_conf()")

    def stop(self) -> None:
        if self.standby is not None:
            self.standby.send_signal(signal.SIGINT)
            self.standby.wait(60)

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def _socket_dir(self) -> Path:
        return self.place / "s"

    def _start_standby(self) -> None:
        home = self.primary.home
        given = {
            "unix_socket_directories": f'"{self._socket_dir}"',
            "unix_socket_permissions": "0700",
            "listen_addresses": "",
            "cluster_name": NAME,  # by which the primary knows it
        }
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        with (self.place / "standby.log").open("wb") as output:
            command: list[str | Path] = [home.binaries / "postgres", "-D", self.data, *options]
            self.standby = home.account.spawn(command, output=output, cwd=self.place)

    def _superuser(self, socket_dir: Path) -> psycopg.Connection[TupleRow]:
        return psycopg.connect(self._url("postgres", socket_dir), autocommit=True)

    def _url(self, database: str, *socket_dirs: Path, attributes: str = "any") -> str:
        hosts, ports = ",".join(map(str, socket_dirs)), ",".join([str(self.primary.port)] * len(socket_dirs))
        place = urlencode({"host": hosts, "port": ports, "target_session_attrs": attributes}, quote_via=quote)
        return f"postgresql://postgres:{quote(self.primary.home.password, safe='')}@/{database}?{place}"


@contextmanager
def pair(place: Path) -> Iterator[Pair]:
    """A primary in `place`, with a standby once `replicate` is asked for; neither runs afterwards."""
    primary = embedded.start(place / "primaire")
    both = Pair(primary, place / "secours")
    try:
        yield both
    finally:
        both.stop()
        embedded.stop(primary)


def _one(connection: psycopg.Connection[TupleRow], query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row and row[0]
