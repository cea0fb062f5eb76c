"""A wire between a client and PostgreSQL that can be cut at a chosen moment."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from support.eventually import PATIENCE_SECONDS


class Cut(Enum):
    """Where the wire is cut in the next append, once armed."""

    REQUEST_LOST = auto()  # the server never hears of it
    REQUEST_LATE = auto()  # the server hears of it by `deliver`, after the client has been told that the wire is cut
    ANSWER_LOST = auto()  # the server has committed, and nobody hears of it


APPEND = re.compile(rb"\.v[1-9]")
"""What an append's request holds and no other's does: a published name among its values."""


@dataclass
class Wire:
    """Listens on the loopback, forwards to the server behind `url`. Cuts one connection for each `arm`."""

    url: str
    _armed: list[Cut] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _sockets: list[socket.socket] = field(default_factory=list)
    _appending: set[socket.socket] = field(default_factory=set)
    _late: list[tuple[socket.socket, bytes]] = field(default_factory=list)
    _delivered: set[socket.socket] = field(default_factory=set)
    _answered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._sockets:
            _close(each)
        for thread in self._threads:
            thread.join(5)

    @property
    def client_url(self) -> str:
        """The URL by which a client goes through this wire."""
        host, port = self._listener.getsockname()
        return make_conninfo(self.url, host=host, port=port, sslmode="disable", gssencmode="disable")

    def arm(self, cut: Cut) -> None:
        self._armed.append(cut)

    def deliver(self) -> None:
        """Send the server the requests that are late; over when it has answered them."""
        while self._late:
            server, data = self._late.pop()
            self._delivered.add(server)
            _send(server, data)
            assert self._answered.acquire(timeout=PATIENCE_SECONDS)
            _close(server)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = _connect(self.url)
            self._sockets += [client, server]
            for pump in (self._to_server, self._to_client):
                thread = threading.Thread(target=pump, args=(client, server), daemon=True)
                thread.start()
                self._threads.append(thread)

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        for data in _received(client):
            if APPEND.search(data):
                self._appending.add(client)
                if self._takes(Cut.REQUEST_LOST):
                    break
                if self._takes(Cut.REQUEST_LATE):
                    self._late.append((server, data))
                    _close(client)
                    return
            _send(server, data)
        _close(client)
        _close(server)

    def _to_client(self, client: socket.socket, server: socket.socket) -> None:
        for data in _received(server):
            if server in self._delivered:
                self._answered.release()
            if client in self._appending and self._takes(Cut.ANSWER_LOST):
                break
            self._appending.discard(client)
            _send(client, data)
        _close(client)
        _close(server)

    def _takes(self, cut: Cut) -> bool:
        if cut in self._armed:
            self._armed.remove(cut)
            return True
        return False


def _connect(url: str) -> socket.socket:
    parts = conninfo_to_dict(url)
    host, port = str(parts.get("host") or parse_qs(urlsplit(url).query)["host"][0]), int(parts.get("port") or 5432)
    if host.startswith("/"):
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server
    return socket.create_connection((host, port))


def _received(source: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            data = source.recv(65536)
        except OSError:
            return
        if not data:
            return
        yield data


def _send(target: socket.socket, data: bytes) -> None:
    # The other side may have gone a moment ago: the pump that reads from it is about to notice.
    with contextlib.suppress(OSError):
        target.sendall(data)


def _close(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
