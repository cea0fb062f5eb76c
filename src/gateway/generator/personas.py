"""Who signs in to a demonstration: the same persons each time, of the generated fund's largest parties."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.generator.fund import Establishment, Fund
from ledger.account.events import Profile, Role
from ledger.organisation.events import OrganisationKind


@dataclass(frozen=True, slots=True)
class Persona:
    """`key` names the persona in the demonstration. Those of the portals have a membership as well."""

    key: str
    civility: str
    first_name: str
    last_name: str
    email: str
    role: Role
    kind: OrganisationKind | None = None
    profile: Profile | None = None
    siren: str | None = None
    sirets: tuple[str, ...] = ()


def personas(fund: Fund) -> tuple[Persona, ...]:
    """The référent holds every establishment of the largest provider, the user one of them."""
    provider = fund.largest_provider
    company = fund.companies.things[0]
    member = [each for each in fund.establishments if each.organisation is company.organisation]
    kind, first = OrganisationKind.PROVIDER, provider[:1]
    return (
        _of_portal("provider", ("Mme", "Zélie", "Quorzeul"), kind, Profile.REFERENT, provider),
        _of_portal("provider-user", ("M.", "Oxandre", "Plembrac"), kind, Profile.USER, first),
        _of_portal("member", ("Mme", "Iloué", "Wexdrin"), OrganisationKind.MEMBER, Profile.REFERENT, member),
        _of_fund("case-manager", ("M.", "Trufald", "Skloziac"), Role.CASE_MANAGER),
        _of_fund("accountant", ("Mme", "Noxane", "Vrulmouche"), Role.ACCOUNTANT),
        _of_fund("second-accountant", ("M.", "Uldaric", "Gwerploc"), Role.ACCOUNTANT),
        _of_fund("auditor", ("Mme", "Bérylle", "Jolmquerte"), Role.AUDITOR),
        _of_fund("operator", ("M.", "Vadimion", "Kravgnolle"), Role.OPERATOR),
    )


def _of_portal(
    key: str,
    name: tuple[str, str, str],
    kind: OrganisationKind,
    profile: Profile,
    establishments: list[Establishment],
) -> Persona:
    sirets = tuple(each.siret for each in establishments)
    siren = establishments[0].organisation.siren
    return Persona(key, *name, _email(key), Role.PORTAL, kind, profile, siren, sirets)


def _of_fund(key: str, name: tuple[str, str, str], role: Role) -> Persona:
    return Persona(key, *name, _email(key), role)


def _email(key: str) -> str:
    # A domain reserved for examples (RFC 2606): a mail sent there by mistake reaches nobody.
    return f"{key}@example.org"
