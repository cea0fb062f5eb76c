"""What one cell of an import file may hold: each reader takes the text and gives the value, or refuses with the rule.

A refusal names the column and the rule, in French, and never the value: it may be personal, and the report is a file.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Protocol, TypeVar

from ledger.kit.errors import Invalid
from ledger.kit.identifiers import check_bic, check_iban, check_one_line, check_siret
from ledger.kit.money import parse_cents

MANY: Final = "|"
"""Sets apart several values in one cell: neither `;` nor `,`, which set apart the cells."""

_MOST_BASIS_POINTS: Final = 10_000

E = TypeVar("E", bound=StrEnum)


class Reader(Protocol):
    """Gives the value of a cell's text, which is not empty; raises Invalid, naming `field`."""

    def __call__(self, text: str, *, field: str) -> Any: ...


def line(text: str, *, field: str) -> str:
    """One line of text, 300 characters at most."""
    return check_one_line(text, field=field)


def choice(enumeration: type[E]) -> Reader:
    """One of the values of an enumeration, as its code is written."""
    codes = {member.value.casefold(): member for member in enumeration}
    rule = "Valeurs admises : " + ", ".join(member.value for member in enumeration) + "."

    def read(text: str, *, field: str) -> E:
        member = codes.get(text.strip().casefold())
        if member is None:
            raise Invalid(field=field, rule=rule)
        return member

    return read


def several(reader: Reader) -> Reader:
    """One value or more, set apart by `|`, each once."""

    def read(text: str, *, field: str) -> tuple[Any, ...]:
        values = tuple(reader(part.strip(), field=field) for part in text.split(MANY))
        if len(set(values)) < len(values):
            raise Invalid(field=field, rule="La même valeur figure deux fois dans la cellule.")
        return values

    return read


def percent(text: str, *, field: str) -> int:
    """Basis points of a rate in percent: `20`, `5,5`."""
    try:
        points = parse_cents(text.rstrip("% \u00a0\u202f"), field=field)
    except Invalid:
        points = _MOST_BASIS_POINTS + 1
    if points > _MOST_BASIS_POINTS:
        raise Invalid(field=field, rule="Le taux s'écrit en pourcentage, de 0 à 100, avec deux décimales au plus.")
    return points


def positive_cents(text: str, *, field: str) -> int:
    """Cents of an amount that is not zero."""
    cents = parse_cents(text, field=field)
    if cents == 0:
        raise Invalid(field=field, rule="Le montant ne peut pas être nul.")
    return cents


def file_name(text: str, *, field: str) -> str:
    """The relative path of a file beside the manifest; it may not climb out of its directory."""
    parts = text.replace("\\", "/").split("/")
    if text.startswith(("/", "\\")) or ":" in text or any(part in {"", ".", ".."} for part in parts):
        raise Invalid(field=field, rule="Le chemin du fichier est relatif au manifeste et reste dans son dossier.")
    return check_one_line("/".join(parts), field=field)


def remembered(reader: Callable[..., str]) -> Reader:
    """The same reader, remembering what it accepted: a file repeats its establishments from line to line."""
    known = lru_cache(maxsize=10_000)(reader)

    def read(text: str, *, field: str) -> str:
        return known(text, field=field)

    return read


siret: Final = remembered(check_siret)
iban: Final = remembered(check_iban)
bic: Final = remembered(check_bic)
