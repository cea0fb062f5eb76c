"""Bars, drawn where the numbers are: whole coordinates for an inline SVG, so that a template only writes them down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 240
_LEFT: Final = 84
_TOP: Final = 8
_FLOOR: Final = 212
_MOST_LINES: Final = 4
_NAMED: Final = 8
"""Bars that have their name below them, at most: the others are read from their neighbours and from the table."""


@dataclass(frozen=True)
class Bar:
    """`said` is what a pointer is told; `name` ends below its right edge, empty where there is no room. `odd`: every
    other name, which a telephone leaves out.
    """

    x: int
    y: int
    width: int
    height: int
    said: str
    name: str = ""
    odd: bool = False

    @property
    def right(self) -> int:
        return self.x + self.width


@dataclass(frozen=True)
class Line:
    """A horizontal line at `cents`."""

    y: int
    cents: int


@dataclass(frozen=True)
class Bars:
    """A figure of WIDTH by HEIGHT, its bars standing on `floor`."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    floor: int = _FLOOR


def bars_of(series: Sequence[tuple[str, int, str]]) -> Bars:
    """The bars of `series`, (name, cents, said) each, left to right. Cents are never negative."""
    most = max((cents for _, cents, _ in series), default=0)
    step = _step(most)
    top = max(step, _up(most, step) * step)
    bars = tuple(_bar(series, n, top) for n in range(len(series)))
    return Bars(bars, tuple(Line(_at(cents, top), cents) for cents in range(step, top + 1, step)))


def _bar(series: Sequence[tuple[str, int, str]], n: int, top: int) -> Bar:
    """The last one has its name; of the others as many as there is room for."""
    name, cents, said = series[n]
    room, y = (WIDTH - _LEFT) / len(series), _at(cents, top)
    nth, rest = divmod(len(series) - 1 - n, _up(len(series), _NAMED))
    shown = "" if rest else name
    return Bar(round(_LEFT + (n + 0.15) * room), y, max(1, round(room * 0.7)), _FLOOR - y, said, shown, nth % 2 == 1)


def _up(number: int, parts: int) -> int:
    """Divided, rounded up."""
    return -(-number // parts)


def _at(cents: int, top: int) -> int:
    """How high. What was paid at all is seen: one unit at least."""
    height = round(cents * (_FLOOR - _TOP) / top)
    return _FLOOR - (max(1, height) if cents else 0)


def _step(most: int) -> int:
    """Between two lines: 1, 2 or 5 euros with as many noughts as leave four lines at most."""
    step = 100
    while True:
        for factor in (1, 2, 5):
            if step * factor * _MOST_LINES >= most:
                return step * factor
        step *= 10
