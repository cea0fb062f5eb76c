"""Documents of any size in a bounded memory: measured on a process that has the whole gateway loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from support.s3 import Server

CEILING_KIB = 150 * 1024
PROGRAM = """
import hashlib, json, sys
import gateway.api.app  # what `serve` has in memory before any document
from gateway.service import open_keyring
from gateway.settings import Settings
from gateway.vault.opening import vault_of
from ledger.kit.ids import uuid7

size = int(sys.argv[1]) * 1024 * 1024
block = bytes(range(256)) * 256


def pieces():
    for number in range(size // len(block)):
        yield number.to_bytes(8) + block[8:]


settings, document_id, read = Settings.from_environment(), uuid7(), hashlib.sha256()
with open_keyring(settings) as keyring:
    vault = vault_of(settings, keyring)
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    deposited = vault.deposit(document_id, pieces(), limit_bytes=size)
    for piece in vault.read(document_id):
        read.update(piece)
    [highest] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")]
    same = read.hexdigest() == deposited.plain_sha256
    print(json.dumps({"kib": int(highest), "same": same, "size": deposited.size_bytes}))
"""


@pytest.mark.parametrize("mebibytes", [64, pytest.param(1024, marks=[pytest.mark.full, pytest.mark.timeout(1800)])])
@pytest.mark.parametrize("kind", ["directory", pytest.param("s3", marks=pytest.mark.s3)])
def test_a_large_document_passes_in_a_bounded_memory(kind, mebibytes, ledger_url, keys_url, tmp_path):
    """Issue E: 64 MiB, and 1 GiB, under 150 MiB of resident memory in all, up and down, on both stores."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": ledger_url,
        "KEYS_DATABASE_URL": keys_url,
        "DATA_DIR": str(tmp_path / "data"),
    }
    if kind == "s3":
        server = Server.of_environment()
        environment |= server.environment(server.bucket())
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(mebibytes)],
        env=environment,
        capture_output=True,
        check=False,
        timeout=1_500,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    told = json.loads(ran.stdout)
    assert told["same"]
    assert told["size"] == mebibytes * 1024 * 1024
    assert told["kib"] < CEILING_KIB
    print(told)
