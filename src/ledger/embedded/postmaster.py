"""The server's process: launching it, telling whether it lives and answers, stopping it.

Every function here is called under the lock of its data directory (`ledger.embedded.server`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from ledger.embedded.cluster import SUPERUSER, EmbeddedStartError
from ledger.embedded.home import Home

log: Final = structlog.get_logger(__name__)

PORT: Final = 5432  # part of the socket's file name only: nothing listens on the network
SHORT: Final = Path("/tmp/dossier-ledger-")  # noqa: S108 - mkdtemp makes a private directory of this prefix
SOCKET_PATH_BYTES: Final = 103  # sun_path holds 107 bytes and a NUL on Linux, 103 on macOS
RECOVERY_SECONDS: Final = 600.0
SAY_SECONDS: Final = 5.0
STOP_SECONDS: Final = 60.0
SEGMENT_BYTES: Final = 16 * 1024 * 1024  # of its write-ahead log: with less room than one, it may be unable to start

_children: dict[int, subprocess.Popen[bytes]] = {}
"""The servers that this process launched: kept so that an ended one is reaped, and its pid seen to be free."""


def until_it_answers(home: Home, settings: Mapping[str, str]) -> None:
    """Launch the server unless it runs, and wait for the end of its recovery."""
    begun = said = time.monotonic()
    process: subprocess.Popen[bytes] | None = None
    while (status := _ping(home)) != Ping.OK:
        if process is None and status == Ping.NO_RESPONSE and not lives(home):
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


def shut_down(home: Home) -> None:
    """Stop with a checkpoint (SIGINT: open transactions are rolled back), or without one after a minute."""
    lines = _pid_file(home)
    if not lines or not lives(home):
        return
    pid = int(lines[0])
    for request in (signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, request)
        if _gone(home, pid):
            break
        log.warning("embedded_postgresql_slow_to_stop", pid=pid, sent=request.name)
    _remove_socket(home, lines)


def address(home: Home) -> tuple[Path, int]:
    lines = _pid_file(home)
    return Path(lines[4]), int(lines[3])


def lives(home: Home) -> bool:
    """Whether the process of the pid file is a server of this directory, though its socket does not answer (yet)."""
    lines = _pid_file(home)
    return bool(lines) and lines[0].isdigit() and _serves(int(lines[0]), home.data)


def _raise_failure(home: Home) -> None:
    """Say why it failed, unless the last children of a killed server are still leaving: then try again."""
    last = home.log_file.read_text(errors="replace").splitlines()[-5:]
    if not any("pre-existing shared memory block" in line for line in last):
        fatal = next((line for line in reversed(last) if "FATAL" in line), "no reason given")
        raise EmbeddedStartError(f"PostgreSQL did not start: {fatal}{_room(home)} (see {home.log_file})")
    time.sleep(0.2)


def _room(home: Home) -> str:
    """A full disk is said here: on that disk, PostgreSQL may not even have written why into its log."""
    free = shutil.disk_usage(home.root).free
    return f"; No space left on its disk ({free // 1024} kB)" if free < SEGMENT_BYTES else ""


def _launch(home: Home, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    _clear_remains(home)
    socket = {"unix_socket_directories": f'"{_socket_dir(home)}"', "unix_socket_permissions": "0700", "port": str(PORT)}
    given = {**settings, **socket, "listen_addresses": ""}
    options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
    command: list[str | Path] = [home.binaries / "postgres", "-D", home.data, *options]
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
        _remove_socket(home, lines)
        _disown_pid(home, lines)


def _remove_socket(home: Home, pid_file: list[str]) -> None:
    said = Path(pid_file[4]) if len(pid_file) > 4 else home.root
    # The account may have written any path there: only a directory that can be ours is touched.
    short = said.parent == SHORT.parent and said.name.startswith(SHORT.name)
    socket_dir = said if short else home.root / "socket"
    with contextlib.suppress(FileNotFoundError):
        for file in socket_dir.glob(".s.PGSQL.*"):
            file.unlink(missing_ok=True)
        socket_dir.rmdir()


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


def _pid_file(home: Home) -> list[str]:
    """The lines of postmaster.pid: pid, directory, start, port, socket directory, …; empty where there is none."""
    try:
        return (home.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _ping(home: Home) -> Ping:
    """What the server of this home answers: a pid file alone proves nothing, it outlives a kill and a reboot."""
    lines = _pid_file(home)
    if len(lines) < 5 or not lines[4]:
        return Ping.NO_RESPONSE
    host, port = address(home)
    # Without a limit, a stopped process whose socket still queues connections would hold us for ever.
    target = make_conninfo(host=str(host), port=port, dbname=SUPERUSER, user=SUPERUSER, connect_timeout=2)
    return Ping(PGconn.ping(target.encode()))


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


def _gone(home: Home, pid: int) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        child = _children.get(pid)
        if child is not None and child.poll() is not None:
            del _children[pid]
            return True
        if child is None and not lives(home):
            return True
        time.sleep(0.02)
    return False
