"""A deposit over HTTP: never in clear on a disk, cut where it is slow or breaks off."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gateway.vault import depositing
from support.eventually import eventually
from support.gateway import PDF, Gateway
from support.large import large_pdf


class Opened:
    """Which files this process opens for writing, by their paths; a hook of the interpreter cannot be taken out."""

    def __init__(self) -> None:
        self.paths: list[str] | None = None
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and self.paths is not None and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            self.paths.append(str(arguments[0]))


@pytest.fixture(scope="module")
def opened() -> Opened:
    return Opened()


def test_no_clear_byte_of_an_upload_is_ever_in_a_file(gateway: Gateway, world, opened):
    """5 MiB by HTTP: the one file that is written is the draft, and it is sealed. A form's parser that spools, as
    Starlette's does, opens an unlinked file in TMPDIR, which shows here.
    """
    content = b"".join(large_pdf(5 << 20, seed=77))
    seen: set[str] = set()
    clear = content[1 << 20 : (1 << 20) + 64]
    draft_bytes: list[bytes] = []
    write = os.write

    def watched(descriptor: int, data: Any) -> int:
        draft_bytes.append(bytes(data))
        return write(descriptor, data)

    opened.paths = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "write", watched)
        answer = gateway.deposited(content=content, category="other", dossier_ids=[str(world.dossier)])
    paths, opened.paths = opened.paths, None
    assert answer.status_code == 201, answer.text
    seen = {path for path in paths if not path.startswith(("/proc/", "/dev/"))}
    incoming = str(gateway.service.store.incoming)
    assert {str(Path(path).parent) for path in seen} == {incoming}, seen
    assert sum(map(len, draft_bytes)) > len(content)
    assert not any(clear in written for written in draft_bytes)
    [row] = [
        each
        for each in gateway.get("case-manager", f"/v1/dossiers/{world.dossier}/documents").json()["items"]
        if each["size_bytes"] == len(content)
    ]
    assert gateway.get("case-manager", row["content"]).content == content


def form(gateway: Gateway, world, pieces: Iterator[bytes]) -> tuple[dict[str, str], Iterator[bytes]]:
    """A deposit as it goes over the wire, the file in pieces."""

    def body() -> Iterator[bytes]:
        for name, value in {"category": "other", "on": "2026-02-10", "dossier_ids": str(world.dossier)}.items():
            yield b'--lim\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value.encode())
        yield b'--lim\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        yield from pieces
        yield b"\r\n--lim--\r\n"

    headers = gateway.headers("case-manager") | {"Idempotency-Key": f"lent-{gateway.number()}"}
    return headers | {"Content-Type": "multipart/form-data; boundary=lim"}, body()


def nothing_is_left(gateway: Gateway) -> bool:
    return not list(gateway.service.store.incoming.iterdir())


def test_a_slow_sender_is_cut(gateway: Gateway, world, monkeypatch):
    """It holds a place that others wait for: 408, and nothing is kept."""
    monkeypatch.setattr(depositing, "SLOW_SECONDS", 0.3)
    go_on = threading.Event()

    def slowly() -> Iterator[bytes]:
        yield PDF
        go_on.wait(60)

    def wait_until_cut() -> None:
        with suppress(AssertionError):  # the answer, awaited below, says more
            eventually(lambda: not nothing_is_left(gateway), lambda: "no draft was begun")
            eventually(lambda: nothing_is_left(gateway), lambda: "the sender is not cut")
        go_on.set()

    watcher = threading.Thread(target=wait_until_cut)
    watcher.start()
    headers, body = form(gateway, world, slowly())
    answer = gateway.client.post("/v1/documents", content=body, headers=headers)
    watcher.join()
    assert (answer.status_code, answer.json()["type"]) == (408, "/problems/too-slow")
    assert nothing_is_left(gateway)


def test_a_client_that_goes_leaves_nothing(gateway: Gateway, world):
    """Cut half way, as a telephone in a tunnel cuts it."""
    before = set(gateway.service.store.keys())

    def half() -> Iterator[bytes]:
        yield PDF + b"%" * 500_000
        raise ConnectionResetError

    headers, body = form(gateway, world, half())
    with pytest.raises(ConnectionResetError):
        gateway.client.post("/v1/documents", content=body, headers=headers)
    eventually(lambda: nothing_is_left(gateway), lambda: "the draft stays")
    assert set(gateway.service.store.keys()) == before


def test_who_finds_no_place_is_told_when_to_come_back(gateway: Gateway, world, monkeypatch):
    monkeypatch.setattr(depositing, "DEPOSITS_AT_ONCE", 0)
    monkeypatch.setattr(depositing, "PATIENCE_SECONDS", 0.1)
    answer = gateway.deposited(dossier_ids=[str(world.dossier)])
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert answer.headers["Retry-After"] == "5"
