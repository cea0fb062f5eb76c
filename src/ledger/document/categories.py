"""What documents there are: who may hand in which, on which dossiers, how large and of which types.

A category is data, not a type of event: to add one is to add its code and its line here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ledger.document.events import Category, Side
from ledger.dossier.scheme import Scheme
from ledger.vault.inspection import ALLOWED

_MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """One category. `schemes`: the dossiers on which a member or a provider hands it in; `required_by`: those that are
    not paid without it, whoever brings it. `label` is French.
    """

    code: Category
    label: str
    sides: frozenset[Side]
    schemes: frozenset[Scheme] = frozenset(Scheme)
    limit_mib: int = 25
    types: tuple[str, ...] = ALLOWED
    required_by: frozenset[Scheme] = frozenset()

    @property
    def limit_bytes(self) -> int:
        return self.limit_mib * _MEBIBYTE

    def is_handed_in(self, side: Side, scheme: Scheme) -> bool:
        """The fund files whatever it was given, and what it imports, on any dossier."""
        return side in self.sides and (side is Side.FUND or scheme in self.schemes)


_FUND: Final = frozenset({Side.FUND})
_MEMBER: Final = frozenset({Side.MEMBER, Side.FUND})
_PROVIDER: Final = frozenset({Side.PROVIDER, Side.FUND})
_ALL: Final = frozenset(Side)
_QUOTED: Final = frozenset({Scheme.PLAN, Scheme.POEC, Scheme.POEI, Scheme.RECONV})
_CONTRACTS: Final = frozenset({Scheme.ALTE, Scheme.C_PRO})
_ALTERNANCE: Final = frozenset({Scheme.ALTE})
_PLAN: Final = frozenset({Scheme.PLAN})

CATEGORIES: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.code.value: kind
        for kind in (
            Kind(Category.AGREEMENT, "Accord de prise en charge", _FUND, limit_mib=10),
            Kind(Category.REMITTANCE_ADVICE, "Avis de virement", _FUND, limit_mib=10),
            Kind(Category.FUND_DOCUMENT, "Document du fonds", _FUND),
            Kind(Category.CONTRACT, "Contrat (CERFA)", _MEMBER, _CONTRACTS, required_by=_CONTRACTS),
            Kind(Category.TRAINING_AGREEMENT, "Convention de formation", _ALL, required_by=_ALTERNANCE),
            Kind(Category.PROGRAMME, "Programme de formation", _ALL, required_by=_PLAN | {Scheme.C_PRO}),
            Kind(Category.QUOTE, "Devis", _ALL, _QUOTED),
            Kind(Category.INVOICE, "Facture", _ALL, required_by=_PLAN),
            Kind(Category.CERTIFICATE, "Certificat de réalisation", _ALL, required_by=_PLAN),
            Kind(Category.ATTENDANCE, "Feuilles d'émargement", _PROVIDER),
            Kind(Category.OTHER, "Autres pièces", _ALL),
        )
    }
)
"""By code, in the order in which a form offers them. A PLAN asks for a quote or for an agreement: neither is marked."""


def handed_in(side: Side, scheme: Scheme) -> Iterator[Kind]:
    """The categories that one side may hand in on a dossier of a scheme."""
    return (kind for kind in CATEGORIES.values() if kind.is_handed_in(side, scheme))
