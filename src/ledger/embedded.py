"""The PostgreSQL that starts by itself: one private server per data directory, on a unix socket only.

Any number of processes may use one directory at the same time. The first starts the server, the others join it, the
last one to leave stops it. Each of them holds a shared lock that the kernel releases however the process ends, so that
a server whose users were killed is simply joined, and stopped, by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote, urlencode

import psycopg
import structlog
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from ledger.embedded_home import Home, find_home

log: Final = structlog.get_logger(__name__)

DATABASES: Final = ("ledger", "ledger_keys")
SUPERUSER: Final = "postgres"
PORT: Final = 5432  # part of the socket's file name only: nothing listens on the network
SHORT: Final = Path("/tmp/dossier-ledger-")  # noqa: S108 - mkdtemp makes a private directory of this prefix
LOCK: Final = "postgresql.lock"
USERS: Final = "postgresql.users"
RECOVERY_SECONDS: Final = 600.0
SAY_SECONDS: Final = 5.0
STOP_SECONDS: Final = 60.0
SOCKET_PATH_BYTES: Final = 103  # sun_path holds 107 bytes and a NUL on Linux, 103 on macOS

SETTINGS: Final = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    "synchronous_commit": "on",
    "autovacuum_vacuum_insert_scale_factor": "0.02",
    "max_wal_size": "2GB",
    "cluster_name": "dossier-ledger",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # A failed statement's text and its DETAIL line quote values, which may be personal: neither is logged.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
"""Written into postgresql.conf when the directory is made; the operator may change them there."""


class EmbeddedStartError(RuntimeError):
    """PostgreSQL did not start; its own log says why."""


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
        _initialise(home)
        _until_it_answers(home, settings or {})
        server = Server(*_address(home), home, data_dir, _enter(data_dir))
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
        home = find_home(data_dir)
        return _postmaster_lives(home) and _stop_unless_used(home, use)


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
    _shut_down(home)
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


def _initialise(home: Home) -> None:
    """Make the data directory once, whole or not at all."""
    if home.data.is_dir():
        return
    draft = home.root / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    home.account.own(draft)
    # The built-in C.UTF-8 sorts by code point whatever the machine's C library or ICU: no upgrade of either can
    # silently reorder an index.
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = [f"--username={SUPERUSER}", "--auth=scram-sha-256", f"--pwfile={home.password_file}"]
    chosen = [f"--set={name}={value}" for name, value in {**SETTINGS, "wal_compression": _compression(home)}.items()]
    initdb = [f"--pgdata={draft}", "--data-checksums", "--no-instructions", *locale, *access, *chosen]
    with _readable_password(home):
        code, said = home.account.run(home.binaries / "initdb", *initdb, cwd=home.root)
    if code != 0:
        raise EmbeddedStartError(f"initdb failed ({code}): {said.strip()}")
    draft.rename(home.data)


@contextlib.contextmanager
def _readable_password(home: Home) -> Iterator[None]:
    """Give the password's file to the server's account while initdb reads it."""
    assert home.password  # noqa: S101 - reading it makes the file
    home.account.own(home.password_file)
    yield
    os.chown(home.password_file, os.geteuid(), -1)


def _compression(home: Home) -> str:
    _, built_with = home.account.run(home.binaries / "pg_config", "--configure")
    return "lz4" if "--with-lz4" in built_with else "on"


def _until_it_answers(home: Home, settings: Mapping[str, str]) -> None:
    """Launch the server unless it runs, and wait for the end of its recovery."""
    begun = said = time.monotonic()
    process: subprocess.Popen[bytes] | None = None
    while (status := _ping(home)) != Ping.OK:
        if process is None and status == Ping.NO_RESPONSE and not _postmaster_lives(home):
            process = _launch(home, settings)
        elif process is not None and process.poll() is not None:
            _raise_failure(home)
            process = None
        now = time.monotonic()
        if now - begun > RECOVERY_SECONDS:
            raise EmbeddedStartError(f"PostgreSQL does not answer after {RECOVERY_SECONDS:.0f} s: see {home.log_file}")
        if now - said >= SAY_SECONDS:
            said = now
            log.info("embedded_postgresql_recovering", waited_seconds=round(now - begun), log_file=str(home.log_file))
        time.sleep(0.02)


def _raise_failure(home: Home) -> None:
    """Say why it failed, unless the last children of a killed server are still leaving: then try again."""
    last = home.log_file.read_text(errors="replace").splitlines()[-5:]
    if not any("pre-existing shared memory block" in line for line in last):
        fatal = next((line for line in reversed(last) if "FATAL" in line), "no reason given")
        raise EmbeddedStartError(f"PostgreSQL did not start: {fatal} (see {home.log_file})")
    time.sleep(0.2)


_children: dict[int, subprocess.Popen[bytes]] = {}
"""The servers that this process launched: kept so that an ended one is reaped, and its pid seen to be free."""


def _launch(home: Home, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    _clear_remains(home)
    socket = {"unix_socket_directories": f'"{_socket_dir(home)}"', "unix_socket_permissions": "0700", "port": str(PORT)}
    given = {**settings, **socket, "listen_addresses": ""}
    options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
    command: list[str | Path] = [
        home.binaries / "postgres",
        "-D",
        home.data,
        *options,
        "-c",
        "unix_socket_permissions=0700",
    ]
    with os.fdopen(os.open(home.log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as output:
        process = home.account.spawn(command, output=output, cwd=home.root)
    _children[process.pid] = process
    return process


def _socket_dir(home: Home) -> Path:
    """A private directory for the socket: in the home, or a short one where the kernel or libpq refuses its path."""
    place = home.root / "socket"
    path = f"{place}/.s.PGSQL.{PORT}"
    if len(os.fsencode(path)) > SOCKET_PATH_BYTES or set(path) & set(',"\\'):
        # libpq splits a host at commas; the server reads a list of quoted names.
        place = Path(tempfile.mkdtemp(prefix=SHORT.name, dir=SHORT.parent))
    place.mkdir(mode=0o700, exist_ok=True)
    home.account.own(place)
    return place


def _clear_remains(home: Home) -> None:
    """Take away what a killed server left and what would keep PostgreSQL from starting. No server of ours lives."""
    for process in _children.values():
        process.poll()
    if lines := _pid_file(home):
        _remove_socket(Path(lines[4]) if len(lines) > 4 and lines[4].startswith(str(SHORT)) else home.root / "socket")
        _disown_pid(home, lines)


def _remove_socket(socket_dir: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        for file in socket_dir.glob(".s.PGSQL.*"):
            file.unlink(missing_ok=True)
        socket_dir.rmdir()


def _pid_file(home: Home) -> list[str]:
    """The lines of postmaster.pid: pid, directory, start, port, socket directory, …; empty where there is none."""
    try:
        return (home.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _address(home: Home) -> tuple[Path, int]:
    lines = _pid_file(home)
    return Path(lines[4]), int(lines[3])


def _ping(home: Home) -> Ping:
    """What the server of this home answers: a pid file alone proves nothing, it outlives a kill and a reboot."""
    lines = _pid_file(home)
    if len(lines) < 5 or not lines[4]:
        return Ping.NO_RESPONSE
    host, port = _address(home)
    # Without a limit, a stopped process whose socket still queues connections would hold us for ever.
    address = make_conninfo(host=str(host), port=port, dbname=SUPERUSER, user=SUPERUSER, connect_timeout=2)
    return Ping(PGconn.ping(address.encode()))


def _postmaster_lives(home: Home) -> bool:
    """Whether the process of the pid file is a server of this directory, though its socket does not answer (yet)."""
    lines = _pid_file(home)
    return bool(lines) and lines[0].isdigit() and _serves(int(lines[0]), home.data)


def _serves(pid: int, data: Path) -> bool:
    """Whether a live process is a PostgreSQL server of this directory, by its command line.

    Its working directory would say the same, but a container's root may not read that of another account.
    """
    if Path("/proc/self/cmdline").exists():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return False
        return os.fsencode(data) in command.split(b"\0")
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)  # noqa: S603, S607
    return os.fsencode(data) in shown.stdout


def _disown_pid(home: Home, lines: list[str]) -> None:
    """Let PostgreSQL see that its pid file is stale, even where another program has that pid by now.

    It would refuse to start for as long as any process of the same account has the pid. The file itself must stay: its
    other lines name the shared memory by which PostgreSQL makes sure that no child of the dead server still writes.
    """
    no_such_pid = str(2**31 - 1)
    # The file is the account's: a link in its place must not make root write elsewhere.
    descriptor = os.open(home.data / "postmaster.pid", os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "w") as stream:
        stream.write("\n".join([no_such_pid, *lines[1:], ""]))


def _create_databases(server: Server) -> None:
    with psycopg.connect(server.url(SUPERUSER), autocommit=True) as connection:
        present = {name for (name,) in connection.execute("select datname from pg_database")}
        for name in DATABASES:
            if name not in present:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))


def _shut_down(home: Home) -> None:
    """Stop with a checkpoint (SIGINT: open transactions are rolled back), or without one after a minute."""
    lines = _pid_file(home)
    if not lines or not _postmaster_lives(home):
        return
    pid, socket_dir = int(lines[0]), Path(lines[4])
    for request in (signal.SIGINT, signal.SIGQUIT):
        os.kill(pid, request)
        if _gone(home, pid):
            break
        log.warning("embedded_postgresql_slow_to_stop", pid=pid, sent=request.name)
    if socket_dir.is_relative_to(SHORT.parent) and socket_dir.name.startswith(SHORT.name):
        _remove_socket(socket_dir)


def _gone(home: Home, pid: int) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        child = _children.get(pid)
        if child is not None and child.poll() is not None:
            del _children[pid]
            return True
        if child is None and not _postmaster_lives(home):
            return True
        time.sleep(0.02)
    return False
