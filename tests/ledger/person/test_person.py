"""Stories of persons: the same NIR is the same person, and nothing names them in clear."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from ledger.kit.errors import NotFound, Refusal
from ledger.kit.fictitious import fictitious_nir
from ledger.kit.ids import uuid7
from ledger.person.aggregate import Person
from ledger.person.commands import RegisterPerson, RenamePerson
from ledger.person.events import PersonRegistered, PersonRenamed
from support.givens import Givens
from support.stories import Story


@pytest.fixture(autouse=True)
def fictitious(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LEDGER_FICTITIOUS", "1")


def test_a_person_is_sealed_under_a_key_of_its_own(story: Story, fund: Givens):
    register = RegisterPerson(
        last_name="Zébulonne", first_name="Ottilia", civility="Mme", birth_date=date(1980, 2, 3), nir=fictitious_nir(21)
    )
    told = story.when(register)
    person_id = told.then(PersonRegistered).resource_id
    person = fund.state(Person, person_id)
    sealed = [person.last_name, person.first_name, person.civility, person.birth_date, person.nir]
    assert {each.subject for each in sealed} == {person_id}
    opened = fund.ledger.keyring.open_many(sealed)
    assert opened == ["Zébulonne", "Ottilia", "Mme", "1980-02-03", fictitious_nir(21)]
    assert not [text for text in opened if str(text) in str(told.events)]


def test_a_known_nir_returns_its_person_and_records_nothing(story: Story):
    register = RegisterPerson(last_name="Essai", first_name="Paule", nir=fictitious_nir(22))
    person_id = story.when(register).then(PersonRegistered).resource_id
    assert story.when(register).then().resource_id == person_id


def test_two_hands_registering_one_nir_at_once_make_one_person(story: Story, fund: Givens):
    """The claim on the NIR is written by the append: one wins, and the others are answered with that person."""
    register = RegisterPerson(last_name="Essai", first_name="Paule", nir=fictitious_nir(23))
    gate, answers = threading.Barrier(6), []

    def run():
        gate.wait()
        try:
            answers.append(fund.do(register))
        except Refusal as refusal:
            answers.append(refusal)

    before = story.head()
    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert len(set(answers)) == 1
    assert [event.name for event in story.events_after(before)] == [PersonRegistered.NAME]


def test_a_person_is_renamed(story: Story, fund: Givens):
    person_id = fund.do(RegisterPerson(last_name="Essai", first_name="Paule"))
    story.when(RenamePerson(person_id=person_id, last_name="Épreuve", first_name="Paule")).then(PersonRenamed)
    assert fund.ledger.keyring.open(fund.state(Person, person_id).last_name) == "Épreuve"
    story.when(RenamePerson(person_id=uuid7(), last_name="Nom", first_name="P")).then_refused(NotFound)
