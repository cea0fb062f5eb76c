"""The folds as a child process, which ends with its parent however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PATIENCE_SECONDS: Final = 20.0


@contextmanager
def worker(environment: Mapping[str, str], log_file: Path, *, lost: Callable[[int], None]) -> Iterator[int]:
    """Run `dossier-ledger work` for the length of the block; gives its pid.

    Its standard input is a pipe that only this process holds: when it closes, the worker finishes its batch and ends.
    `lost` is called, in a thread, with the exit code of a worker that ended by itself.
    """
    with log_file.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli.main", "work", "--with-parent"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
            start_new_session=True,  # a Ctrl-C meant for us does not reach it: it is stopped after the API
        )
    stopping = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process, stopping, lost), daemon=True)
    watcher.start()
    try:
        yield process.pid
    finally:
        stopping.set()
        _stop(process)
        watcher.join()


def _watch(process: subprocess.Popen[bytes], stopping: threading.Event, lost: Callable[[int], None]) -> None:
    code = process.wait()
    if not stopping.is_set():
        lost(code)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
