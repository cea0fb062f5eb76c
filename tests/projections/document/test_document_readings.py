"""Documents as readers see them (rows O31, O33, O42, O51)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from ledger.document.commands import RecordDeposit, WithdrawDocument
from ledger.document.events import Category, Side
from ledger.kit.errors import Invalid, NotFound
from ledger.kit.ids import uuid7
from ledger.kit.personal import Personal
from ledger.organisation.events import OrganisationKind
from projections.document.queries import document, documents_of_dossier, newest_of_dossier
from projections.dossier.queries import DossierFilters, dossier, dossier_documents, list_dossiers
from projections.establishment.queries import establishment_documents
from projections.transfer.queries import TransferFilters, list_transfers, transfer
from support.givens import DAY
from support.reading import STAFF, House, holder


def deposit(house: House, category: Category, *, name: str = "Pièce.pdf", on: date = DAY, **places: Any) -> UUID:
    return house.do(
        RecordDeposit(
            document_id=uuid7(),
            category=category,
            name=name,
            media_type="application/pdf",
            size_bytes=10,
            stored_bytes=50,
            stored_sha256="0" * 64,
            plain_sha256="1" * 64,
            on=on,
            **places,
        )
    )


def test_the_agreement_is_the_last_one_deposited_and_not_withdrawn(house: House):
    """O31: « Accord », absent where there is none."""
    dossier_id = house.givens.agreed_dossier()
    reader = holder(house.givens.provider_of(dossier_id))

    def agreement() -> UUID | None:
        (item,) = house.ask(reader, list_dossiers, DossierFilters()).items
        shown: UUID | None = house.ask(reader, dossier, dossier_id).agreement_document_id
        assert item.agreement_document_id == shown
        return shown

    assert agreement() is None
    first = deposit(house, Category.AGREEMENT, dossier_ids=(dossier_id,))
    assert agreement() == first
    second = deposit(house, Category.AGREEMENT, dossier_ids=(dossier_id,))
    assert agreement() == second
    house.do(WithdrawDocument(document_id=second, reason="Erreur", on=DAY))
    assert agreement() == first


def test_a_dossier_shows_the_funds_documents_to_its_parties(house: House):
    """O33: the file's name, and the day of deposit."""
    dossier_id = house.givens.dossier()
    reader = holder(house.givens.provider_of(dossier_id))
    letter = deposit(house, Category.FUND_DOCUMENT, name="Courrier.pdf", dossier_ids=(dossier_id,))

    (item,) = house.ask(reader, dossier_documents, dossier_id).items
    assert (item.document_id, item.deposited_on) == (letter, DAY)
    assert house.keyring.open(Personal.parse(item.name_sealed)) == "Courrier.pdf"
    shown = house.ask(reader, document, letter)
    assert (shown.dossier_ids, shown.media_type, shown.size_bytes) == ((dossier_id,), "application/pdf", 10)


