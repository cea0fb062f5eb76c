"""A real clamd of a test's own, with signatures made by hand: no download, and nothing of it outlives the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.vault.clamd import Clamd, ScanFailed
from support.gateway import PDF
from support.hostile import EICAR
from support.programs import free_port

INFECTED = PDF.replace(b"1 0 obj", b"% " + EICAR + b"\n1 0 obj")
"""A PDF with that text in a comment."""
THREAT = "Eicar-Test-Hand.UNOFFICIAL"
LATER = b"a text that nobody had any signature of until today"
LATER_THREAT = "Later-Test-Hand.UNOFFICIAL"

_BINARIES = ("/usr/sbin/clamd", "/usr/local/sbin/clamd")
_READY_SECONDS = 60.0


@dataclass
class ClamdServer:
    """`address` is as in CLAMD. `limit_bytes` of a stream is 4 MiB."""

    address: str
    place: Path
    process: subprocess.Popen[bytes]

    def client(self, timeout_seconds: float = 30.0) -> Clamd:
        return Clamd(self.address, timeout_seconds=timeout_seconds)

    def learn(self, name: str, text: bytes) -> None:
        """A signature more, which holds when this returns. `*`: wherever in the file, or in what it holds."""
        (self.place / "signatures" / f"{name.lower()}.ndb").write_text(f"{name}:0:*:{text.hex()}\n", encoding="ascii")
        self._reload(lambda: self.client().scan([text]).verdict == "infected")

    def forget(self, name: str, text: bytes) -> None:
        (self.place / "signatures" / f"{name.lower()}.ndb").unlink()
        self._reload(lambda: self.client().scan([text]).verdict == "clean")

    def _reload(self, done: Callable[[], bool]) -> None:
        host, _, port = self.address.rpartition(":")
        with socket.create_connection((host, int(port)), 5) as wire:
            wire.sendall(b"zRELOAD\0")
            wire.recv(100)
        until = time.monotonic() + _READY_SECONDS
        while not done():
            assert time.monotonic() < until, "clamd does not take the signature in"
            time.sleep(0.05)


@contextmanager
def clamd_server() -> Iterator[ClamdServer]:
    """A server that knows EICAR. Skipped where there is no clamd, unless CI says that there must be one."""
    binary = shutil.which("clamd") or next((each for each in _BINARIES if Path(each).exists()), None)
    if binary is None:
        if os.environ.get("CI"):
            pytest.fail("clamd is not installed (apt: clamav-daemon)")
        pytest.skip("clamd is not installed")
    with tempfile.TemporaryDirectory(prefix="ledger-clamd-") as directory:
        place = Path(directory)
        server = _started(binary, place, free_port())
        try:
            yield server
        finally:
            server.process.terminate()
            try:
                server.process.wait(10)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait(10)


def _started(binary: str, place: Path, port: int) -> ClamdServer:
    (place / "signatures").mkdir()
    (place / "signatures" / "eicar.ndb").write_text(f"Eicar-Test-Hand:0:*:{EICAR.hex()}\n", encoding="ascii")
    (place / "clamd.conf").write_text(
        f"""Foreground yes
TCPSocket {port}
TCPAddr 127.0.0.1
DatabaseDirectory {place / "signatures"}
TemporaryDirectory {place}
StreamMaxLength 4M
MaxThreads 2
SelfCheck 0
AlertExceedsMax yes
""",
        encoding="ascii",
    )
    process = subprocess.Popen(
        [binary, "--config-file", str(place / "clamd.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    server = ClamdServer(f"127.0.0.1:{port}", place, process)
    until = time.monotonic() + _READY_SECONDS
    while not _answers(server):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            pytest.fail("clamd does not start")
        time.sleep(0.05)
    return server


def _answers(server: ClamdServer) -> bool:
    try:
        return bool(server.client(1.0).engine())
    except ScanFailed:
        return False
