"""Time: instants are UTC, days are Europe/Paris. Decisions take the time as an input; only this module reads a clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

PARIS: Final = ZoneInfo("Europe/Paris")

Clock = Callable[[], datetime]
"""Gives the present instant, aware, in UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)


def paris_day(instant: datetime) -> date:
    """The calendar day in France at an instant: an event at 23:30 UTC on 31 December belongs to the next year."""
    return instant.astimezone(PARIS).date()
