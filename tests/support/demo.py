"""A demonstration for tests: the real command in a process of its own, on a very small fund."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("dossier-ledger")
SMALLEST = "0.00002"
_PATIENCE_SECONDS = 120.0


@dataclass
class Demo:
    """One run of `dossier-ledger demo` on a directory; `said` is what it printed until it answered."""

    place: Path
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def file(self) -> dict[str, Any]:
        return json.loads((self.place / "demo.json").read_text())

    def processes(self) -> set[int]:
        """It and its descendants, PostgreSQL included."""
        return {self.process.pid} | descendants(self.process.pid)

    def stop(self, request: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(request)
        code = self.process.wait(60)
        if self.process.stdout:
            self.process.stdout.close()
        return code


def fresh_place() -> Iterator[Path]:
    """An empty directory, removed afterwards.

    Directly under the temporary directory: as root, PostgreSQL's account cannot enter pytest's private one.
    """
    place = Path(tempfile.mkdtemp(prefix="dossier-ledger-demo-"))
    place.chmod(0o711)
    yield place
    shutil.rmtree(place)


def environment(**changed: str) -> dict[str, str]:
    """What a newcomer's shell has: nothing of this run's databases, and the program on the path."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
    return {**kept, "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}", **changed}


def started(place: Path, *, port: int = 0, **changed: str) -> Demo:
    """Start it, and wait until it says that it answers."""
    began = time.monotonic()
    process = subprocess.Popen(
        [PROGRAM, "demo", "--data-dir", place, "--scale", SMALLEST, "--port", str(port)],
        stdout=subprocess.PIPE,
        env=environment(**changed),
        text=True,
    )
    demo = Demo(place, process)
    deadline = began + _PATIENCE_SECONDS
    assert process.stdout is not None
    for line in process.stdout:
        demo.said.append(line.rstrip("\n"))
        if line.startswith("Ctrl-C") or time.monotonic() > deadline:
            break
    demo.seconds = time.monotonic() - began
    assert any("répond sur" in line for line in demo.said), f"no answer: {process.poll()} {demo.said}"
    return demo


def descendants(pid: int) -> set[int]:
    """The processes that this one started, and those that they started."""
    told = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in (line.split() for line in told.splitlines())}
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in found | {pid}} - found:
        found |= more
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that still run; a zombie does not."""
    told = subprocess.run(["ps", "-e", "-o", "pid=,stat="], capture_output=True, text=True, check=True).stdout
    running = {int(pid) for pid, state in (line.split() for line in told.splitlines()) if not state.startswith("Z")}
    return pids & running
