"""A nursery whose children do what a hostile document would have them do, once it has taken them over.

    python -I captive.py

Its children are the real ones: forked, limited and fenced by the same code, which then runs one of the tasks below.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from ledger.vault.isolated import child, lent

Told = tuple[dict[str, Any], bytes]


def loop(file: BinaryIO, told: dict[str, Any]) -> Told:
    while True:
        pass


def wait(file: BinaryIO, told: dict[str, Any]) -> Told:
    select.poll().poll(3_600_000)
    return {}, b""


def hoard(file: BinaryIO, told: dict[str, Any]) -> Told:
    return {"got": len(bytearray(told["mebibytes"] << 20))}, b""


def die(file: BinaryIO, told: dict[str, Any]) -> Told:
    os.abort()


def break_out(file: BinaryIO, told: dict[str, Any]) -> Told:
    """The names of what could be done, which should be none."""
    attempts: dict[str, Callable[[], object]] = {
        "open a file": lambda: os.open("/etc/hostname", os.O_RDONLY),
        "write a file": lambda: os.open("/tmp/out", os.O_WRONLY | os.O_CREAT),
        "list processes": lambda: list(Path("/proc").iterdir()),
        "read the gateway's memory": lambda: os.open(f"/proc/{told['gateway']}/mem", os.O_RDONLY),
        "make a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "fork": os.fork,
        "run a program": lambda: os.execv("/bin/true", ["true"]),
        "signal the gateway": lambda: os.kill(told["gateway"], 0),
        "end the nursery": lambda: os.kill(os.getppid(), signal.SIGTERM),
        "put off the alarm": lambda: signal.setitimer(signal.ITIMER_REAL, 3600),
        "change a limit": lambda: resource.setrlimit(resource.RLIMIT_CPU, (10, 10)),
    }
    return {"done": [name for name, attempt in attempts.items() if _succeeds(attempt)]}, b""


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (OSError, ValueError):  # the second is Python's word for a limit that may not be set
        return False
    return True


def say(file: BinaryIO, told: dict[str, Any]) -> Told:
    """These bytes in place of an answer."""
    lent.tell(_socket(file), bytes.fromhex(told["words"]))
    os._exit(0)


def claim(file: BinaryIO, told: dict[str, Any]) -> Told:
    return told["head"], bytes(told.get("body", 0))


def read_on(file: BinaryIO, told: dict[str, Any]) -> Told:
    """The file over and over, for ever."""
    while True:
        file.seek(0)
        file.read()


def _socket(file: Any) -> int:
    return int(file.raw._descriptor)


if __name__ == "__main__":
    for task in (loop, wait, hoard, die, break_out, say, claim, read_on):
        child.TASKS[task.__name__] = task
    child.main()
