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
_FUND: Final = str(FUND)
_PROVIDER: Final = Side.PROVIDER.value
_COMPANY: Final = Side.COMPANY.value


def holders(dossier: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(establishment, side) of every list that shows the dossier, the fund's included."""
    for establishment_id, side, _ in shares(dossier):
        yield establishment_id, side


def shares(dossier: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """As `holders`, with the whole set of establishments that share the dossier on that side, as one text."""
    providers = sorted(set(dossier["provider_establishment_ids"]))
    for provider in providers:
        yield provider, _PROVIDER, ",".join(providers)
    company = dossier["company_establishment_id"]
    yield company, _COMPANY, company
    yield _FUND, FUND_SIDE, ""
