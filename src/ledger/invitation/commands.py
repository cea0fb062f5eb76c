"""Orders about an invitation. Names and e-mails are in clear here, and nowhere after.

Whoever invites learns nothing of the e-mail: whether it has an account is looked up when the link is used.
"""

from __future__ import annotations

from uuid import UUID

from ledger.account.aggregate import Account, Membership, MembershipKey
from ledger.account.events import AccountCreated, Menu, Profile, Role
from ledger.account.giver import Giver, giver
from ledger.account.memberships import (
    EstablishmentIds,
    change,
    check_establishments,
    check_menus_of,
    join,
    membership_of,
)
from ledger.invitation.aggregate import Invitation
from ledger.invitation.errors import InvitationClosed
from ledger.invitation.events import InvitationSent
from ledger.kit.command import Command, handles
from ledger.kit.errors import Forbidden, Invalid, NotFound
from ledger.kit.identifiers import Email, OneLine
from ledger.organisation.events import OrganisationKind
from ledger.person.aggregate import Person
from ledger.person.commands import RegisterPerson, register_person
from ledger.work import Work


class SendInvitation(Command):
    """`person_id` is an employee whom the sender picked; else the three names are of somebody new (rows O21, O22).

    `menus` is None for all those that the sender holds.
    """

    organisation_id: UUID
    kind: OrganisationKind
    profile: Profile = Profile.USER
    establishment_ids: EstablishmentIds
    menus: frozenset[Menu] | None = None
    person_id: UUID | None = None
    civility: OneLine | None = None
    last_name: OneLine | None = None
    first_name: OneLine | None = None
    email: Email


class SendInvitationAgain(Command):
    invitation_id: UUID


class WithdrawInvitation(Command):
    invitation_id: UUID


class AcceptInvitation(Command):
    invitation_id: UUID


@handles(SendInvitation)
def send_invitation(command: SendInvitation, work: Work) -> UUID:
    """Never refused because an e-mail is known, or is not: both are the same to the sender.

    Refused: NotFound (not the sender's organisation or establishment, or no employee of it), Forbidden,
    OrganisationNotOfThatKind, EstablishmentOfAnotherOrganisation, MenuNotHeld, Invalid (both a person and names, or
    neither; menus of a provider's user).
    """
    given_by = giver(work)
    given_by.check_team(command.organisation_id, command.kind)
    held = given_by.held(command.organisation_id, command.kind)
    if held is not None and not command.establishment_ids <= held:
        raise NotFound(field="establishment_ids")
    check_establishments(command.organisation_id, command.kind, command.establishment_ids, work)
    menus = _menus(command, given_by)
    person_id = _invited(command, work)
    invitation = Invitation.open(
        InvitationSent,
        id=work.new_id(),
        at=work.now,
        organisation_id=command.organisation_id,
        kind=command.kind,
        profile=command.profile,
        establishment_ids=tuple(sorted(command.establishment_ids)),
        menus=None if menus is None else tuple(sorted(menus)),
        person_id=person_id,
        email=work.seal(person_id, command.email),
    )
    work.add(invitation)
    return invitation.id


@handles(SendInvitationAgain)
def send_invitation_again(command: SendInvitationAgain, work: Work) -> UUID:
    """Refused: NotFound, Forbidden, InvitationClosed."""
    invitation = _managed(command, work)
    invitation.send_again(at=work.now)
    return invitation.id


@handles(WithdrawInvitation)
def withdraw_invitation(command: WithdrawInvitation, work: Work) -> UUID:
    """Refused: NotFound, Forbidden, InvitationClosed."""
    invitation = _managed(command, work)
    invitation.withdraw(at=work.now)
    return invitation.id


@handles(AcceptInvitation)
def accept_invitation(command: AcceptInvitation, work: Work) -> UUID:
    """By the system alone, for whoever held the mailbox; the answer is the account's id.

    The account is made, or found by its e-mail: where two links to one mailbox are used at once, in whatever spelling,
    the claim makes the second find the first one's account.

    Refused: Forbidden, NotFound, InvitationClosed.
    """
    if work.actor is not None:
        raise Forbidden
    invitation = work.load(Invitation, command.invitation_id)
    invitation.check_open()
    clear = work.clear(invitation.email)
    if clear is None:  # the person was erased: there is nobody to join
        raise InvitationClosed
    holder = work.find("email", clear)
    account = _opened(invitation, clear, work) if holder is None else _found(holder, invitation, work)
    _bind(account, invitation, work)
    return account.id


