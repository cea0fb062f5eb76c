"""Stories of accounts and memberships: what an account may ever see is bounded here."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.account import errors
from ledger.account import events as e
from ledger.account.aggregate import Account, Membership
from ledger.account.commands import (
    ChangeMembership,
    CreateAccount,
    DisableAccount,
    EnableAccount,
    EndMembership,
    GrantMembership,
)
from ledger.kit.clock import paris_day
from ledger.kit.errors import AlreadyClaimed, Invalid, NotFound
from ledger.kit.ids import uuid7
from ledger.organisation.events import OrganisationKind, ReferentNamed, ReferentSteppedDown
from ledger.person.events import EmploymentBegan, PersonRegistered
from support.givens import DAY, Givens
from support.stories import Story, happened

PROVIDER, MEMBER = OrganisationKind.PROVIDER, OrganisationKind.MEMBER


def creation(email: str, role: e.Role = e.Role.PORTAL, **fields) -> CreateAccount:
    return CreateAccount(last_name="Zébulonne", first_name="Ottilia", email=email, role=role, **fields)


def test_an_account_comes_with_its_person_and_its_e_mail_is_its_own(story: Story):
    """One e-mail across both portals, however it is written; neither name nor e-mail stands in clear."""
    told = story.when(creation("ottilia.z@essai.example"))
    told.then(PersonRegistered, happened(e.AccountCreated, role=e.Role.PORTAL, ends_on=None))
    log = str(told.events)
    assert not [secret for secret in ("Zébulonne", "Ottilia", "ottilia.z") if secret in log]
    again = creation("Ottilia.Z@ESSAI.example", e.Role.ACCOUNTANT)
    assert story.when(again).then_refused(AlreadyClaimed).kind == "email"


def test_an_auditors_mandate_ends(story: Story, fund: Givens):
    """Row B5: auditors are limited in time; nobody else's account has an end."""
    today = paris_day(fund.ledger.clock())
    without = creation("audit.1@essai.example", e.Role.AUDITOR)
    story.when(without).then_refused(Invalid, field="ends_on")
    past = creation("audit.1@essai.example", e.Role.AUDITOR, ends_on=today - timedelta(days=1))
    story.when(past).then_refused(Invalid, field="ends_on")
    story.when(past.model_copy(update={"ends_on": today})).then(PersonRegistered, e.AccountCreated)
    clerk = creation("gestion.1@essai.example", e.Role.CASE_MANAGER, ends_on=today)
    story.when(clerk).then_refused(Invalid, field="ends_on")


@pytest.mark.parametrize("giver", [role for role in e.Role if role is not e.Role.OPERATOR])
def test_nobody_gives_a_right_that_they_do_not_hold(story: Story, fund: Givens, giver: e.Role):
    """O25, B3: whoever could make an accountant could pay; that is an operator's to say, and to take back."""
    day = paris_day(fund.ledger.clock())
    actor = fund.account(giver, **({"ends_on": day} if giver is e.Role.AUDITOR else {}))
    accountant = fund.account(e.Role.ACCOUNTANT)
    for role in set(e.Role) - {e.Role.PORTAL, e.Role.AUDITOR}:
        story.when(creation(f"{role}.by.{giver}@essai.example", role), actor=actor).then_refused(errors.OperatorsAlone)
    story.when(DisableAccount(account_id=accountant, on=day), actor=actor).then_refused(errors.OperatorsAlone)
    story.when(EnableAccount(account_id=accountant, on=day), actor=actor).then_refused(errors.OperatorsAlone)
    operator = fund.account(e.Role.OPERATOR)
    story.when(DisableAccount(account_id=accountant, on=day), actor=operator).then(e.AccountDisabled)


