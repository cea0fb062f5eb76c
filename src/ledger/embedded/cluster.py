"""Making a new database cluster in a home: once, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Final

from ledger.embedded.home import Home

SUPERUSER: Final = "postgres"

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


def initialise(home: Home) -> None:
    """Make the data directory, unless it is there."""
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
