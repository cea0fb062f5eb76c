"""Stories of organisations: one SIREN, one organisation."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ledger.kit.errors import AlreadyClaimed, Invalid, NotFound
from ledger.kit.fictitious import fictitious_siren
from ledger.kit.ids import uuid7
from ledger.organisation.aggregate import Organisation
from ledger.organisation.commands import AddOrganisationKind, RecordContact, RegisterOrganisation, RenameOrganisation
from ledger.organisation.errors import OrganisationKindAlreadyHeld
from ledger.organisation.events import (
    ContactRecorded,
    OrganisationKind,
    OrganisationKindAdded,
    OrganisationRegistered,
    OrganisationRenamed,
)
from support.givens import Givens
from support.stories import Story, happened

PROVIDER, MEMBER = OrganisationKind.PROVIDER, OrganisationKind.MEMBER


def test_an_organisation_is_registered_once_by_siren(story: Story):
    """The name is sealed: a sole trader's is the name of a person."""
    register = RegisterOrganisation(
        siren=fictitious_siren(90_001), name="Entreprise Zébulonne", kinds={PROVIDER, MEMBER}
    )
    told = story.when(register)
    told.then(happened(OrganisationRegistered, siren=fictitious_siren(90_001), kinds=(MEMBER, PROVIDER)))
    assert "Zébulonne" not in str(told.events)
    assert story.when(register).then_refused(AlreadyClaimed).kind == "siren"


def test_a_member_number_is_one_members(story: Story, fund: Givens):
    fund.organisation(MEMBER, member_number="0012345")
    other = RegisterOrganisation(siren=fictitious_siren(90_002), name="Autre", kinds={MEMBER}, member_number="0012345")
    assert story.when(other).then_refused(AlreadyClaimed).kind == "member-number"
    provider = other.model_copy(update={"kinds": frozenset({PROVIDER}), "member_number": "0012346"})
    story.when(provider).then_refused(Invalid, field="member_number")


def test_a_provider_becomes_a_member_once(story: Story, fund: Givens):
    organisation_id, _ = fund.organisation(PROVIDER)
    join = AddOrganisationKind(organisation_id=organisation_id, kind=MEMBER, member_number="0012399")
    story.when(join).then(happened(OrganisationKindAdded, kind=MEMBER, member_number="0012399"))
    assert fund.state(Organisation, organisation_id).kinds == {PROVIDER, MEMBER}
    story.when(join).then_refused(OrganisationKindAlreadyHeld, field="kind")
    train = AddOrganisationKind(organisation_id=organisation_id, kind=PROVIDER, member_number="0012400")
    story.when(train).then_refused(Invalid, field="member_number")


def test_an_organisation_is_renamed(story: Story, fund: Givens):
    organisation_id, _ = fund.organisation()
    story.when(RenameOrganisation(organisation_id=organisation_id, name="Nouveau nom")).then(OrganisationRenamed)
    name = fund.state(Organisation, organisation_id).name
    assert fund.ledger.keyring.open(name) == "Nouveau nom"


def test_an_absent_organisation_is_not_found(story: Story):
    story.when(RenameOrganisation(organisation_id=uuid7(), name="Nom")).then_refused(NotFound)
    story.when(AddOrganisationKind(organisation_id=uuid7(), kind=MEMBER)).then_refused(NotFound)


@pytest.mark.parametrize(
    "wrong", [{"kinds": set()}, {"siren": "999000008"}, {"name": "A\x00B"}, {"legal_category": "1"}]
)
def test_bad_input_never_becomes_an_order(wrong):
    given = {"siren": fictitious_siren(1), "name": "Nom", "kinds": {"provider"}}
    RegisterOrganisation(**given)
    with pytest.raises(ValidationError):
        RegisterOrganisation(**{**given, **wrong})


def test_the_contact_on_file_is_sealed_and_no_ones_alone(story: Story, fund: Givens):
    """E1: one accountant may be the contact of several members, so that the address claims nothing."""
    for _ in range(2):
        organisation_id, _ = fund.organisation(MEMBER)
        told = story.when(RecordContact(organisation_id=organisation_id, email="Contact@Cabinet.example"))
        told.then(ContactRecorded)
        assert "cabinet" not in str(told.events).lower()
        contact = fund.state(Organisation, organisation_id).contact
        assert contact.subject == organisation_id
        assert fund.ledger.keyring.open(contact) == "contact@cabinet.example"
    story.when(RecordContact(organisation_id=uuid7(), email="a@b.example")).then_refused(NotFound)