def test_a_membership_is_granted_changed_and_ended(story: Story, fund: Givens):
    """Row O23: the ticked establishments are the authorisation boundary."""
    account_id = fund.account(e.Role.PORTAL)
    organisation_id, n = fund.organisation(PROVIDER)
    first, second = (fund.establishment_of(organisation_id, n, nth=nth) for nth in (0, 1))
    binding = {"account_id": account_id, "organisation_id": organisation_id, "kind": PROVIDER}
    grant = GrantMembership(**binding, establishment_ids={first})
    granted = happened(e.MembershipGranted, profile=e.Profile.USER, establishment_ids=(first,))
    story.when(grant).then(granted, happened(EmploymentBegan, organisation_id=organisation_id, kind="provider"))
    story.when(grant).then_refused(errors.MembershipAlreadyGranted)
    change = ChangeMembership(**binding, profile=e.Profile.REFERENT, establishment_ids={second, first})
    story.when(change).then(e.MembershipChanged, happened(ReferentNamed, kind=PROVIDER, account_id=account_id))
    held = fund.state(Account, account_id).memberships[organisation_id, PROVIDER]
    assert held == Membership(e.Profile.REFERENT, tuple(sorted([first, second])))
    fund.referent(organisation_id, [first])
    story.when(EndMembership(**binding)).then(e.MembershipEnded, ReferentSteppedDown)
    story.when(EndMembership(**binding)).then_refused(errors.MembershipAbsent)
    story.when(change).then_refused(errors.MembershipAbsent)


def test_one_account_may_belong_to_several_organisations(story: Story, fund: Givens):
    """Row O23: several establishments, even of several companies."""
    account_id = fund.account(e.Role.PORTAL)
    for _ in range(2):
        organisation_id, n = fund.organisation(PROVIDER)
        establishment_id = fund.establishment_of(organisation_id, n)
        grant = GrantMembership(
            account_id=account_id, organisation_id=organisation_id, kind=PROVIDER, establishment_ids={establishment_id}
        )
        story.when(grant).then(e.MembershipGranted, EmploymentBegan)
    assert len(fund.state(Account, account_id).memberships) == 2


def test_nobody_sees_an_establishment_through_another_organisation(story: Story, fund: Givens):
    account_id = fund.account(e.Role.PORTAL)
    organisation_id, n = fund.organisation(PROVIDER)
    own, stranger = fund.establishment_of(organisation_id, n), fund.establishment()
    grant = GrantMembership(
        account_id=account_id, organisation_id=organisation_id, kind=PROVIDER, establishment_ids={own, stranger}
    )
    story.when(grant).then_refused(errors.EstablishmentOfAnotherOrganisation, field="establishment_ids")
    as_member = grant.model_copy(update={"kind": MEMBER, "establishment_ids": frozenset({own})})
    story.when(as_member).then_refused(errors.OrganisationNotOfThatKind, field="kind")
    absent = grant.model_copy(update={"establishment_ids": frozenset({uuid7()})})
    story.when(absent).then_refused(NotFound, field="establishment_ids")


def test_those_who_work_for_the_fund_have_no_membership(story: Story, fund: Givens):
    account_id = fund.account(e.Role.ACCOUNTANT)
    organisation_id, n = fund.organisation(PROVIDER)
    establishment_id = fund.establishment_of(organisation_id, n)
    grant = GrantMembership(
        account_id=account_id, organisation_id=organisation_id, kind=PROVIDER, establishment_ids={establishment_id}
    )
    story.when(grant).then_refused(errors.NotAPortalAccount)


def test_an_account_is_disabled_and_enabled(story: Story, fund: Givens):
    account_id = fund.account()
    disable, enable = DisableAccount(account_id=account_id, on=DAY), EnableAccount(account_id=account_id, on=DAY)
    story.when(enable).then_refused(errors.AccountNotDisabled)
    story.when(disable).then(e.AccountDisabled)
    story.when(disable).then_refused(errors.AccountAlreadyDisabled)
    story.when(enable).then(e.AccountEnabled)


@pytest.mark.parametrize(
    "order",
    [
        GrantMembership(account_id=uuid7(), organisation_id=uuid7(), kind=PROVIDER, establishment_ids={uuid7()}),
        ChangeMembership(
            account_id=uuid7(),
            organisation_id=uuid7(),
            kind=PROVIDER,
            profile=e.Profile.USER,
            establishment_ids={uuid7()},
        ),
        EndMembership(account_id=uuid7(), organisation_id=uuid7(), kind=PROVIDER),
        DisableAccount(account_id=uuid7(), on=DAY),
        EnableAccount(account_id=uuid7(), on=DAY),
    ],
    ids=lambda order: type(order).__name__,
)
def test_an_absent_account_is_not_found(story: Story, order):
    story.when(order).then_refused(NotFound)
