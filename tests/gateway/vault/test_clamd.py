"""clamd itself, with signatures made by hand: its « OK », what it finds, and all that is neither."""

from __future__ import annotations

import io
import os
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gateway.settings_vault import VaultSettings
from gateway.vault.clamd import Clamd, ScanFailed
from gateway.vault.scans import judge
from ledger.vault.inspection import DocumentInfected
from support.clamd import EICAR, INFECTED, THREAT, ClamdServer
from support.eventually import LOADED
from support.gateway import PDF


def zipped(text: bytes) -> bytes:
    """Inside of an office document's member, compressed: nothing of it stands in the file as it is."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w:t>" + text + b"</w:t>")
    return file.getvalue()


@contextmanager
def listening(said: bytes) -> Iterator[str]:
    """The address of a server that says this to whatever it is asked, and then nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    wire, _ = server.accept()
                except OSError:
                    return
                open_wires.append(wire)
                if said:
                    wire.recv(100)
                    wire.sendall(said)

        open_wires: list[socket.socket] = []
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for wire in open_wires:
                wire.close()


@pytest.mark.clamd
def test_what_has_nothing_is_clean_and_the_engine_is_named(clamd: ClamdServer):
    found = clamd.client().scan([PDF[:10], b"", PDF[10:]])
    assert (found.verdict, found.threat) == ("clean", None)
    assert found.engine.startswith("ClamAV ")


@pytest.mark.clamd
@pytest.mark.parametrize("content", [EICAR, INFECTED, zipped(EICAR), b"x" * 300_000 + EICAR])
def test_eicar_is_found_wherever_it_is(clamd: ClamdServer, content: bytes):
    """Bare, in a comment of a PDF, in a member of an office document, far inside."""
    found = clamd.client().scan([content])
    assert (found.verdict, found.threat) == ("infected", THREAT)


@pytest.mark.clamd
def test_what_is_too_large_for_clamd_is_not_clean(clamd: ClamdServer):
    """It answers before the end, and closes: the answer is read all the same."""
    with pytest.raises(ScanFailed, match="too-large"):
        clamd.client().scan(os.urandom(65_536) for _ in range(200))


@pytest.mark.clamd
def test_what_cannot_be_read_is_no_verdict(clamd: ClamdServer):
    def damaged() -> Iterator[bytes]:
        yield PDF
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        clamd.client().scan(damaged())
    assert clamd.client().scan([PDF]).verdict == "clean"


def test_silence_is_not_clean():
    begun = time.monotonic()
    with listening(b"") as address, pytest.raises(ScanFailed, match="timeout"):
        Clamd(address, timeout_seconds=0.3).scan([PDF])
    assert time.monotonic() - begun < LOADED


@pytest.mark.parametrize(
    "said", [b"stream: OK", b"stream: maybe\0", b"stream: Can't allocate memory ERROR\0", b"\xff\0", b"\0"]
)
def test_anything_but_its_plain_word_is_not_clean(said: bytes):
    with listening(said) as address, pytest.raises(ScanFailed, match=r"^(protocol|timeout)$"):
        Clamd(address, timeout_seconds=0.5).scan([PDF])


def test_limits_of_clamd_are_neither_clean_nor_infected():
    said = b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"
    with listening(said) as address, pytest.raises(ScanFailed, match="too-large"):
        Clamd(address, timeout_seconds=2).scan([PDF])


def test_a_name_that_may_not_stand_in_the_log_is_not_kept():
    with listening(b"stream: jean.dupont@example.org FOUND\0") as address:
        found = Clamd(address, timeout_seconds=2).scan([PDF])
    assert (found.verdict, found.threat) == ("infected", "unknown")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "unix:/nowhere/clamd.sock"])
def test_nobody_there_is_not_clean(address: str):
    with pytest.raises(ScanFailed, match="unreachable"):
        Clamd(address, timeout_seconds=2).scan([PDF])
    assert judge(VaultSettings(clamd=address), [PDF]) == ("awaited", None)


def test_where_no_scanner_is_configured_nothing_is_called_clean():
    assert judge(VaultSettings(), [PDF]) == ("none", None)
    assert judge(VaultSettings(clamd="127.0.0.1:1", clamd_inline_seconds=0), [PDF]) == ("awaited", None)


@pytest.mark.clamd
def test_a_deposit_is_judged_on_its_way_in(clamd: ClamdServer):
    settings = VaultSettings(clamd=clamd.address)
    judged = judge(settings, [PDF])
    assert judged.analysis == "clean"
    assert judged.engine is not None
    with pytest.raises(DocumentInfected) as refused:
        judge(settings, [INFECTED])
    assert refused.value.field == "file"
