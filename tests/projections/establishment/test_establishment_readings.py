"""Establishments as readers see them (rows O50, O51)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from ledger.establishment.commands import ChangeNda, MoveEstablishment, RecordBankDetails, RenameEstablishment
from ledger.kit.errors import Invalid, NotFound
from ledger.kit.fictitious import FICTITIOUS_BIC, fictitious_iban
from ledger.kit.personal import Personal
from ledger.organisation.commands import AddOrganisationKind, RenameOrganisation
from ledger.organisation.events import OrganisationKind
from projections.establishment.queries import (
    EstablishmentFilters,
    establishment,
    establishment_documents,
    identities,
    list_establishments,
)
from projections.reader import Reader
from support.givens import DAY, STARTS
from support.reading import ACCOUNTANT, STAFF, House, holder


def found(house: House, reader: Reader, **filters: Any) -> set[str]:
    page = house.ask(reader, list_establishments, EstablishmentFilters(**filters))
    assert page.total == len(page.items)
    return {str(item.establishment_id) for item in page.items}


def test_a_reader_lists_its_establishments_with_bank_details_in_full(house: House):
    """O50: N°, raison sociale, SIRET, CP, ville, IBAN, BIC, NDA, enseigne."""
    mine = house.givens.establishment()
    other = house.givens.establishment()
    house.do(RenameEstablishment(establishment_id=mine, name="Ateliers du Nord", trade_name="L'Étable"))
    house.do(ChangeNda(establishment_id=mine, nda="11990000000"))
    house.do(MoveEstablishment(establishment_id=mine, street="1 rue Fictive", postcode="59000", town="Lille"))

    (item,) = house.ask(holder(mine), list_establishments, EstablishmentFilters()).items
    assert (item.name, item.trade_name, item.nda) == ("Ateliers du Nord", "L'Étable", "11990000000")
    assert (item.postcode, item.town, item.bic) == ("59000", "Lille", FICTITIOUS_BIC)
    assert item.iban_in_full
    assert item.iban_sealed
    assert item.street_sealed
    assert house.keyring.open(Personal.parse(item.street_sealed)) == "1 rue Fictive"
    assert found(house, STAFF) == {str(mine), str(other)}
    with pytest.raises(NotFound):
        house.ask(holder(mine), establishment, other)
    with pytest.raises(NotFound):
        house.ask(holder(mine), establishment_documents, other)
    assert house.ask(holder(mine), establishment, mine) == item


def test_the_iban_is_masked_for_staff_who_do_not_pay(house: House):
    mine = house.givens.establishment()
    assert not house.ask(STAFF, establishment, mine).iban_in_full
    assert house.ask(ACCOUNTANT, establishment, mine).iban_in_full


def test_each_filter_narrows_the_list(house: House):
    """O50: N°, raison sociale, SIRET, NDA, enseigne; by the beginning, names by the beginning of words."""
    one, two = house.givens.establishment(), house.givens.establishment()
    house.do(RenameEstablishment(establishment_id=one, name="Ateliers du Nord", trade_name="L'Étable"))
    house.do(RenameEstablishment(establishment_id=two, name="Bâtir au Nord"))
    house.do(ChangeNda(establishment_id=one, nda="11990000000"))
    both, first = holder(one, two), house.ask(STAFF, establishment, one)

    for reader in (both, STAFF):
        assert found(house, reader, name="nord") == {str(one), str(two)}
        assert found(house, reader, name="batir nord") == {str(two)}
        assert found(house, reader, name="etab") == set()
        assert found(house, reader, trade_name="etab") == {str(one)}
        assert found(house, reader, siret=first.siret) == {str(one)}
        assert found(house, reader, siret=first.siret[:3]) == {str(one), str(two)}
        assert found(house, reader, number=first.number) == {str(one)}
        assert found(house, reader, nda="1199", name="ateliers") == {str(one)}
        assert found(house, reader, nda="1199", name="batir") == set()
    assert found(house, holder(two), name="ateliers") == set()
    with pytest.raises(Invalid) as refused:
        found(house, both, name="x")
    assert refused.value.field == "name"


def test_a_renamed_establishment_is_found_by_the_new_name_alone(house: House):
    one = house.givens.establishment()
    house.do(RenameEstablishment(establishment_id=one, name="Ateliers du Nord", trade_name="L'Étable"))
    house.do(RenameEstablishment(establishment_id=one, name="Ateliers du Sud"))
    assert found(house, STAFF, name="sud ateliers") == {str(one)}
    assert found(house, STAFF, name="nord") == set()
    assert found(house, STAFF, trade_name="etable") == set()


def test_pages_go_by_number(house: House):
    made = [house.givens.establishment() for _ in range(5)]
    seen, cursor = [], None
    while True:
        page = house.ask(holder(*made), list_establishments, EstablishmentFilters(), cursor, 2)
        seen += [item.number for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == 5
    assert seen == sorted(seen)


def test_an_account_recorded_for_the_past_leaves_todays(house: House):
    """The import records old accounts, too."""
    one = house.givens.establishment(bank=False)
    for day, n in ((DAY, 1), (STARTS, 2)):
        house.do(RecordBankDetails(establishment_id=one, iban=fictitious_iban(n), bic=FICTITIOUS_BIC, on=day))
    shown = house.ask(STAFF, establishment, one)
    assert shown.bank_details_on == DAY
    assert shown.iban_sealed
    assert house.keyring.open(Personal.parse(shown.iban_sealed)) == fictitious_iban(1)


def test_the_organisation_is_the_staffs_to_read(house: House):
    organisation_id, _ = house.givens.organisation(OrganisationKind.PROVIDER)
    house.do(RenameOrganisation(organisation_id=organisation_id, name="Groupe du Nord"))
    house.do(
        AddOrganisationKind(organisation_id=organisation_id, kind=OrganisationKind.MEMBER, member_number="1234567")
    )

    async def row(connection: Any, reader: Reader) -> Any:
        cursor = await connection.execute("select * from read.organisation")
        return await cursor.fetchone()

    shown = house.ask(STAFF, row)
    assert (shown["name"], shown["is_provider"], shown["is_member"]) == ("Groupe du Nord", True, True)
    assert (shown["member_number"], shown["version"]) == ("1234567", 3)


def test_identities_are_public(house: House):
    """Whom one trains for, or is trained by, is named to every portal reader, as the SIRENE directory does."""
    one = house.givens.establishment()

    async def named(connection: Any, reader: Reader) -> Any:
        return await identities(connection, [one, uuid4()])

    assert list(house.ask(holder(), named)) == [one]
