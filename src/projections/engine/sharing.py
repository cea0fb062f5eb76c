"""Filling in several processes at once: each takes some of the projections, and reads of the log what these handle."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context, parent_process
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import DictRow

from projections.engine.filling import Filling, fill
from projections.engine.opening import Opener
from projections.engine.projector import Projector
from projections.engine.reading import known_names

Elsewhere = Callable[[], AbstractContextManager[Opener]]
"""Opens the same keyring in another process; it travels there through a pipe."""

_SAMPLE: Final = 20_000
_reached: Any = None  # in a process of the pool: the positions that all of them have reached


@dataclass(frozen=True, slots=True)
class Shared:
    """How to share: `elsewhere` None means that this process does it all."""

    processes: int = 1
    elsewhere: Elsewhere | None = None


ALONE: Final = Shared()


def fill_shared(
    filling: Filling, keyring: Opener, groups: Sequence[Sequence[Projector]], shared: Shared, known: Container[str]
) -> list[str]:
    """Fill each group of projectors by a process of its own, the first by this one; what ended some of it early."""
    if len(groups) == 1 or shared.elsewhere is None:
        return _told(fill(filling, [each for group in groups for each in group], keyring, known))
    reached: Any = get_context("spawn").Array("q", len(groups))
    here = replace(filling, progress=partial(_report, filling, reached))
    with ProcessPoolExecutor(len(groups) - 1, get_context("spawn"), _begin, (reached,)) as pool:
        apart = replace(filling, progress=_nothing)
        names = None if known is known_names() else known
        others = [
            pool.submit(_fill_apart, apart, list(group), shared.elsewhere, names, index)
            for index, group in enumerate(groups[1:], start=1)
        ]
        ended = _told(fill(here, groups[0], keyring, known))
        while wait(others, timeout=0.2).not_done:
            filling.progress(min(reached))
        filling.progress(min(reached))
    return ended + [error for other in others for error in _error_of(other)]


def grouped(connection: Connection[DictRow], projectors: Sequence[Projector], processes: int) -> list[list[Projector]]:
    """The projectors in at most so many groups, with about as many events to handle each, the heaviest first."""
    rows = connection.execute(
        "select name, count(*) as n from log.events "
        "where position > (select max(position) from log.events) - %s group by name",
        (_SAMPLE,),
    )
    counts = {row["name"]: row["n"] for row in rows}
    weights = {each.NAME: 1 + sum(counts.get(name, 0) for name in each.HANDLERS) for each in projectors}
    groups: list[list[Projector]] = [[] for _ in range(max(1, min(processes, len(projectors))))]

    def weight(group: Sequence[Projector]) -> int:
        return sum(weights[each.NAME] for each in group)

    for projector in sorted(projectors, key=lambda each: -weights[each.NAME]):
        min(groups, key=weight).append(projector)
    return sorted(groups, key=weight, reverse=True)


def _begin(reached: Any) -> None:
    global _reached  # noqa: PLW0603 - how a pool gives its processes what cannot travel with a task
    _reached = reached


def _fill_apart(
    filling: Filling, projectors: Sequence[Projector], elsewhere: Elsewhere, known: Container[str] | None, index: int
) -> str | None:
    def told(at: int) -> None:
        _reached[index] = at
        parent = parent_process()
        if parent is None or not parent.is_alive():
            # Whoever would go on from here is gone; a rebuild that is started again must find nobody at work.
            raise SystemExit

    with elsewhere() as keyring:
        return fill(replace(filling, progress=told), projectors, keyring, known_names() if known is None else known)


def _report(filling: Filling, reached: Any, at: int) -> None:
    reached[0] = at
    filling.progress(min(reached))


def _nothing(at: int) -> None:
    """The progress of a filling that has not begun."""


def _told(error: str | None) -> list[str]:
    return [] if error is None else [error]


def _error_of(other: Future[str | None]) -> Iterator[str]:
    # A process that was killed, or could not open the keyring, leaves its part to whoever goes on.
    error = other.exception()
    if error is not None:
        yield type(error).__name__
    elif told := other.result():
        yield told
