"""Orders about memberships: what binds an account to an organisation, and bounds what it sees."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from ledger.account.aggregate import Account, Membership, MembershipKey
from ledger.account.errors import (
    EstablishmentOfAnotherOrganisation,
    MembershipAbsent,
    OrganisationNotOfThatKind,
)
from ledger.account.events import Menu, Profile
from ledger.account.giver import Giver, giver
from ledger.account.referents import keep_named, let_go
from ledger.establishment.aggregate import Establishment
from ledger.kit.command import Command, handles
from ledger.kit.errors import Invalid, NotFound
from ledger.organisation.aggregate import Organisation
from ledger.organisation.events import OrganisationKind
from ledger.person.aggregate import Person
from ledger.work import Work

EstablishmentIds = Annotated[frozenset[UUID], Field(min_length=1, max_length=5_000)]


class GrantMembership(Command):
    account_id: UUID
    organisation_id: UUID
    kind: OrganisationKind
    profile: Profile = Profile.USER
    establishment_ids: EstablishmentIds


class ChangeMembership(Command):
    account_id: UUID
    organisation_id: UUID
    kind: OrganisationKind
    profile: Profile
    establishment_ids: EstablishmentIds


class EndMembership(Command):
    account_id: UUID
    organisation_id: UUID
    kind: OrganisationKind


class SuspendMembership(Command):
    account_id: UUID
    organisation_id: UUID
    kind: OrganisationKind


class ResumeMembership(Command):
    account_id: UUID
    organisation_id: UUID
    kind: OrganisationKind


class SetMenuRights(Command):
    account_id: UUID
    organisation_id: UUID
    kind: OrganisationKind
    menus: frozenset[Menu]


_Change = ChangeMembership | EndMembership | SuspendMembership | ResumeMembership | SetMenuRights


@handles(GrantMembership)
def grant_membership(command: GrantMembership, work: Work) -> UUID:
    """By a registrar: a référent invites, so that she cannot tell whether an e-mail is known.

    Refused: NotFound, Forbidden, NotAPortalAccount, MembershipAlreadyGranted, OrganisationNotOfThatKind,
    EstablishmentOfAnotherOrganisation.
    """
    giver(work).check_registrar()
    account = work.load(Account, command.account_id)
    check_establishments(command.organisation_id, command.kind, command.establishment_ids, work)
    join(account, key_of(command), membership_of(command.profile, command.establishment_ids), work)
    return account.id


@handles(ChangeMembership)
def change_membership(command: ChangeMembership, work: Work) -> UUID:
    """Refused: NotFound, Forbidden, MembershipAbsent, OrganisationNotOfThatKind, EstablishmentOfAnotherOrganisation,
    LastReferent.
    """
    given_by = _giver(command, work)
    key = key_of(command)
    account = _member(command, given_by, work)
    wanted = merged(command.establishment_ids, account.memberships[key], given_by.held(*key))
    check_establishments(command.organisation_id, command.kind, wanted, work)
    change(account, key, membership_of(command.profile, wanted), work)
    return account.id


@handles(EndMembership)
def end_membership(command: EndMembership, work: Work) -> UUID:
    """Refused: NotFound, Forbidden, MembershipAbsent, LastReferent."""
    key = key_of(command)
    account = _member(command, _giver(command, work), work)
    let_go(account, key, work)
    account.end(key, at=work.now)
    return account.id


@handles(SuspendMembership)
def suspend_membership(command: SuspendMembership, work: Work) -> UUID:
    """Refused: NotFound, Forbidden, MembershipAbsent, MembershipAlreadySuspended, LastReferent."""
    key = key_of(command)
    account = _member(command, _giver(command, work), work)
    let_go(account, key, work)
    account.suspend(key, at=work.now)
    return account.id


@handles(ResumeMembership)
def resume_membership(command: ResumeMembership, work: Work) -> UUID:
    """Refused: NotFound, Forbidden, MembershipAbsent, MembershipNotSuspended."""
    key = key_of(command)
    account = _member(command, _giver(command, work), work)
    account.resume(key, at=work.now)
    keep_named(account, key, work)
    return account.id


@handles(SetMenuRights)
def set_menu_rights(command: SetMenuRights, work: Work) -> UUID:
    """Row E15. A référent leaves those that she does not hold as they are.

    Refused: NotFound, Forbidden, MembershipAbsent, MenuNotHeld, Invalid (a provider's user has no such entries).
    """
    given_by = _giver(command, work)
    key = key_of(command)
    check_menus_of(command.kind)
    account = _member(command, given_by, work)
    current, held = account.memberships[key].menus, given_by.menus(*key)
    if held is not None:
        now = frozenset(Menu) if current is None else current
        given_by.check_menus(*key, command.menus - now)
        account.set_menus(key, (command.menus & held) | (now - held), at=work.now)
    else:
        account.set_menus(key, command.menus, at=work.now)
    return account.id


def key_of(command: GrantMembership | _Change) -> MembershipKey:
    return command.organisation_id, command.kind


def membership_of(profile: Profile, establishment_ids: frozenset[UUID]) -> Membership:
    return Membership(profile, tuple(sorted(establishment_ids)))


def join(account: Account, key: MembershipKey, membership: Membership, work: Work) -> None:
    """A first membership there: its person is one of those whom the organisation may pick, from now on.

    Refused: NotAPortalAccount, MembershipAlreadyGranted.
    """
    account.grant(key, membership, at=work.now)
    work.load(Person, account.person_id).begin_employment(*key, at=work.now)
    keep_named(account, key, work)


def change(account: Account, key: MembershipKey, membership: Membership, work: Work) -> None:
    """Refused: MembershipAbsent, LastReferent."""
    if membership.profile is not Profile.REFERENT:
        let_go(account, key, work)
    account.change(key, membership, at=work.now)
    # One who joined before employees were kept is one of them from the first save on.
    work.load(Person, account.person_id).begin_employment(*key, at=work.now)
    keep_named(account, key, work)


def merged(asked: frozenset[UUID], current: Membership, held: frozenset[UUID] | None) -> frozenset[UUID]:
    """What a save makes of a membership's establishments: its author changes those that they hold, and leaves the
    others as they are, ticked or not on a form that could not show them (row O23).

    At least one is left: what is asked is not empty, and each of it is the author's, or there and not the author's.

    Refused: NotFound (an establishment that is neither its author's nor there already).
    """
    if held is None:
        return asked
    present = frozenset(current.establishment_ids)
    if not asked <= held | present:
        raise NotFound(field="establishment_ids")
    return (asked & held) | (present - held)


def check_establishments(
    organisation_id: UUID, kind: OrganisationKind, establishment_ids: frozenset[UUID], work: Work
) -> None:
    """Nobody sees an establishment through an organisation that it is not of. Kinds only grow and an establishment
    never changes organisation, so that neither needs a guard.

    Refused: NotFound, OrganisationNotOfThatKind, EstablishmentOfAnotherOrganisation.
    """
    check_kind(organisation_id, kind, work)
    for establishment_id in sorted(establishment_ids):
        establishment = work.read(Establishment, establishment_id, field="establishment_ids")
        if establishment.organisation_id != organisation_id:
            raise EstablishmentOfAnotherOrganisation(field="establishment_ids")


def check_kind(organisation_id: UUID, kind: OrganisationKind, work: Work) -> None:
    """Refused: NotFound, OrganisationNotOfThatKind."""
    if kind not in work.read(Organisation, organisation_id, field="organisation_id").kinds:
        raise OrganisationNotOfThatKind(field="kind")


def check_menus_of(kind: OrganisationKind) -> None:
    """Refused: Invalid."""
    if kind is not OrganisationKind.MEMBER:
        raise Invalid(field="menus", rule="Seuls les utilisateurs d'un adhérent ont des droits par rubrique.")


def _giver(command: _Change, work: Work) -> Giver:
    given_by = giver(work)
    given_by.check_team(command.organisation_id, command.kind)
    return given_by


def _member(command: _Change, given_by: Giver, work: Work) -> Account:
    """To a référent, an account that is not of her organisation is as absent as one that does not exist."""
    account = work.load(Account, command.account_id)
    if key_of(command) not in account.memberships:
        raise MembershipAbsent(field="organisation_id") if given_by.is_registrar else NotFound
    return account
