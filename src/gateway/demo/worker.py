"""The folds as a child process, which ends with its parent however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PATIENCE_SECONDS: Final = 20.0


@contextmanager
def worker(environment: Mapping[str, str], log_file: Path) -> Iterator[threading.Event]:
    """Run `dossier-ledger work` for the length of the block; gives an event that is set if it ends by itself.

    Its standard input is a pipe that only this process holds: when it closes, the worker finishes its batch and ends.
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
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process, ended), daemon=True)
    watcher.start()
    try:
        yield ended
    finally:
        _stop(process)
        watcher.join()


def _watch(process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    process.wait()
    ended.set()


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
