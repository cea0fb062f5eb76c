"""Orders about accounts, teams and invitations, for random histories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from ledger.account.commands import (
    AcceptTerms,
    ChangeEmail,
    ChangeMembership,
    CreateAccount,
    DisableAccount,
    EnableAccount,
    EndMembership,
    GrantMembership,
    RefuseTerms,
    RegisterEmployee,
    ResumeMembership,
    SetMenuRights,
    SuspendMembership,
)
from ledger.account.events import Menu, Profile, Role
from ledger.invitation.commands import AcceptInvitation, SendInvitation, SendInvitationAgain, WithdrawInvitation
from ledger.kit.command import Command
from ledger.organisation.commands import RecordContact
from ledger.organisation.events import OrganisationKind
from support.playing import History, chain, simple


def _create_account(h: History) -> None:
    email = f"compte{h.number()}@essai.example"
    h.ids.setdefault("email", []).append(email)
    h.do(
        "account",
        lambda: CreateAccount(last_name=h.name(), first_name=h.name(), email=email, role=Role.PORTAL),
    )


def _membership(command: type[Command], **fields: Callable[[History, UUID], Any]) -> Callable[[History], None]:
    """An order about the last user's membership, mostly; else of any account in any organisation."""

    def order(h: History) -> None:
        if h.random.random() < 0.7 and h.ids.get("user"):
            account_id, organisation_id, kind = h.any("user")
        else:
            kind = h.random.choice(list(OrganisationKind))
            account_id, organisation_id = h.any("account"), h.any(f"{kind} organisation")
        more = {name: make(h, organisation_id) for name, make in fields.items()}
        made = h.do(None, lambda: command(account_id=account_id, organisation_id=organisation_id, kind=kind, **more))
        if made is not None and command is GrantMembership:
            h.ids.setdefault("user", []).append((account_id, organisation_id, kind))

    return order


def _profile(h: History, _: UUID) -> Profile:
    return h.random.choice(list(Profile))


def _places(h: History, organisation_id: UUID) -> frozenset[UUID]:
    return frozenset(h.some(f"places of {organisation_id}", 2))


def _menus(h: History, _: UUID) -> frozenset[Menu]:
    return frozenset(h.random.sample(list(Menu), h.random.randint(0, 2)))


def _invite(h: History) -> None:
    """An e-mail that nobody has, or somebody's; somebody typed, or an employee."""
    kind = h.random.choice(list(OrganisationKind))
    organisation_id = h.any(f"{kind} organisation")
    email = h.any("email") if h.random.random() < 0.5 else f"invite{h.number()}@essai.example"
    who: dict[str, Any] = {"civility": "Mme", "last_name": h.name(), "first_name": h.name()}
    if h.random.random() < 0.3 and h.ids.get(f"employee of {organisation_id}"):
        who = {"person_id": h.any(f"employee of {organisation_id}")}
    h.do(
        "invitation",
        lambda: SendInvitation(
            organisation_id=organisation_id,
            kind=kind,
            profile=h.random.choice(list(Profile)),
            establishment_ids=_places(h, organisation_id),
            menus=_menus(h, organisation_id) if kind is OrganisationKind.MEMBER else None,
            email=email,
            **who,
        ),
    )


def _employ(h: History) -> None:
    kind = h.random.choice(list(OrganisationKind))
    organisation_id = h.any(f"{kind} organisation")
    h.do(
        f"employee of {organisation_id}",
        lambda: RegisterEmployee(
            organisation_id=organisation_id,
            kind=kind,
            civility="M.",
            last_name=h.name(),
            first_name=h.name(),
            birth_date=date(1980, 2, 3),
        ),
    )


def _terms(command: type[AcceptTerms | RefuseTerms]) -> Callable[[History], None]:
    def order(h: History) -> None:
        account_id = h.any("account")
        version = h.random.choice(("2026-11-01", "2027-01-01"))
        h.do(None, lambda: command(account_id=account_id, version=version, sha256="0" * 64), actor=account_id)

    return order


PEOPLE: dict[str, Callable[[History], None]] = {
    "join and leave": chain(
        *("create account", "grant", "grant", "change membership", "suspend", "change membership", "resume"),
        *("set menus", "set menus", "end membership", "end membership", "disable", "enable", "change address"),
    ),
    "invite through": chain("create account", "employ", *("invite", "invite again", "accept") * 3),
    "invite in vain": chain("invite", "invite again", "withdraw invitation"),
    "answer terms": chain("refuse terms", "accept terms", "refuse terms"),
    "create account": _create_account,
    "grant": _membership(GrantMembership, profile=_profile, establishment_ids=_places),
    "change membership": _membership(ChangeMembership, profile=_profile, establishment_ids=_places),
    "end membership": _membership(EndMembership),
    "suspend": _membership(SuspendMembership),
    "resume": _membership(ResumeMembership),
    "set menus": _membership(SetMenuRights, menus=_menus),
    "invite": _invite,
    "invite again": simple(SendInvitationAgain, "invitation", "invitation_id"),
    "withdraw invitation": simple(WithdrawInvitation, "invitation", "invitation_id"),
    "accept": simple(AcceptInvitation, "invitation", "invitation_id"),
    "employ": _employ,
    "change address": simple(
        ChangeEmail, "account", "account_id", email=lambda h: f"adresse{h.number()}@essai.example"
    ),
    "accept terms": _terms(AcceptTerms),
    "refuse terms": _terms(RefuseTerms),
    "record contact": simple(
        RecordContact, "member organisation", "organisation_id", email=lambda h: f"contact{h.number()}@essai.example"
    ),
    "disable": simple(DisableAccount, "account", "account_id", on=History.day),
    "enable": simple(EnableAccount, "account", "account_id", on=History.day),
}
