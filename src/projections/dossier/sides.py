"""Through what a dossier is seen: its establishments, each on its side, and the fund itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from projections.reader import FUND


class Side(StrEnum):
    """« Espace OF » shows the dossiers that one trains for, « Espace Adhérent » those that one employs for."""

    PROVIDER = "provider"
    COMPANY = "company"


FUND_SIDE: Final = "fund"
Share = tuple[str, str, str]
"""(establishment, side, the establishments that share the dossier on that side)."""

_PROVIDER: Final = Side.PROVIDER.value
_COMPANY: Final = Side.COMPANY.value
_ALL: Final[Share] = (str(FUND), FUND_SIDE, "")


def holders(dossier: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(establishment, side) of every list that shows the dossier, the fund's included."""
    for establishment_id, side, _ in shares(dossier):
        yield establishment_id, side


def shares(dossier: Mapping[str, Any]) -> tuple[Share, ...]:
    """As `holders`, with the whole set of establishments that share the dossier on that side, as one text."""
    company_id, provider_ids = dossier["company_establishment_id"], dossier["provider_establishment_ids"]
    # One provider, nearly always: this is made for each dossier that opens, settles or is listed.
    providers = provider_ids if len(provider_ids) == 1 else sorted(set(provider_ids))
    together = ",".join(providers)
    return (
        *[(provider, _PROVIDER, together) for provider in providers],
        (company_id, _COMPANY, company_id),
        _ALL,
    )
