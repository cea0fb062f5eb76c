"""Days as commands take them, and periods (« Du », « Au »): both ends belong to the period."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from ledger.kit.errors import Invalid

_ISO_DAY: Final = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")


def _check_day(value: Any) -> date:
    # pydantic alone would read 0 as 1970-01-01 and a date-time at midnight as its day.
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        raise PydanticCustomError("rule", "La date s'écrit aaaa-mm-jj.")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("rule", "Cette date n'existe pas.") from None


Day = Annotated[date, BeforeValidator(_check_day), WithJsonSchema({"type": "string", "format": "date"})]
"""A calendar day of the years 1900 to 2199, written `2022-09-01`."""


def check_period(starts_on: date, ends_on: date, *, field: str = "ends_on") -> None:
    """Invalid, naming `field`, where a period ends before it starts. A single day is a period."""
    if ends_on < starts_on:
        raise Invalid(field=field, rule="La date de fin précède la date de début.")
