"""A demonstration for tests: the real command in a process of its own, on a very small fund."""

from __future__ import annotations

import contextlib
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

import pytest

PROGRAM = Path(sys.executable).with_name("dossier-ledger")
SMALLEST = "0.00002"
_PATIENCE_SECONDS = 120.0

# Continuous integration installs it: there, a missing curl is a failure.
needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None and not os.environ.get("CI"), reason="the command that is shown calls curl"
)


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

    def worker(self) -> int:
        """The process of the folds."""
        mine = self.processes()
        (worker,) = (each.pid for each in table() if each.pid in mine and "--with-parent" in each.command)
        return worker

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


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    zombie: bool
    command: str


def table() -> list[Process]:
    """Every process of the machine; from /proc, for a small machine may have no `ps`."""
    if not Path("/proc/self/stat").exists():
        told = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True)
        rows = (line.split(maxsplit=3) for line in told.stdout.splitlines())
        return [Process(int(row[0]), int(row[1]), row[2].startswith("Z"), row[-1]) for row in rows]
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            found.append(Process(int(place.name), int(parent), state == "Z", command))
    return found


def descendants(pid: int) -> set[int]:
    """The processes that this one started, and those that they started."""
    processes = table()
    found: set[int] = set()
    while more := {each.pid for each in processes if each.parent in found | {pid}} - found:
        found |= more
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that still run; a zombie does not."""
    return pids & {each.pid for each in table() if not each.zombie}
