"""Stories of what an account says of itself: the terms, and its address (rows O4, O5; a change confirmed at both)."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ledger.account import events as e
from ledger.account.aggregate import Account, TermsAnswer
from ledger.account.commands import AcceptTerms, ChangeEmail, CreateAccount, RefuseTerms
from ledger.kit.errors import AlreadyClaimed, Forbidden, NotFound
from ledger.kit.ids import uuid7
from support.givens import Givens
from support.stories import Story, happened

FIRST = {"version": "2026-11-01", "sha256": "a" * 64}
SECOND = {"version": "2027-01-01", "sha256": "b" * 64}


def test_terms_are_refused_then_accepted_and_both_are_recorded(story: Story, fund: Givens):
    """O5: version, hash of the text shown, account; the time is the event's. Said twice, recorded once."""
    account_id = fund.account(e.Role.PORTAL)
    refuse, accept = RefuseTerms(account_id=account_id, **FIRST), AcceptTerms(account_id=account_id, **FIRST)
    story.when(refuse, actor=account_id).then(happened(e.TermsRefused, **FIRST))
    story.when(refuse, actor=account_id).then()
    told = story.when(accept, actor=account_id)
    told.then(happened(e.TermsAccepted, **FIRST))
    assert told.events[0].actor == account_id
    story.when(accept, actor=account_id).then()
    assert fund.state(Account, account_id).terms == TermsAnswer(**FIRST, accepted=True)


def test_another_text_is_answered_anew(story: Story, fund: Givens):
    """O5: a new version asks again; so does another text under the same version, which would be another promise."""
    account_id = fund.account(e.Role.PORTAL)
    for terms in (FIRST, SECOND, FIRST | {"sha256": "c" * 64}):
        order = AcceptTerms(account_id=account_id, **terms)
        story.when(order, actor=account_id).then(happened(e.TermsAccepted, **terms))


def test_nobody_answers_for_another(story: Story, fund: Givens):
    account_id, operator = fund.account(e.Role.PORTAL), fund.account(e.Role.OPERATOR)
    for command in (AcceptTerms, RefuseTerms):
        for actor in (None, operator):
            story.when(command(account_id=account_id, **FIRST), actor=actor).then_refused(NotFound)


@pytest.mark.parametrize("wrong", [{"sha256": "A" * 64}, {"sha256": "a" * 63}, {"version": "../x"}, {"version": ""}])
def test_terms_are_named_by_a_version_and_a_hash(wrong):
    with pytest.raises(ValidationError):
        AcceptTerms(account_id=uuid7(), **FIRST | wrong)


def test_an_address_is_changed_and_the_old_one_is_free(story: Story, fund: Givens):
    """Both are sealed under the person's key; the old one may be another account's from then on."""
    old, new = "avant@adresse.example", "apres@adresse.example"
    create = CreateAccount(last_name="Essai", first_name="P", email=old, role=e.Role.PORTAL)
    account_id = fund.do(create)
    told = story.when(ChangeEmail(account_id=account_id, email=new.upper()))
    told.then(e.EmailChanged)
    assert not [address for address in (old, new) if address in str(told.events)]
    account = fund.state(Account, account_id)
    assert fund.ledger.keyring.open(account.email) == new
    assert account.email.subject == account.person_id
    story.when(ChangeEmail(account_id=account_id, email=f" {new} ")).then()
    assert story.when(create.model_copy(update={"email": new})).then_refused(AlreadyClaimed).kind == "email"
    fund.do(create)


def test_an_address_that_is_taken_is_refused(story: Story, fund: Givens):
    for name in ("un", "deux"):
        fund.do(CreateAccount(last_name="Essai", first_name="P", email=f"{name}@pris.example", role=e.Role.PORTAL))
    other = fund.account(e.Role.PORTAL)
    refused = story.when(ChangeEmail(account_id=other, email="Un@pris.example")).then_refused(AlreadyClaimed)
    assert refused.kind == "email"
    order = ChangeEmail(account_id=other, email="trois@pris.example")
    story.when(order, actor=other).then_refused(Forbidden)
    story.when(order.model_copy(update={"account_id": uuid7()})).then_refused(NotFound)
