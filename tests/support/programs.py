"""The program's own processes, started and killed as an operator's machine would."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from support import plain
from support.eventually import PATIENCE_SECONDS, eventually


def _ports() -> Iterator[int]:
    """2,000 for each process of a run, below those of Linux (from 32768) and macOS (from 49152) for whoever connects.
    Another run on the machine begins elsewhere.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 10
    return (12_000 + 2_000 * worker + n % 2_000 for n in itertools.count(os.getpid()))


_PORTS = _ports()


@dataclass
class Program:
    """`dossier-ledger <command>` on a deployment, as often as it is started; it writes to `place/<name>.log`."""

    name: str
    command: tuple[str, ...]
    place: Path
    settings: Mapping[str, str] = field(repr=False)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log_file(self) -> Path:
        return self.place / f"{self.name}.log"

    def start(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
        with self.log_file.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway.cli.main", *self.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**kept, **self.settings},
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def terminate(self) -> int:
        """SIGTERM, as a deployment stops it; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)

    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def said(self) -> str:
        """The end of what it said."""
        return self.log_file.read_text(errors="replace")[-3_000:] if self.log_file.exists() else ""


def free_port() -> int:
    """A port of the loopback, which nobody else takes before it is used: each process of a run has ports of its own,
    and none is one that the system gives to whoever connects.
    """
    for port in _PORTS:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("every port is taken")


def api(name: str, place: Path, settings: Mapping[str, str]) -> tuple[Program, str]:
    """An API on a port that stays its own, and its address."""
    port = free_port()
    return Program(name, ("serve", "--port", str(port)), place, settings), f"http://127.0.0.1:{port}"


def worker(name: str, place: Path, settings: Mapping[str, str]) -> Program:
    return Program(name, ("work",), place, settings)


def until_ready(program: Program, address: str) -> None:
    """Wait until an API says that it can serve."""

    def ready() -> bool:
        assert program.lives(), f"{program.name} ended: {program.said()}"
        return answers(address)

    eventually(ready, lambda: f"{program.name} is not ready: {program.said()}")


def answers(address: str) -> bool:
    """Whether an API can serve."""
    try:
        return plain.get(f"{address}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
