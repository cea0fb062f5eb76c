"""A real transaction pooler (PgBouncer) before a test's database, with two server connections for everybody."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from support.programs import free_port

_PROGRAM: Final = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
_PATIENCE_SECONDS: Final = 60.0
SERVER_CONNECTIONS: Final = 2

# Continuous integration installs it: there, a missing pooler is a failure.
needs_pooler = pytest.mark.skipif(
    not Path(_PROGRAM).exists() and not os.environ.get("CI"), reason="PgBouncer is not installed"
)


@contextmanager
def pooler(url: str, place: Path) -> Iterator[str]:
    """The pooler's address of the database at `url`, as long as the block lasts."""
    target = conninfo_to_dict(url)
    port = free_port()
    configuration = place / "pgbouncer.ini"
    parts = {name: target[name] for name in ("host", "port", "dbname", "user", "password") if target.get(name)}
    configuration.write_text(
        f"""[databases]
ledger = {" ".join(f"{name}='{value}'" for name, value in parts.items())}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {SERVER_CONNECTIONS}
logfile = {place / "pgbouncer.log"}
"""
    )
    command = [_PROGRAM, "--quiet", str(configuration)]
    if os.getuid() == 0:  # it refuses to run as root, and the embedded server's socket is for the server's account
        account = _owner(Path(str(target.get("host", ""))))
        for each in (place, configuration):
            shutil.chown(each, account)
        command[1:1] = ["--user", account]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait(port, process)
        yield f"postgresql://{quote(str(target['user']), safe='')}@127.0.0.1:{port}/ledger"
    finally:
        process.terminate()
        process.communicate(timeout=_PATIENCE_SECONDS)


def _owner(host: Path) -> str:
    owner = host.owner() if host.is_dir() else "root"
    return "nobody" if owner == "root" else owner


def sessions(url: str) -> int:
    """How many sessions of ours PostgreSQL has on a database, this question's own left out."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            """select count(*) from pg_stat_activity
                where datname = current_database() and application_name like 'dossier-ledger%'"""
        ).fetchone()
    assert row is not None
    return row[0]


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        assert process.poll() is None, process.communicate()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
