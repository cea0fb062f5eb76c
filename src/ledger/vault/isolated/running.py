"""The gateway's side: one task about one document, done by a child that has nothing but what it is lent.

A child that does not answer whole and in time, whatever the reason, has said nothing: `Unexamined`, never an
acceptance. What the lent file raises (Damaged, StoreUnavailable) passes to whoever asked.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final, NamedTuple

import orjson

from ledger.vault.isolated import lent
from ledger.vault.refusals import RULES

SECONDS: Final = 30
MEMORY_MIB: Final = 512
AT_ONCE: Final = 2
"""Children at once for one process of the gateway: they are the most expensive thing that a stranger can ask for."""

_QUEUE_SECONDS: Final = 60
_MAX_HEAD: Final = 64 * 1024
_MAX_BODY: Final = 4 * 1024 * 1024
_MAX_PAGES: Final = 1_000_000
COMMAND: Final = (sys.executable, "-I", "-m", "ledger.vault.isolated.child")


class Unexamined(Exception):
    """No whole answer came. `reason` is a code: gone, late, busy, nonsense."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Answer(NamedTuple):
    """`refused` is a code of `refusals.RULES`; `told` what else the child said; `fenced` whether a filter held it."""

    refused: str | None
    fenced: bool
    told: dict[str, Any]
    body: bytes


def ask(task: str, file: BinaryIO, *, seconds: int = SECONDS, memory_mib: int = MEMORY_MIB, **told: object) -> Answer:
    """The child's answer to `task` about a seekable file, from any thread. Raises Unexamined."""
    return ask_of(_nursery, task, file, seconds=seconds, memory_mib=memory_mib, told=told)


def ask_of(
    nursery: Nursery, task: str, file: BinaryIO, *, seconds: float, memory_mib: int, told: Mapping[str, object]
) -> Answer:
    """The same of a child of this nursery."""
    if not _places.acquire(timeout=_QUEUE_SECONDS):
        raise Unexamined("busy")
    try:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                nursery.send(theirs)
            size = file.seek(0, os.SEEK_END)
            order = {"task": task, "size": size, "seconds": seconds, "memory_mib": memory_mib, "told": told}
            return _Conversation(ours, file, size, time.monotonic() + seconds).answer(orjson.dumps(order))
    except TimeoutError:
        raise Unexamined("late") from None
    except (EOFError, ConnectionError, BrokenPipeError):
        raise Unexamined("gone") from None
    finally:
        _places.release()


class _Conversation:
    """With one child, until it has answered; nothing that it says is believed before it is looked at."""

    def __init__(self, ours: socket.socket, file: BinaryIO, size: int, until: float) -> None:
        self._socket = ours
        self._file = file
        self._size = size
        self._until = until

    def answer(self, order: bytes) -> Answer:
        self._tell(lent.LENGTH.pack(len(order)) + order)
        while (said := self._hear(1)) == lent.ASKS:
            self._lend(*lent.RANGE.unpack(self._hear(lent.RANGE.size)))
        if said != lent.ANSWERS:
            raise Unexamined("nonsense")
        head, body = lent.LENGTHS.unpack(self._hear(lent.LENGTHS.size))
        if head > _MAX_HEAD or body > _MAX_BODY:
            raise Unexamined("nonsense")
        return _read(self._hear(head), self._hear(body))

    def _lend(self, offset: int, length: int) -> None:
        if not 0 < length <= lent.MAX_RANGE or offset + length > self._size:
            raise Unexamined("nonsense")
        piece = _range(self._file, offset, length)
        self._tell(lent.LENGTH.pack(len(piece)) + piece)

    def _tell(self, content: bytes) -> None:
        self._socket.settimeout(self._left())
        self._socket.sendall(content)

    def _hear(self, length: int) -> bytes:
        heard = bytearray()
        while len(heard) < length:
            self._socket.settimeout(self._left())
            piece = self._socket.recv(length - len(heard))
            if not piece:
                raise EOFError
            heard += piece
        return bytes(heard)

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _range(file: BinaryIO, offset: int, length: int) -> bytes:
    """So many bytes, however few a raw file gives at once; fewer only where the file has become shorter."""
    file.seek(offset)
    pieces = bytearray()
    while len(pieces) < length and (piece := file.read(length - len(pieces))):
        pieces += piece
    return bytes(pieces)


def _read(head: bytes, body: bytes) -> Answer:
    try:
        told = orjson.loads(head)
    except orjson.JSONDecodeError:
        raise Unexamined("nonsense") from None
    if not isinstance(told, dict) or not isinstance(told.get("fenced"), bool):
        raise Unexamined("nonsense")
    refused, pages = told.get("refused"), told.get("pages", 1)
    if refused is not None and not (isinstance(refused, str) and refused in RULES):
        raise Unexamined("nonsense")
    if type(pages) is not int or not 0 < pages <= _MAX_PAGES:
        raise Unexamined("nonsense")
    return Answer(refused, told["fenced"], told, body)


class Nursery:
    """The process that forks the children, started when one is first needed, and again where it has died."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0

    def send(self, theirs: socket.socket) -> None:
        """Have a child forked that holds this socket."""
        with self._lock:
            control = self._control if self._owner == os.getpid() else None
            try:
                _order(control or self._start(), theirs)
            except OSError:
                self._stop()
                _order(self._start(), theirs)

    def stop(self) -> None:
        """End it, and its children with it; it starts again where it is needed again."""
        with self._lock:
            if self._owner == os.getpid():
                self._stop()

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                self._command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"LANG": "C.UTF-8"},
                start_new_session=True,
            )
        self._control, self._owner = ours, os.getpid()
        return ours

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()  # it ends with it, and its children too
        if self._process is not None:
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._control = self._process = None


def _order(control: socket.socket, theirs: socket.socket) -> None:
    socket.send_fds(control, [b"!"], [theirs.fileno()])


_places: Final = threading.BoundedSemaphore(AT_ONCE)
_nursery: Final = Nursery()
atexit.register(_nursery.stop)
