"""People as dossiers name them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ledger.dossier.commands import EnrolTrainee, WithdrawTrainee
from projections.dossier.queries import DossierFilters, dossier_trainees, list_dossiers
from projections.engine.rebuild import rebuild
from projections.engine.swap import swap
from projections.person.queries import names_of
from projections.reader import Reader
from projections.registry import ALL
from support.givens import DAY, ENDS, STARTS
from support.reading import STAFF, House, holder


def enrol(house: House, dossier_id: UUID, **who: Any) -> UUID:
    return house.do(EnrolTrainee(dossier_id=dossier_id, **who, starts_on=STARTS, ends_on=ENDS))


async def names(connection: Any, reader: Reader, person_id: UUID) -> Any:
    return (await names_of(connection, [person_id])).get(person_id)


def test_a_person_is_seen_through_the_dossiers_that_name_them(house: House):
    """Until the last of them no longer does."""
    first, second = house.givens.dossier(), house.givens.dossier()
    person_id = enrol(house, first, last_name="Aubin", first_name="Rose")
    enrol(house, second, person_id=person_id)
    one, two = (holder(house.givens.provider_of(each)) for each in (first, second))
    for reader in (one, two):
        assert house.ask(reader, names, person_id).last_name == "Aubin"

    house.do(WithdrawTrainee(dossier_id=first, person_id=person_id, on=DAY))
    assert house.ask(one, names, person_id) is None
    assert house.ask(two, names, person_id).last_name == "Aubin"
    assert house.ask(two, list_dossiers, DossierFilters(trainee_name="aubin")).total == 1
    assert house.ask(one, list_dossiers, DossierFilters(trainee_name="aubin")).total == 0

    enrol(house, first, person_id=person_id)
    assert house.ask(one, names, person_id).last_name == "Aubin"


def test_an_erased_person_has_no_name_in_a_rebuilt_read_model(house: House):
    """The key is gone: neither the name nor a word of it comes back."""
    dossier_id = house.givens.dossier()
    person_id = enrol(house, dossier_id, last_name="Aubin", first_name="Rose")
    house.catch_up()
    house.keyring.destroy(person_id)
    house.engine.step_down()
    rebuild(house.database, house.keyring, ALL)
    swap(house.database, house.keyring, ALL)

    (trainee,) = house.ask(STAFF, dossier_trainees, dossier_id)
    assert (trainee.last_name, trainee.first_name) == (None, None)
    assert house.ask(STAFF, list_dossiers, DossierFilters(trainee_name="aubin")).total == 0
    (item,) = house.ask(STAFF, list_dossiers, DossierFilters()).items
    assert (item.trainee_count, item.trainee_last_name) == (1, None)
