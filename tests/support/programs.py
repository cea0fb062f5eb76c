"""The program's own processes, started and killed as an operator's machine would."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from support import plain

PATIENCE_SECONDS = 60.0


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
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def api(name: str, place: Path, settings: Mapping[str, str]) -> tuple[Program, str]:
    """An API on a port that stays its own, and its address."""
    port = free_port()
    return Program(name, ("serve", "--port", str(port)), place, settings), f"http://127.0.0.1:{port}"


def worker(name: str, place: Path, settings: Mapping[str, str]) -> Program:
    return Program(name, ("work",), place, settings)


def until_ready(program: Program, address: str) -> None:
    """Wait until an API says that it can serve."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        assert program.lives(), f"{program.name} ended: {program.said()}"
        assert time.monotonic() < deadline, f"{program.name} is not ready: {program.said()}"
        try:
            if plain.get(f"{address}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
