"""Money is whole cents of euro, as Python integers: never floats, never decimals with a hidden precision.

Amounts come in as French people and spreadsheets write them; whatever could be read in two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field

from ledger.kit.errors import Invalid

MAX_CENTS: Final = 10**13
"""A hundred billion euros: above any fund's total, and far below the bounds of PostgreSQL's bigint."""

Cents = Annotated[int, Field(strict=True, ge=0, le=MAX_CENTS)]
"""An amount in cents, zero allowed."""

PositiveCents = Annotated[int, Field(strict=True, gt=0, le=MAX_CENTS)]
"""An amount in cents that is not zero: an invoice, a line, an agreement."""

_SPACES: Final = " \u00a0\u202f"
_AMOUNT: Final = re.compile(
    rf"(?P<euros>[0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+|[0-9]{{1,12}})(?:[.,](?P<cents>[0-9]{{1,2}}))?[{_SPACES}]?€?"
)
_THREE_DECIMALS: Final = re.compile(rf"[0-9{_SPACES}]+[.,][0-9]{{3,}}[{_SPACES}]?€?")
_SIGNS: Final = "+-−("


def parse_cents(text: str, *, field: str = "amount") -> int:
    """Cents of `87 518,50`, `87518.50`, `87 518,50 €` or `12,5` (one decimal is tenths: spreadsheets drop the zero).

    Thousands may be set apart by a space (plain, U+00A0 or U+202F), in threes; the decimal mark is a comma or a point.
    `1.234,56` and `1,234.56` are refused, as is `1.234`: an importer that guesses which mark is which pays a
    thousandfold one day. Signs, exponents, three decimals are refused. Raises Invalid naming `field`, never the text.
    """
    amount = text.strip(_SPACES)
    match = _AMOUNT.fullmatch(amount)
    if match is None:
        raise Invalid(field=field, rule=_broken_rule(amount))
    euros = int(match["euros"].translate({ord(space): None for space in _SPACES}))
    cents = euros * 100 + int((match["cents"] or "0").ljust(2, "0"))
    if cents > MAX_CENTS:
        raise Invalid(field=field, rule="Le montant dépasse 100 milliards d'euros.")
    return cents


def _broken_rule(amount: str) -> str:
    if not amount:
        return "Le montant est vide."
    if amount.startswith(tuple(_SIGNS)):
        return "Le montant s'écrit sans signe."
    if "." in amount and "," in amount:
        return "Le montant mêle point et virgule : écrivez 1234,56 ou 1 234,56."
    if _THREE_DECIMALS.fullmatch(amount):
        return "Le montant a deux décimales au plus."
    return "Le montant s'écrit en euros et centimes, par exemple 1 234,56."


def format_euros(cents: int) -> str:
    """`87 518,50 €` as French typography has it: U+202F between thousands, U+00A0 before the sign."""
    euros, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return f"{sign}{euros:,}".replace(",", "\u202f") + f",{rest:02d}\u00a0€"


def split_cents(total: int, shares: Sequence[int]) -> list[int]:
    """`total` cents split in proportion to whole `shares` (40/30/20/10, days, …), adding up exactly.

    Largest remainder: each part is rounded down, then the cents left over go one by one to the parts that lost most,
    the earlier first where they lost the same. Without a positive share, or with a negative one: ValueError.
    """
    whole = sum(shares)
    if total < 0 or whole <= 0 or min(shares) < 0:
        raise ValueError("split_cents needs a total and shares that are not negative, and one share at least")
    parts = [total * share // whole for share in shares]
    losers = sorted(range(len(shares)), key=lambda index: (-(total * shares[index] % whole), index))
    for index in losers[: total - sum(parts)]:
        parts[index] += 1
    return parts
