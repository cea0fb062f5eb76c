"""Somebody who follows changes: a client of the stream that keeps what it was told."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from support.eventually import PATIENCE_SECONDS, eventually
from support.gateway import Gateway

PATH = "/v1/changes"
SECONDS = 2.0


@dataclass
class Told:
    """One message: `at` is when it came, of the machine's monotonic clock."""

    position: int | None
    event: str | None
    data: dict[str, Any]
    at: float = field(default_factory=time.monotonic)


@dataclass
class Following:
    """`status` is of the answer; `ended` is set when it has."""

    told: list[Told] = field(default_factory=list)
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    whole: bool = False
    """Whether the answer was ended, rather than cut."""
    begun: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    socket: socket.socket = field(init=False)

    @property
    def changes(self) -> list[Told]:
        return [each for each in self.told if each.event is not None and each.event != "end"]

    @property
    def position(self) -> int:
        return max(each.position for each in self.told if each.position is not None)

    @property
    def reason(self) -> str | None:
        return next((each.data["reason"] for each in self.told if each.event == "end"), None)

    def heard(self, kind: str, thing: UUID) -> list[Told]:
        return [each for each in self.changes if str(thing) in each.data.get(kind, [])]

    def wait_for(self, kind: str, thing: UUID) -> Told:
        """The message that tells of it."""
        return eventually(lambda: self.heard(kind, thing), lambda: f"{kind} {thing} is not told of: {self.told}")[0]

    def wait_until(self, position: int) -> None:
        """Until it has been told something as late as this, be it an end."""
        eventually(lambda: self.position >= position, lambda: f"nothing as late as {position}: {self.told}")


def messages(lines: Iterator[str]) -> Iterator[Told]:
    """What a stream says, as the standard reads it (WHATWG HTML, 9.2.6)."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, text = line.partition(":")
            fields[name] = text.removeprefix(" ")
        elif fields:
            position = int(fields["id"]) if "id" in fields else None
            yield Told(position, fields.get("event"), json.loads(fields.get("data", "{}")))
            fields = {}


@contextmanager
def following(
    gateway: Gateway,
    who: str | None = None,
    *,
    headers: dict[str, str] | None = None,
    since: int | None = None,
    url: str | None = None,
) -> Iterator[Following]:
    """A stream that has begun, of the account called `who` or of whoever the headers say, at the gateway's own address
    or another process's.
    """
    sent = {**(gateway.headers(who) if who else {}), **(headers or {})}
    if since is not None:
        sent["Last-Event-ID"] = str(since)
    address = urlsplit(url or str(gateway.client.base_url))
    connection = HTTPConnection(address.hostname or "", address.port)
    connection.request("GET", PATH, headers=sent)
    found = Following()
    thread = threading.Thread(target=_follow, args=(connection, found))
    thread.start()
    try:
        assert found.begun.wait(PATIENCE_SECONDS), "the stream does not begin"
        yield found
    finally:
        if not found.ended.is_set():
            found.socket.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE_SECONDS)
        connection.close()
        found.socket.close()
        assert not thread.is_alive()


def _follow(connection: HTTPConnection, found: Following) -> None:
    found.socket = connection.sock
    try:
        with connection.getresponse() as answer:
            found.status, found.headers = answer.status, dict(answer.getheaders())
            found.whole = False
            if answer.status == 200:
                for each in messages(line.decode().rstrip("\n") for line in iter(answer.readline, b"")):
                    found.told.append(each)
                    found.begun.set()
            found.whole = True
    except (OSError, HTTPException):
        found.whole = False  # cut, or we have gone
    finally:
        found.begun.set()
        found.ended.set()
