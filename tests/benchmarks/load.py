"""A load of HTTP requests from a process of its own, over raw sockets: small, and the same for all.

python -m benchmarks.load PORT PATH CONNECTIONS SECONDS [HEADER]; prints answers a second
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

WARM_UP_SECONDS = 2.0


class _Client(asyncio.Protocol):
    """One connection that asks again as soon as it is answered. Any answer but 200 ends the run."""

    def __init__(self, request: bytes, over: asyncio.Event) -> None:
        self._request = request
        self._over = over
        self._missing = 0
        self._transport: Any = None
        self.answers = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self._missing:
            head, _, rest = data.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                self._over.set()
                raise SystemExit(head.decode())
            self._missing = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            data = rest
        self._missing -= len(data)
        if not self._missing:
            self.answers += 1
            self._transport.write(self._request)


async def _rate(port: int, path: str, connections: int, seconds: float, header: str) -> float:
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n".encode()
    clients = [
        (await loop.create_connection(lambda: _Client(request, over), "127.0.0.1", port))[1] for _ in range(connections)
    ]
    await asyncio.sleep(WARM_UP_SECONDS)
    before, started = sum(client.answers for client in clients), time.perf_counter()
    await asyncio.sleep(seconds)
    answers, elapsed = sum(client.answers for client in clients) - before, time.perf_counter() - started
    if over.is_set():
        raise SystemExit("an answer was not 200")
    return answers / elapsed


def rate(port: int, path: str, *, connections: int, seconds: float, header: str = "Accept: */*") -> float:
    """Answers a second of a server on this port, to so many connections."""
    arguments = [str(port), path, str(connections), str(seconds), header]
    done = subprocess.run(
        [sys.executable, str(Path(__file__)), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(done.stdout)


if __name__ == "__main__":
    print(uvloop.run(_rate(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5])))
