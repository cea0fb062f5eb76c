"""An import killed at any moment, then run again: nothing doubled, nothing lost (row B7)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.generator import write_files
from ledger.application import Ledger
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log import reader
from ledger.log.database import Database, Role
from ledger.vault.directory import DirectoryStore
from ledger.vault.vault import Vault
from support.back_office import BackOffice, check_against

IMPORT = """
import sys
from pathlib import Path
from gateway.importer import import_files
from ledger.application import Ledger
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log.database import Database
from ledger.vault.directory import DirectoryStore
from ledger.vault.vault import Vault
url, keys, master, place = sys.argv[1:]
keyring = Keyring(keys, MasterKey.parse(master))
vault = Vault(DirectoryStore(Path(place) / "vault"), keyring)
ledger = Ledger(Database(url), keyring)
import_files(ledger, keyring, vault, [Path(place) / "files"], report=Path(place) / "killed.csv")
"""


def head(database: Database) -> int:
    with database.transaction(Role.AUDITOR) as connection:
        return reader.head(connection)


def kill_after(process: subprocess.Popen[bytes], database: Database, events: int) -> None:
    """kill -9, once the log has so many events more."""
    target, until = head(database) + events, time.monotonic() + 120
    while head(database) < target and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert process.poll() is None, "the import ended before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("seed", [21])
def test_killed_again_and_again_then_whole(make_databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int):
    monkeypatch.setenv("LEDGER_FICTITIOUS", "1")
    urls, master = make_databases(), MasterKey.generate()
    expected = write_files(tmp_path / "files", seed=seed, scale=1 / 30_000)
    with Database(urls.ledger) as database, Keyring(urls.keys, master) as keyring:
        for events in (30, 150, 400):
            command = [sys.executable, "-c", IMPORT, urls.ledger, urls.keys, master.as_text(), str(tmp_path)]
            kill_after(subprocess.Popen(command), database, events)
        vault = Vault(DirectoryStore(tmp_path / "vault"), keyring)
        check_against(BackOffice(tmp_path / "files", Ledger(database, keyring), keyring, vault, database), expected)
