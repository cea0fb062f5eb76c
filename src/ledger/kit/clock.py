"""Time: instants are UTC, days are Europe/Paris. Decisions take the time as an input; only
this module reads a clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from ledger.kit.errors import Invalid

PARIS: Final = ZoneInfo("Europe/Paris")
_FRENCH_DAY: Final = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Clock = Callable[[], datetime]
"""Gives the present instant, aware, in UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)


def paris_day(instant: datetime) -> date:
    """The calendar day in France at an instant: an event at 23:30 UTC on 31 December belongs to the next year."""
    return instant.astimezone(PARIS).date()


def parse_date(text: str, *, field: str = "date") -> date:
    """The day written `01/09/2022` or `2022-09-01`, and nothing else; Invalid, naming `field`, for any other text."""
    written = text.strip()
    french = _FRENCH_DAY.fullmatch(written)
    if french is None and _ISO_DAY.fullmatch(written) is None:
        raise Invalid(field=field, rule="La date s'écrit jj/mm/aaaa ou aaaa-mm-jj.")
    try:
        return date.fromisoformat("{2}-{1}-{0}".format(*french.groups()) if french else written)
    except ValueError:
        raise Invalid(field=field, rule="Cette date n'existe pas.") from None
