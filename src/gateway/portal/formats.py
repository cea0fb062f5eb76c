"""How values are written for French readers: the filters of the templates.

What is absent, erased or typed by somebody never breaks a page: absent shows a dash that is read as « non renseigné »,
a person's text is set apart (`<bdi>`), so that a right-to-left name cannot turn its neighbours round.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from markupsafe import Markup, escape

from ledger.kit.clock import PARIS
from ledger.kit.money import format_euros

ERASED: Final = "effacé"
_MISSING: Final = Markup(
    '<span class="missing"><span aria-hidden="true">—</span><span class="sr">non renseigné</span></span>'
)
_ERASED: Final = Markup('<span class="missing">effacé</span>')
_NARROW: Final = "\u202f"
_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNITS: Final = ("octets", "Ko", "Mo", "Go")
_MONTHS: Final = (
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.",
)  # fmt: skip


def day(value: date | str | None) -> Markup | str:
    """`01/09/2022`, of a date or of its ISO form."""
    if value is None:
        return _MISSING
    return f"{date.fromisoformat(value[:10]) if isinstance(value, str) else value:%d/%m/%Y}"


def month(value: date | str) -> str:
    """`sept. 2022`, of any of its days."""
    on = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{_MONTHS[on.month - 1]} {on.year}"


def instant(value: datetime | str | None) -> Markup | str:
    """`01/09/2022 à 15 h 42`, in Paris."""
    if value is None:
        return _MISSING
    at = _paris(value)
    return f"{at:%d/%m/%Y} à {hour(at)}"


def hour(value: datetime | str) -> str:
    """`15 h 42`, in Paris."""
    at = _paris(value)
    return f"{at.hour}\u00a0h\u00a0{at.minute:02d}"


def moment(value: datetime | date | str | None) -> Markup | str:
    """An instant with its hour, a day without."""
    whole = isinstance(value, datetime) or (isinstance(value, str) and len(value) > len("2022-09-01"))
    return instant(value) if whole else day(value)  # type: ignore[arg-type]  # `whole` says which


def euros(cents: int | None) -> Markup | str:
    """`87 518,50 €`."""
    return _MISSING if cents is None else format_euros(cents)


def amount(cents: int | None) -> Markup | str:
    """`87 518,50`: in a column whose head says the unit."""
    return _MISSING if cents is None else format_euros(cents)[:-2]


def whole_euros(cents: int) -> str:
    """`87 500 €`: beside a figure's lines, which lie on whole euros."""
    return f"{count(cents // 100)}\u00a0€"


def iban(value: str | None) -> Markup | str:
    """In groups of four, which a narrow column may set on two lines; one that is masked keeps its mask."""
    if not value:
        return _MISSING
    if value == ERASED:
        return _ERASED
    text = value.replace(" ", "")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def siret(value: str | None) -> Markup | str:
    """`123 456 789 00012`, in one piece on the line."""
    if not value:
        return _MISSING
    return "\u00a0".join((value[:3], value[3:6], value[6:9], value[9:])) if len(value) == 14 else value


def count(number: int) -> str:
    """`10 000`."""
    return f"{number:,}".replace(",", _NARROW)


def size(octets: int | None) -> Markup | str:
    """`12 Ko`, `1,4 Mo`: what a download weighs, in powers of 1,000 as browsers count it."""
    if octets is None:
        return _MISSING
    weight, unit = float(octets), 0
    while weight >= 1000 and unit < len(_UNITS) - 1:
        weight, unit = weight / 1000, unit + 1
    shown = f"{weight:.1f}".replace(".", ",") if unit > 1 and weight < 10 else f"{weight:.0f}"
    return f"{shown}\u00a0{_UNITS[unit]}"


def plain(value: object) -> Markup:
    """A text that somebody typed, isolated from the direction of what stands around it."""
    if value is None or value == "":
        return _MISSING
    return _ERASED if value == ERASED else Markup("<bdi>{}</bdi>").format(value)


def bare(value: object) -> Markup:
    """The same for a title or an attribute, which have no elements: without marks that turn the direction."""
    return escape(_BIDI.sub("", "" if value is None else str(value)))


def person(last_name: str | None, first_name: str | None = None) -> Markup:
    """`NOM Prénom`. One who has neither was erased: nobody is registered without a name."""
    names = [name for name in ((last_name or "").upper(), first_name) if name]
    return plain(" ".join(names)) if names else _ERASED


def _paris(value: datetime | str) -> datetime:
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(PARIS)


def delay(seconds: str) -> str:
    """How long to wait, as `Retry-After` has it: « 12 secondes », from two minutes on « 15 minutes », rounded up."""
    wait = int(seconds)
    if wait >= 120:
        return f"{-(-wait // 60)} minutes"
    return f"{wait} seconde{'s' if wait > 1 else ''}"


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "amount": amount,
    "bare": bare,
    "count": count,
    "day": day,
    "delay": delay,
    "euros": euros,
    "hour": hour,
    "iban": iban,
    "instant": instant,
    "moment": moment,
    "month": month,
    "person": person,
    "plain": plain,
    "siret": siret,
    "size": size,
    "whole_euros": whole_euros,
}
