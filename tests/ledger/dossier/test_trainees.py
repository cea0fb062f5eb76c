"""Stories of the trainees of a dossier: who they are stays sealed."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.dossier import errors
from ledger.dossier import events as e
from ledger.dossier.commands import EnrolTrainee, RefuseAgreement, WithdrawTrainee
from ledger.kit.errors import Invalid, NotFound
from ledger.kit.fictitious import fictitious_nir
from ledger.kit.ids import uuid7
from ledger.person.events import PersonRegistered
from support.givens import DAY, ENDS, STARTS, Givens
from support.stories import Story, happened


@pytest.fixture(autouse=True)
def fictitious(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LEDGER_FICTITIOUS", "1")


def enrolment(dossier_id, **identity) -> EnrolTrainee:
    return EnrolTrainee(dossier_id=dossier_id, starts_on=STARTS, ends_on=ENDS, **identity)


def test_a_trainee_without_nir_is_a_new_person_in_each_dossier(story: Story, fund: Givens):
    names = {"last_name": "Essai", "first_name": "Paule", "birth_date": date(1990, 5, 4)}
    dossiers = fund.dossier(), fund.dossier()
    first = story.when(enrolment(dossiers[0], **names)).then(PersonRegistered, e.TraineeEnrolled)
    second = story.when(enrolment(dossiers[1], **names)).then(PersonRegistered, e.TraineeEnrolled)
    assert first.resource_id != second.resource_id


def test_the_same_nir_is_the_same_person(story: Story, fund: Givens):
    """A trainee is matched by the HMAC of the NIR: never by the name."""
    nir = fictitious_nir(1)
    first = story.when(enrolment(fund.dossier(), last_name="Essai", first_name="Paule", nir=nir))
    person_id = first.then(PersonRegistered, e.TraineeEnrolled).resource_id
    again = story.when(enrolment(fund.dossier(), last_name="Essai", first_name="P.", nir=nir))
    again.then(happened(e.TraineeEnrolled, person_id=person_id))


def test_nothing_of_a_trainee_stands_in_clear(story: Story, fund: Givens):
    nir = fictitious_nir(2)
    told = story.when(
        enrolment(fund.dossier(), last_name="Zébulonne", first_name="Ottilia", nir=nir, birth_date=date(1980, 2, 3))
    )
    told.then(PersonRegistered, e.TraineeEnrolled)
    log = str([event.data for event in told.events])
    assert not [secret for secret in ("Zébulonne", "Ottilia", nir, "1980-02-03") if secret in log]


def test_a_trainee_is_enrolled_once_and_again_after_leaving(story: Story, fund: Givens):
    dossier_id = fund.dossier()
    person_id = fund.do(enrolment(dossier_id, last_name="Essai", first_name="Paule"))
    again = enrolment(dossier_id, person_id=person_id)
    story.when(again).then_refused(errors.TraineeAlreadyEnrolled, field="person_id")
    withdrawal = WithdrawTrainee(dossier_id=dossier_id, person_id=person_id, on=DAY)
    story.when(withdrawal).then(happened(e.TraineeWithdrawn, person_id=person_id, on=DAY))
    story.when(withdrawal).then_refused(errors.TraineeNotEnrolled, field="person_id")
    story.when(again).then(happened(e.TraineeEnrolled, person_id=person_id))


def test_a_trainee_is_a_person_or_an_identity(story: Story, fund: Givens):
    dossier_id = fund.dossier()
    person_id = fund.do(enrolment(dossier_id, last_name="Essai", first_name="Paule"))
    both = enrolment(dossier_id, person_id=person_id, last_name="Essai")
    story.when(both).then_refused(Invalid, field="person_id")
    story.when(enrolment(dossier_id)).then_refused(Invalid, field="last_name")
    story.when(enrolment(dossier_id, person_id=uuid7())).then_refused(NotFound, field="person_id")


def test_a_trainee_does_not_leave_before_coming_nor_joins_a_refused_dossier(story: Story, fund: Givens):
    dossier_id = fund.dossier()
    reversed_period = EnrolTrainee(
        dossier_id=dossier_id, last_name="Essai", first_name="Paule", starts_on=ENDS, ends_on=STARTS
    )
    story.when(reversed_period).then_refused(Invalid, field="ends_on")
    fund.do(RefuseAgreement(dossier_id=dossier_id, reason="Hors champ", on=DAY))
    late = enrolment(dossier_id, last_name="Essai", first_name="Paule")
    story.when(late).then_refused(errors.AgreementAlreadyRefused)
