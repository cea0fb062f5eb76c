"""Files on their way in, as a client that lies or goes away sends them: a form's bytes, over a socket of one's own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import psycopg

from support.gateway import PDF, Gateway

BOUNDARY = "----essai-0123456789"
END = f"--{BOUNDARY}--\r\n".encode()
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
_ANSWER_SECONDS = 60.0


def part(name: str, content: bytes = b"x", *, filename: str | None = None, more: str = "") -> bytes:
    """One part of a form; a file where it has a file's name. `more` are further lines of its head."""
    named = "" if filename is None else f'; filename="{filename}"'
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n{more}\r\n'
    return head.encode() + content + b"\r\n"


def paper(gateway: Gateway, padding: bytes = b"") -> bytes:
    """A PDF that no other call has had."""
    return PDF + padding + f"% {gateway.number()}\n".encode()


@dataclass
class Line:
    """A connection on which what is sent is said by hand."""

    connection: socket.socket

    def send(self, *pieces: bytes) -> None:
        self.connection.sendall(b"".join(pieces))

    def begin(self, path: str, headers: dict[str, str], *, length: int) -> None:
        """The head of a form, with a length that may be a lie."""
        told = {"Host": "localhost", "Content-Type": TYPE, "Content-Length": str(length), **headers}
        lines = "".join(f"{name}: {text}\r\n" for name, text in told.items())
        self.send(f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode())

    def answer(self) -> tuple[int, str]:
        """The status and all that came with it, once the head of an answer is there."""
        received = b""
        while b"\r\n\r\n" not in received:
            piece = self.connection.recv(65_536)
            assert piece, "the connection ended without an answer"
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(int(line[16:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: "))
        while len(body) < length:
            piece = self.connection.recv(65_536)
            assert piece, "the answer is cut"
            body += piece
        return int(head[9:12]), (head + b"\r\n\r\n" + body).decode()


@contextmanager
def line(gateway: Gateway) -> Iterator[Line]:
    address = urlsplit(str(gateway.client.base_url))
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port or 80), _ANSWER_SECONDS) as connection:
        yield Line(connection)


def kept(gateway: Gateway) -> tuple[int, frozenset[UUID], tuple[str, ...]]:
    """What a deposit that is refused leaves as it was: the log's head, the store, the drafts."""
    with psycopg.connect(gateway.settings.database_url) as connection:
        row = connection.execute("select coalesce(max(position), 0) from log.events").fetchone()
    assert row is not None
    incoming = gateway.settings.incoming_dir
    drafts = sorted(each.name for each in incoming.iterdir()) if incoming.exists() else []
    return int(row[0]), frozenset(gateway.service.store.keys()), tuple(drafts)