@pytest.mark.parametrize("limit", [1, 3, 7, 200])
def test_a_dossiers_documents_come_by_pages(house: House, limit: int):
    """O33: newest first, each once, however the pages are cut; their number is that of all."""
    dossier_id = house.givens.dossier()
    days = [DAY, DAY, DAY, DAY + timedelta(days=1), DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)]
    laid = [(on, deposit(house, Category.FUND_DOCUMENT, on=on, dossier_ids=(dossier_id,))) for on in days]
    reader, found, cursor = holder(house.givens.provider_of(dossier_id)), [], None
    while True:
        page = house.ask(reader, documents_of_dossier, dossier_id, cursor=cursor, limit=limit)
        assert (page.total, page.total_is_capped) == (7, False)
        assert len(page.items) <= limit
        found += [(each.deposited_on, each.document_id) for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == sorted(laid, reverse=True)
    with pytest.raises(Invalid, match="curseur"):
        house.ask(reader, documents_of_dossier, dossier_id, cursor="nulle part")


def test_the_newest_of_each_category_stand_beside_each_other(house: House):
    """E9: of one side, whatever the others have; what is withdrawn or another's takes no place."""
    company, provider = house.givens.establishment(OrganisationKind.MEMBER), house.givens.establishment()
    dossier_id = house.givens.dossier(company_establishment_id=company, provider_establishment_ids=(provider,))

    def piece(category: Category, side: Side, place: UUID, days: int) -> UUID:
        on = DAY + timedelta(days=days)
        return deposit(house, category, side=side, on=on, establishment_id=place, dossier_ids=(dossier_id,))

    quotes = [piece(Category.QUOTE, Side.MEMBER, company, n) for n in (2, 0, 3, 1)]
    others = [piece(Category.OTHER, Side.MEMBER, company, n) for n in (0, 1)]
    theirs = [piece(Category.INVOICE, Side.PROVIDER, provider, 9)]
    house.do(WithdrawDocument(document_id=quotes[2], reason="Erreur", on=DAY))

    def newest(place: UUID, side: Side, each: int) -> list[UUID]:
        return [row.document_id for row in house.ask(holder(place), newest_of_dossier, dossier_id, side, each)]

    assert newest(company, Side.MEMBER, 1) == [quotes[0], others[1]]
    assert set(newest(company, Side.MEMBER, 2)) == {quotes[0], quotes[3], *others}
    assert newest(provider, Side.PROVIDER, 5) == theirs
    assert newest(provider, Side.MEMBER, 5) == []


def test_what_another_party_handed_in_is_not_shown(house: House):
    """A contract that the company handed in has the trainee's NIR: it is not the provider's to read."""
    dossier_id = house.givens.dossier()
    provider = house.givens.provider_of(dossier_id)
    piece = deposit(house, Category.OTHER, dossier_ids=(dossier_id,))
    own = deposit(house, Category.CERTIFICATE, dossier_ids=(dossier_id,), establishment_id=provider)

    assert [item.document_id for item in house.ask(holder(provider), dossier_documents, dossier_id).items] == [own]
    assert {item.document_id for item in house.ask(STAFF, dossier_documents, dossier_id).items} == {piece, own}
    with pytest.raises(NotFound):
        house.ask(holder(provider), document, piece)


def test_a_document_of_two_dossiers_names_only_those_in_sight(house: House):
    mine, other = house.givens.dossier(), house.givens.dossier()
    shared = deposit(house, Category.FUND_DOCUMENT, dossier_ids=(mine, other))
    reader = holder(house.givens.provider_of(mine))
    assert house.ask(reader, document, shared).dossier_ids == (mine,)
    assert set(house.ask(STAFF, document, shared).dossier_ids) == {mine, other}


def test_the_avis_of_one_lot_may_be_several_files(house: House):
    """O42, O51: each keeps its name and its date; the beneficiary alone sees them."""
    dossier_id = house.givens.agreed_dossier()
    provider = house.givens.provider_of(dossier_id)
    transfer_id = house.givens.paid_transfer(dossier_id, house.givens.approved_invoice(dossier_id))
    names = [("Lot 550 - Page 1.pdf", date(2026, 3, 6)), ("Lot 550 - Page 1.pdf", date(2026, 3, 13))]
    avis = [
        deposit(
            house,
            Category.REMITTANCE_ADVICE,
            name=name,
            on=day,
            dossier_ids=(dossier_id,),
            establishment_id=provider,
            transfer_id=transfer_id,
        )
        for name, day in names
    ]
    company = house.ask(STAFF, dossier, dossier_id).company_establishment_id

    page = house.ask(holder(provider), establishment_documents, provider)
    assert [(item.document_id, item.deposited_on) for item in page.items] == [
        (avis[1], names[1][1]),
        (avis[0], names[0][1]),
    ]
    assert page.total == 2
    (item,) = house.ask(holder(provider), list_transfers, TransferFilters()).items
    assert item.advice_document_ids == tuple(avis)
    assert house.ask(holder(provider), transfer, transfer_id).advice_document_ids == tuple(avis)
    assert house.ask(holder(company), dossier_documents, dossier_id).items == ()
    first = house.ask(holder(provider), establishment_documents, provider, None, 1)
    second = house.ask(holder(provider), establishment_documents, provider, first.next_cursor, 1)
    assert [item.document_id for item in (*first.items, *second.items)] == [avis[1], avis[0]]


def test_a_withdrawn_document_is_gone_for_portal_readers(house: House):
    dossier_id = house.givens.dossier()
    reader = holder(house.givens.provider_of(dossier_id))
    letter = deposit(house, Category.FUND_DOCUMENT, dossier_ids=(dossier_id,))
    house.do(WithdrawDocument(document_id=letter, reason="Erreur de dossier", on=DAY))

    assert house.ask(reader, dossier_documents, dossier_id).items == ()
    with pytest.raises(NotFound):
        house.ask(reader, document, letter)
    assert house.ask(STAFF, document, letter).withdrawn_on == DAY
