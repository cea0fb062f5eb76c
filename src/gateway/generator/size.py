"""How large a generated fund is. Scale 1 is a national fund over six years; the rest is a sample of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ledger.kit.money import split_cents

FIRST_MONDAY: Final = date(2020, 11, 2)
LAST_DAY: Final = date(2026, 10, 31)
"""The history ends on this day, whenever it is generated."""

_DOSSIERS: Final = 1_800_000
_LARGEST_PROVIDER: Final = 1_808
_BENEFICIARIES_OF_A_LOT: Final = 2_756
_PROVIDER_ORGANISATIONS: Final = 4_000
_MEMBER_ORGANISATIONS: Final = 60_000

# September is the peak of the training year; weights by month, January first.
_MONTHS: Final = (10, 10, 11, 9, 8, 10, 6, 5, 26, 16, 10, 7)


@dataclass(frozen=True, slots=True)
class Size:
    """`scale` above 0, up to 1."""

    scale: float

    def __post_init__(self) -> None:
        if not 0 < self.scale <= 1:
            raise ValueError("a scale lies above 0, and not above 1")

    @property
    def dossiers(self) -> int:
        return max(40, round(_DOSSIERS * self.scale))

    @property
    def provider_organisations(self) -> int:
        return self._shrunk(_PROVIDER_ORGANISATIONS, least=5)

    @property
    def member_organisations(self) -> int:
        return self._shrunk(_MEMBER_ORGANISATIONS, least=12)

    @property
    def beneficiaries_of_a_lot(self) -> int:
        """The most that one lot takes; the others wait for the next."""
        return max(6, math.ceil(_BENEFICIARIES_OF_A_LOT * self.scale))

    def dossiers_of_the_largest(self, provider_establishments: int) -> int:
        """A sample keeps the skew: the largest provider has far more than the mean, at any size."""
        share = min(0.35, 6.2 / provider_establishments)
        return min(_LARGEST_PROVIDER, round(self.dossiers * share))

    def weeks(self) -> list[tuple[date, int]]:
        """The Mondays of the history, with the dossiers opened in each week."""
        count = (LAST_DAY - FIRST_MONDAY).days // 7
        mondays = [FIRST_MONDAY + timedelta(weeks=week) for week in range(count)]
        opened = split_cents(self.dossiers, [_MONTHS[monday.month - 1] for monday in mondays])
        return list(zip(mondays, opened, strict=True))

    def _shrunk(self, full: int, *, least: int) -> int:
        # A smaller fund has fewer organisations, each with fewer dossiers.
        return max(least, round(full * math.pow(self.scale, 0.8)))
