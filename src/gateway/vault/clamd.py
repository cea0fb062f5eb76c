"""One question to clamd (INSTREAM): is there anything in these bytes? Anything but its plain « OK » is not clean."""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Literal, NamedTuple

from ledger.document.events import UNKNOWN_THREAT

_FRAME_BYTES: Final = 64 * 1024
_MOST_ANSWER: Final = 4_096
_FOUND: Final = re.compile(r"stream: (?P<threat>.+) FOUND")
_THREAT: Final = re.compile(r"[A-Za-z0-9._()/-]{1,100}")
_ENGINE: Final = re.compile(r"[ -~]{1,100}")
_LIMITS: Final = "Heuristics.Limits.Exceeded"  # clamd did not look at all of it: neither clean nor infected


class ScanFailed(Exception):
    """No verdict. `code` is `unreachable`, `timeout`, `too-large` (for clamd's own limits) or `protocol`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Scanned(NamedTuple):
    """`engine` is clamd's version with the number of its signatures; `threat` its name of what it found."""

    verdict: Literal["clean", "infected"]
    engine: str
    threat: str | None


class Clamd:
    """`address` is `host:port` or `unix:/path`. Each scan has its own connections, and `timeout_seconds` in all."""

    def __init__(self, address: str, *, timeout_seconds: float) -> None:
        self._address = address
        self._timeout_seconds = timeout_seconds

    def scan(self, pieces: Iterable[bytes]) -> Scanned:
        """The verdict on the bytes, taken piece by piece. ScanFailed; what `pieces` raises goes through."""
        deadline = time.monotonic() + self._timeout_seconds
        engine = self._engine(deadline)
        with _connected(self._address, deadline) as wire:
            said = wire.ask_about(pieces)
        return _verdict(said, engine)

    def engine(self) -> str:
        """Its version and the number of its signatures (« ClamAV 1.4.6/27500 »), or ScanFailed."""
        return self._engine(time.monotonic() + self._timeout_seconds)

    def _engine(self, deadline: float) -> str:
        with _connected(self._address, deadline) as wire:
            wire.send(b"zVERSION\0")
            engine = "/".join(wire.answer().split("/")[:2])
        if not _ENGINE.fullmatch(engine):
            raise ScanFailed("protocol")
        return engine


class _Wire:
    """One connection; nothing on it outlasts the deadline."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def ask_about(self, pieces: Iterable[bytes]) -> str:
        """Stream the pieces; clamd may answer before their end, and closes then: its answer is read all the same."""
        try:
            self.send(b"zINSTREAM\0")
            for frame in _frames(pieces):
                if self._has_answered():
                    break
                self.send(len(frame).to_bytes(4, "big") + frame)
            else:
                self.send(bytes(4))
        except (BrokenPipeError, ConnectionResetError):
            pass
        return self.answer()

    def send(self, data: bytes) -> None:
        self._patience()
        self._connection.sendall(data)

    def answer(self) -> str:
        """What was said, without its end mark. ScanFailed where it was not said whole."""
        said = b""
        while not said.endswith(b"\0"):
            self._patience()
            part = self._connection.recv(_MOST_ANSWER)
            if not part or len(said) > _MOST_ANSWER:
                raise ScanFailed("protocol")
            said += part
        return said[:-1].decode("ascii", "replace")

    def _has_answered(self) -> bool:
        return bool(select.select([self._connection], [], [], 0)[0])

    def _patience(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)


@contextmanager
def _connected(address: str, deadline: float) -> Iterator[_Wire]:
    """ScanFailed in place of every error of the network; what else is raised inside goes through."""
    try:
        connection = _connect(address, max(deadline - time.monotonic(), 0.001))
    except TimeoutError:
        raise ScanFailed("timeout") from None
    except OSError:
        raise ScanFailed("unreachable") from None
    with connection:
        try:
            yield _Wire(connection, deadline)
        except TimeoutError:
            raise ScanFailed("timeout") from None
        except ConnectionError:
            raise ScanFailed("protocol") from None


def _connect(address: str, timeout_seconds: float) -> socket.socket:
    if not address.startswith("unix:"):
        host, _, port = address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout_seconds)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_seconds)
        connection.connect(address.removeprefix("unix:"))
    except BaseException:
        connection.close()
        raise
    return connection


def _frames(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """An empty frame would end the stream."""
    for piece in pieces:
        for start in range(0, len(piece), _FRAME_BYTES):
            yield piece[start : start + _FRAME_BYTES]


def _verdict(said: str, engine: str) -> Scanned:
    if said == "stream: OK":
        return Scanned("clean", engine, None)
    found = _FOUND.fullmatch(said)
    if said.startswith("INSTREAM size limit exceeded") or (found and found["threat"].startswith(_LIMITS)):
        raise ScanFailed("too-large")
    if found is None:
        raise ScanFailed("protocol")
    threat = found["threat"]
    return Scanned("infected", engine, threat if _THREAT.fullmatch(threat) else UNKNOWN_THREAT)
