"""Repeatable chance: what is drawn depends on the seed and on what it is drawn for, and on nothing that came before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def draw(seed: int, *parts: object) -> Random:
    """A source of chance for one thing: the same for the same seed and name."""
    return Random("/".join(map(str, (seed, *parts))))  # noqa: S311 - invented data must be the same each time


class Weighted(Generic[T]):
    """Picks among things of unequal weight, in time that hardly grows with their number."""

    def __init__(self, things: Sequence[T], weights: Sequence[float]) -> None:
        self.things = things
        self._cumulated = list(accumulate(weights))

    def pick(self, chance: Random) -> T:
        return chance.choices(self.things, cum_weights=self._cumulated)[0]


def skewed(count: int) -> list[float]:
    """Weights of which the first is over four times the mean: a few are large, most are small."""
    return [1 + 27 * (1 - rank / count) ** 4 for rank in range(count)]
