"""The parties of a generated fund: organisations, and their establishments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from random import Random

from gateway.generator import names
from gateway.generator.chance import Weighted, draw, skewed
from gateway.generator.size import Size
from ledger.kit.fictitious import fictitious_iban, fictitious_siren, fictitious_siret
from ledger.organisation.events import OrganisationKind

_MOST_ESTABLISHMENTS = 4


@dataclass(frozen=True, slots=True)
class Organisation:
    """`number` tells organisations apart, from 0: providers come first."""

    number: int
    siren: str
    name: str
    kinds: tuple[OrganisationKind, ...]
    member_number: str | None


@dataclass(slots=True, eq=False)
class Establishment:
    """`accounts`: how many accounts it has had; the last is the one to pay."""

    number: int
    organisation: Organisation
    siret: str
    name: str
    trade_name: str | None
    nda: str | None
    street: str
    postcode: str
    town: str
    accounts: int = 1

    @property
    def iban(self) -> str:
        return fictitious_iban(self.number * 1_000 + self.accounts)


class Fund:
    """One seed and one size always make the same fund."""

    def __init__(self, seed: int, size: Size) -> None:
        self.seed = seed
        self.size = size

    @cached_property
    def organisations(self) -> list[Organisation]:
        providers, members = self.size.provider_organisations, self.size.member_organisations
        return [self._organisation(number, providers) for number in range(providers + members)]

    @cached_property
    def establishments(self) -> list[Establishment]:
        made: list[Establishment] = []
        for organisation in self.organisations:
            chance = draw(self.seed, "establishments", organisation.number)
            for place in range(_count(organisation, chance)):
                made.append(_establishment(len(made), organisation, place, chance))
        return made

    @cached_property
    def largest_provider(self) -> list[Establishment]:
        """The establishments of the provider with the most dossiers."""
        return [each for each in self.establishments if each.organisation.number == 0]

    @cached_property
    def providers(self) -> Weighted[Establishment]:
        """The other providers' establishments, the larger first."""
        others = [each for each in self._of_kind(OrganisationKind.PROVIDER) if each.organisation.number != 0]
        return Weighted(others, skewed(len(others)))

    @cached_property
    def companies(self) -> Weighted[Establishment]:
        members = self._of_kind(OrganisationKind.MEMBER)
        return Weighted(members, skewed(len(members)))

    def _of_kind(self, kind: OrganisationKind) -> list[Establishment]:
        return [each for each in self.establishments if kind in each.organisation.kinds]

    def _organisation(self, number: int, providers: int) -> Organisation:
        chance = draw(self.seed, "organisation", number)
        trains = number < providers
        # A few providers are members of the fund as well.
        kinds = [OrganisationKind.PROVIDER] if trains else [OrganisationKind.MEMBER]
        if trains and number % 20 == 3:
            kinds.append(OrganisationKind.MEMBER)
        joined = OrganisationKind.MEMBER in kinds
        name = names.school(chance) if trains else names.company(chance)
        member_number = f"{1_000_000 + number}" if joined else None
        return Organisation(number, fictitious_siren(number), name, tuple(kinds), member_number)


def _count(organisation: Organisation, chance: Random) -> int:
    if organisation.number == 0:
        return _MOST_ESTABLISHMENTS - 1
    return chance.choices(range(1, _MOST_ESTABLISHMENTS + 1), weights=(70, 18, 8, 4))[0]


def _establishment(number: int, organisation: Organisation, place: int, chance: Random) -> Establishment:
    postcode, town = names.town(chance)
    trains = OrganisationKind.PROVIDER in organisation.kinds
    return Establishment(
        number=100_000 + number,
        organisation=organisation,
        siret=fictitious_siret(organisation.number, place),
        name=organisation.name if place == 0 else f"{organisation.name} — {town}",
        trade_name=f"{organisation.name} Pro" if chance.random() < 0.2 else None,
        nda=f"99{number:09d}" if trains else None,
        street=names.street(chance),
        postcode=postcode,
        town=town,
    )
