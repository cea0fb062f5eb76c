"""Filling in several processes at once: each takes some of the projections, and reads of the log what these handle."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from operator import setitem
from typing import Final

from psycopg import Connection
from psycopg.rows import DictRow

from projections.engine.filling import Filling, fill
from projections.engine.opening import Opener
from projections.engine.projector import Projector

Elsewhere = Callable[[], AbstractContextManager[Opener]]
"""Opens the same keyring in another process; it travels there through a pipe."""

_Task = tuple[Filling, Sequence[Projector], Elsewhere, Container[str]]
_Helper = subprocess.Popen[bytes]
_SAMPLE: Final = 20_000
_DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class Shared:
    """How to share: `elsewhere` None means that this process does it all."""

    processes: int = 1
    elsewhere: Elsewhere | None = None


ALONE: Final = Shared()


@dataclass(frozen=True, slots=True)
class Helpers:
    """Other interpreters, which wait for their tasks, and how they open the keyring."""

    processes: Sequence[_Helper]
    elsewhere: Elsewhere | None


@contextmanager
def helpers(shared: Shared, projectors: Sequence[Projector]) -> Iterator[Helpers]:
    """The other interpreters, which begin meanwhile: they know what to import, and wait for their tasks."""
    count = 0 if shared.elsewhere is None else min(shared.processes, len(projectors)) - 1
    modules = sorted({type(each).__module__ for each in projectors})
    command = [sys.executable, "-c", f"from {__name__} import main; main()", *modules]
    with ExitStack() as stack:
        pipe = subprocess.PIPE
        processes = [
            stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe))  # noqa: S603 - ourselves
            for _ in range(count)
        ]
        yield Helpers(processes, shared.elsewhere)


def fill_shared(
    filling: Filling,
    keyring: Opener,
    groups: Sequence[Sequence[Projector]],
    others: Helpers,
    known: Container[str],
) -> list[str]:
    """Fill each group of projectors by a process of its own, the first by this one; what ended some of it early."""
    if not others.processes or others.elsewhere is None:
        return _told(fill(filling, [each for group in groups for each in group], keyring, known))
    reached = [0] * len(groups)
    apart = replace(filling, progress=_nothing, made=tuple)
    names = frozenset(known) if isinstance(known, Iterable) else known
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(len(others.processes)))
        runs = []
        for n, (other, group) in enumerate(zip(others.processes, groups[1:], strict=True), start=1):
            task = (apart, tuple(group), others.elsewhere, names)
            runs.append(pool.submit(_run_apart, other, task, filling.made, partial(setitem, reached, n)))

        def here(at: int) -> None:
            reached[0] = at
            filling.progress(min(reached))

        ended = _told(fill(replace(filling, progress=here), groups[0], keyring, known))
        while wait(runs, timeout=0.2).not_done:
            filling.progress(min(reached))
    filling.progress(min(reached))
    return ended + [error for run in runs for error in _told(run.result())]


def grouped(connection: Connection[DictRow], projectors: Sequence[Projector], processes: int) -> list[list[Projector]]:
    """The projectors in at most so many groups, with about as much to do each, the heaviest first."""
    rows = connection.execute(
        "select name, count(*) as n from log.events "
        "where position > (select max(position) from log.events) - %s group by name",
        (_SAMPLE,),
    )
    counts = {row["name"]: row["n"] for row in rows}
    weights = {each.NAME: 1 + _weight(each, counts) for each in projectors}
    groups: list[list[Projector]] = [[] for _ in range(max(1, min(processes, len(projectors))))]

    def weight(group: Sequence[Projector]) -> int:
        return sum(weights[each.NAME] for each in group)

    for projector in sorted(projectors, key=lambda each: -weights[each.NAME]):
        min(groups, key=weight).append(projector)
    return sorted(groups, key=weight, reverse=True)


def _weight(projector: Projector, counts: Mapping[str, int]) -> int:
    # To open what is sealed, and to take it apart into words, takes as long as to fold two events more.
    return sum(counts.get(name, 0) for name in projector.HANDLERS) * (3 if projector.OPENS else 1)


def _run_apart(process: _Helper, task: _Task, made: Callable[[], object], tell: Callable[[int], None]) -> str | None:
    """Have a task done by another interpreter, which has nothing but what the task brings; see `main`."""
    made()
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("both were asked for")
    with suppress(BrokenPipeError):
        pickle.dump(task, process.stdin)
        process.stdin.close()
    error: str | None = "killed"
    for line in process.stdout:
        word = line.decode().strip()
        if word.isdigit():
            tell(int(word))
        else:
            error = None if word == _DONE else word
    return error


def main() -> None:
    """What the other interpreter does: fill as the task on its standard input says, a line for each batch, and one for
    how it ended. When whoever started it is gone, so is the reader of its lines, and the next one ends it.
    """
    for module in sys.argv[1:]:
        import_module(module)
    try:
        # A task comes from the process that started this one, through a pipe that nobody else has.
        filling, projectors, elsewhere, known = pickle.load(sys.stdin.buffer)  # noqa: S301
    except EOFError:
        return  # there was nothing to do after all
    try:
        with elsewhere() as keyring:
            error = fill(replace(filling, progress=partial(print, flush=True)), projectors, keyring, known)
    except BrokenPipeError:
        os._exit(1)  # not by way of a last flush, which would fail as well
    except Exception as failure:  # noqa: BLE001 - its kind is all that is told; whoever goes on finds out the rest
        error = type(failure).__name__
    print(error or _DONE, flush=True)


def _nothing(at: int) -> None:
    """The progress of a filling that has not begun."""


def _told(error: str | None) -> list[str]:
    return [] if error is None else [error]
