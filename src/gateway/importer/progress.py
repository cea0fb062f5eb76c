"""How far an import has come: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

_LINES_PER_NOTE: Final = 10_000


class Follower(Protocol):
    """Told as files begin and lines are done."""

    def begin(self, label: str, lines: int) -> None: ...

    def advance(self, lines: int) -> None: ...


class Silent:
    """For callers with nothing to show."""

    def begin(self, label: str, lines: int) -> None:
        """Nothing to show."""

    def advance(self, lines: int) -> None:
        """Nothing to show."""


class Bars:
    """One bar a file."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def begin(self, label: str, lines: int) -> None:
        self._task = self._progress.add_task(label, total=lines)

    def advance(self, lines: int) -> None:
        if self._task is not None:
            self._progress.advance(self._task, lines)


class Notes:
    """A line when a file begins, and one now and then: for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._label, self._total, self._done = "", 0, 0

    def begin(self, label: str, lines: int) -> None:
        self._label, self._total, self._done = label, lines, 0
        self._console.print(f"{label} : {lines} lignes")

    def advance(self, lines: int) -> None:
        before, self._done = self._done, self._done + lines
        if before // _LINES_PER_NOTE < self._done // _LINES_PER_NOTE:
            self._console.print(f"{self._label} : {self._done} / {self._total}")


@contextmanager
def follow(console: Console | None = None) -> Iterator[Follower]:
    """The follower that suits the console: standard error by default, so that standard output stays a result."""
    console = console or Console(file=sys.stderr, highlight=False)
    if not console.is_terminal:
        yield Notes(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        yield Bars(progress)