def _menus(command: SendInvitation, given_by: Giver) -> frozenset[Menu] | None:
    held = given_by.menus(command.organisation_id, command.kind)
    if command.menus is None:
        return held
    check_menus_of(command.kind)
    given_by.check_menus(command.organisation_id, command.kind, command.menus)
    return command.menus


def _invited(command: SendInvitation, work: Work) -> UUID:
    names = (command.civility, command.last_name, command.first_name)
    if command.person_id is not None:
        if any(name is not None for name in names):
            raise Invalid(field="person_id", rule="Choisissez un salarié, ou donnez ses nom et prénom : pas les deux.")
        return _employee(command.person_id, command, work)
    if command.civility is None or command.last_name is None or command.first_name is None:
        raise Invalid(field="last_name", rule="La civilité, le nom et le prénom sont obligatoires.")
    identity = RegisterPerson(civility=command.civility, last_name=command.last_name, first_name=command.first_name)
    person_id = register_person(identity, work)
    work.load(Person, person_id).begin_employment(command.organisation_id, command.kind, at=work.now)
    return person_id


def _employee(person_id: UUID, command: SendInvitation, work: Work) -> UUID:
    """To whoever invites, a person of another organisation is as absent as one who does not exist."""
    person = work.load(Person, person_id, field="person_id")
    if (command.organisation_id, command.kind) not in person.teams:
        raise NotFound(field="person_id")
    return person.id


def _managed(command: SendInvitationAgain | WithdrawInvitation, work: Work) -> Invitation:
    invitation = work.load(Invitation, command.invitation_id)
    giver(work).check_team(invitation.organisation_id, invitation.kind)
    return invitation


def _opened(invitation: Invitation, clear: str, work: Work) -> Account:
    account_id = work.new_id()
    invitation.accept(account_id, at=work.now)  # first in the append, so that it tells why the account was made
    account = Account.open(
        AccountCreated,
        id=account_id,
        at=work.now,
        person_id=invitation.person_id,
        email=work.seal(invitation.person_id, clear),
        role=Role.PORTAL,
    )
    work.add(account)
    return account


def _found(holder: UUID, invitation: Invitation, work: Work) -> Account:
    account = work.load(Account, holder)
    if account.role is not Role.PORTAL or account.disabled:
        raise InvitationClosed
    # Nobody keeps an invitation in reserve (a référent may write to herself) against the day when a right is taken.
    if account.has_lost_since((invitation.organisation_id, invitation.kind), invitation.modified_on):
        raise InvitationClosed
    invitation.accept(account.id, at=work.now)
    if account.person_id != invitation.person_id:
        _let_typed_go(invitation, work)
    return account


def _let_typed_go(invitation: Invitation, work: Work) -> None:
    """By joining, the account's own person is the organisation's from now on. Whoever was typed for this invitation
    alone was the same human being, and goes out of the list; an employee who was there before stays.
    """
    typed = work.load(Person, invitation.person_id)
    if typed.created_on == invitation.created_on:
        typed.end_employment(invitation.organisation_id, invitation.kind, at=work.now)


def _bind(account: Account, invitation: Invitation, work: Work) -> None:
    """The sender is not judged again, the establishments are. What an account holds already is only added to, and a
    membership that is suspended stays so: its référent resumes it.
    """
    key: MembershipKey = (invitation.organisation_id, invitation.kind)
    invited = frozenset(invitation.establishment_ids)
    check_establishments(*key, invited, work)
    held = account.memberships.get(key)
    if held is None:
        join(account, key, membership_of(invitation.profile, invited), work)
        if invitation.menus is not None:
            account.set_menus(key, invitation.menus, at=work.now)
        return
    profile = Profile.REFERENT if Profile.REFERENT in {held.profile, invitation.profile} else Profile.USER
    change(account, key, membership_of(profile, invited | frozenset(held.establishment_ids)), work)
    _add_menus(account, key, held, invitation, work)


def _add_menus(account: Account, key: MembershipKey, held: Membership, invitation: Invitation, work: Work) -> None:
    if held.menus is not None:
        account.set_menus(
            key, held.menus | (frozenset(Menu) if invitation.menus is None else invitation.menus), at=work.now
        )
