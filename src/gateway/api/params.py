"""Parameters of queries. A name that is not a parameter is refused: a filter misspelt must not list everything."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

MAX_LIMIT: Final = 200
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DEFAULT_LIMIT: Final = 50


def _iso(value: Any) -> Any:
    """Pydantic would read `1664582400` as a day; a query string has days in ISO form alone. A day is made here: what
    comes after is told a text of Python's, which a body's strict reading takes for no day.
    """
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value if _ISO_DAY.fullmatch(value) else "")
    except ValueError:
        raise PydanticCustomError("date_parsing", "") from None


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul", "")
    return text


def _no_control(text: str) -> str:
    if min(_no_nul(text)) < " ":
        raise PydanticCustomError("string_pattern_mismatch", "")
    return text


Day = Annotated[date, BeforeValidator(_iso)]
Text = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_no_nul)]
Number = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40), AfterValidator(_no_control)
]
"""A number or its beginning, and a lot's reference: no more than the read models' own filters take."""
LotReference = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=35), AfterValidator(_no_control)
]
Position = Annotated[int, Field(ge=0, lt=2**63)]


class Params(BaseModel):
    """What every query takes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    min_position: Position | None = Field(
        default=None, description="Attendre (2 s au plus) que cette position du journal soit visible."
    )


class PageParams(Params):
    """What every list takes."""

    limit: int = Field(default=_DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Nombre d'éléments par page.")
    cursor: str | None = Field(
        default=None, max_length=500, description="La valeur `next_cursor` de la page précédente."
    )
