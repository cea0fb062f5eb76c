"""A depositor that dies. As a program it waits for orders, one a line, and for each forks a process that makes one
whole deposit, and that kills (or stops) itself just before its n-th step: a write, a sync, a link, a commit, an append.

Everything is imported once, before the first fork: a death costs a tenth of a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import urllib3

from gateway import service as services
from gateway.service import Service
from gateway.settings import Settings
from gateway.vault import intents, steps
from gateway.vault.depositing import Asked, Concluded, Deposits
from ledger.document.events import Side
from ledger.log.recorder import Recorder
from ledger.vault.inspection import media_type
from support.givens import DAY
from support.large import large_pdf

SIZE = 2 * 1024 * 1024
ACTOR = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


class Content(NamedTuple):
    """What is deposited: the same for the same number."""

    number: int

    async def pieces(self) -> AsyncIterator[bytes]:
        for piece in large_pdf(SIZE, self.number):
            yield piece


def deposit(service: Service, establishment_id: UUID, number: int) -> Concluded:
    """The whole way of one file, the content being its key."""

    async def ask() -> Concluded:
        deposits = Deposits(service)
        draft = await deposits.receive(Content(number), actor=ACTOR, limit_bytes=2 * SIZE)
        asked = Asked(Side.FUND, "other", (), establishment_id, None, DAY, f"Pièce {number}.pdf")
        return await deposits.conclude(draft, asked, actor=ACTOR, key=None, correlation_id=uuid4())

    return asyncio.run(ask())


class Death(NamedTuple):
    """How a deposit ended: `signal` where it killed itself; what it was told where it lived; its steps, as far as it
    came.
    """

    signal: int | None
    told: dict[str, Any]
    steps: list[str]


class Depositor:
    """The program, for a test: one order at a time."""

    def __init__(self, environment: Mapping[str, str], establishment_id: UUID) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "support.dying", str(establishment_id)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        )

    def deposit(self, number: int, at: int | None = None) -> Death:
        """Content `number`, killed before its step `at` (from 1), or not."""
        return _death(self._ask({"number": number, "at": at, "signal": signal.SIGKILL}))

    def begin(self, number: int, step: str) -> None:
        """The same, stopped until `resume` before its first step of a kind."""
        told = self._ask({"number": number, "at": step, "signal": signal.SIGSTOP})
        assert told["stopped"], told

    def resume(self) -> Death:
        return _death(self._ask({}))

    def close(self) -> None:
        """Its input ends, and it with it."""
        with self._process:
            pass

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))


def _death(told: dict[str, Any]) -> Death:
    return Death(told["signal"], told["told"], told["steps"])


class _Steps:
    """Counts the steps of this process; before the n-th it ends it. `report` is told each: the dead tell nothing."""

    def __init__(self, at: int | str | None, sign: int, report: int) -> None:
        self._at, self._sign, self._report = at, sign, report
        self._taken = 0
        self._write = os.write

    def take(self, name: str) -> None:
        self._taken += 1
        self.tell({"step": name})
        if self._at in (self._taken, name):
            # To this very thread: told to the process, another one may take it, and this one go on for a while.
            signal.pthread_kill(threading.get_ident(), self._sign)

    def tell(self, what: dict[str, Any]) -> None:
        self._write(self._report, json.dumps(what).encode() + b"\n")

    def before(self, owner: Any, name: str, label: str | None = None, *, after: bool = False) -> None:
        """Count the calls of a function as steps; `after`: its answer as one more."""
        original: Callable[..., Any] = getattr(owner, name)
        label = label or name

        @functools.wraps(original)
        def counted(*arguments: Any, **options: Any) -> Any:
            self.take(label)
            answer = original(*arguments, **options)
            if after:
                self.take(f"{label}, answered")
            return answer

        setattr(owner, name, counted)


def _watch(counted: _Steps) -> None:
    steps.examined = lambda file, **_: media_type(file)  # without a child, whose own steps are not the deposit's
    for name in ("write", "fsync", "mkdir", "link", "unlink"):
        counted.before(os, name)
    counted.before(intents, "begin", "intent", after=True)
    counted.before(intents, "held", "fence")
    counted.before(intents, "end", "intent ends")
    counted.before(Recorder, "append", after=True)
    counted.before(psycopg.Transaction, "__exit__", "commit")
    counted.before(urllib3.HTTPConnectionPool, "urlopen", "request", after=True)


def _child(order: dict[str, Any], report: int, settings: Settings, establishment_id: UUID) -> None:
    counted = _Steps(order["at"], order["signal"], report)
    with services.opened(settings) as service:
        _watch(counted)
        try:
            done = deposit(service, establishment_id, order["number"])
            told = {"id": str(done.outcome.resource_id), "already": done.already}
        except Exception as refused:  # noqa: BLE001 - told to the test, which says what it should be
            told = {"refused": type(refused).__name__}
    counted.tell(told)


def _answer(pid: int, reading: int) -> bool:
    """Tell how the child ended, or that it stands still; whether it does."""
    _, status = os.waitpid(pid, os.WUNTRACED)
    lines = [json.loads(line) for line in _available(reading)]
    _steps_so_far.extend(line["step"] for line in lines if "step" in line)
    told = next((line for line in lines if "step" not in line), {})
    ended = {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None, "told": told}
    stopped = os.WIFSTOPPED(status)
    print(json.dumps({**ended, "stopped": stopped, "steps": _steps_so_far}), flush=True)
    return stopped


_steps_so_far: list[str] = []


def _available(reading: int) -> list[str]:
    os.set_blocking(reading, False)
    held = b""
    with contextlib.suppress(BlockingIOError):
        while piece := os.read(reading, 65_536):
            held += piece
    return held.decode().splitlines()


def main() -> None:
    settings, establishment_id = Settings.from_environment(), UUID(sys.argv[1])
    pid = reading = 0
    stopped = False
    for line in sys.stdin:
        order = json.loads(line)
        if order:
            _steps_so_far.clear()
            reading, writing = os.pipe()
            pid = os.fork()
            if pid == 0:
                _child(order, writing, settings, establishment_id)
                os._exit(0)
            os.close(writing)
        else:
            os.kill(pid, signal.SIGCONT)
        stopped = _answer(pid, reading)
        if not stopped:
            os.close(reading)
    if stopped:
        os.kill(pid, signal.SIGKILL)  # its test failed: nobody would ever wake it


if __name__ == "__main__":
    main()
