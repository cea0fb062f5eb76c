"""Who sees a document, as its analysis goes on: « transmis » only once nothing was found (rows E9, E14, O33)."""

from __future__ import annotations

from uuid import UUID

import pytest

from ledger.document.commands import RecordAnalysis, WithdrawDocument
from ledger.document.events import Category, Side
from ledger.dossier.aggregate import Dossier
from ledger.kit.errors import NotFound
from ledger.kit.personal import Personal
from ledger.log.database import Role
from projections.document.counts import piece_counts
from projections.document.queries import DocumentFilters, document, documents_of_dossier, documents_of_establishment
from projections.dossier.queries import dossier, dossier_documents
from projections.reader import Reader
from projections.transfer.queries import transfer
from support.givens import DAY
from support.papers import ENGINE, paper
from support.reading import STAFF, House, holder


def analysed(house: House, document_id: UUID, verdict: str, threat: str | None = None) -> None:
    house.do(RecordAnalysis(document_id=document_id, verdict=verdict, engine=ENGINE, threat=threat))


def sees(house: House, reader: Reader, dossier_id: UUID, document_id: UUID) -> bool:
    """By the list and alone; and by row security alone, which says the same without any condition of a query."""
    listed = document_id in {each.document_id for each in house.ask(reader, dossier_documents, dossier_id).items}
    try:
        house.ask(reader, document, document_id)
        alone = True
    except NotFound:
        alone = False
    role = Role.STAFF if reader.is_staff else Role.GATEWAY
    with house.database.transaction(role, scope=reader.scope) as connection:
        for table in ("read.document", "read.dossier_document"):
            row = connection.execute(f"select 1 from {table} where document_id = %s", (document_id,)).fetchone()
            assert (row is not None) == listed
    assert listed == alone
    return listed


def test_a_letter_of_the_fund_is_seen_once_it_is_clean(house: House):
    dossier_id = house.givens.dossier()
    reader = holder(house.givens.provider_of(dossier_id))
    letter = house.do(paper(Category.FUND_DOCUMENT, analysis="awaited", dossier_ids=(dossier_id,)))
    assert not sees(house, reader, dossier_id, letter)
    assert sees(house, STAFF, dossier_id, letter)

    analysed(house, letter, "clean")
    assert sees(house, reader, dossier_id, letter)
    found = house.ask(reader, document, letter)
    assert (found.analysis, found.engine, found.analysed_at is not None) == ("clean", ENGINE, True)

    analysed(house, letter, "infected", "Eicar-Test")
    assert not sees(house, reader, dossier_id, letter)
    assert house.ask(STAFF, document, letter).threat == "Eicar-Test"
    analysed(house, letter, "clean")
    assert sees(house, reader, dossier_id, letter)
    assert house.ask(STAFF, document, letter).threat is None


def test_who_handed_a_piece_in_sees_it_at_once_and_the_other_side_never(house: House):
    """E9, E14: a contract has the trainee's NIR; it is between the company and the fund."""
    dossier_id = house.givens.dossier()
    company = house.givens.state(Dossier, dossier_id).company_establishment_id
    member, provider = holder(company), holder(house.givens.provider_of(dossier_id))
    mine = {"side": Side.MEMBER, "dossier_ids": (dossier_id,), "establishment_id": company}
    piece = house.do(paper(Category.OTHER, analysis="awaited", **mine))
    for verdict in ("clean", "infected", None):
        assert sees(house, member, dossier_id, piece)
        assert sees(house, STAFF, dossier_id, piece)
        assert not sees(house, provider, dossier_id, piece)
        if verdict:
            analysed(house, piece, verdict)


def test_what_is_withdrawn_is_gone_for_its_parties_and_stays_for_the_staff(house: House):
    """E14: with its reason, sealed; found by its state, as those of a side, a category and an analysis are."""
    dossier_id = house.givens.dossier()
    company = house.givens.state(Dossier, dossier_id).company_establishment_id
    mine = {"side": Side.MEMBER, "dossier_ids": (dossier_id,), "establishment_id": company}
    wrong, kept = (house.do(paper(Category.OTHER, analysis="clean", **mine)) for _ in range(2))
    letter = house.do(paper(Category.FUND_DOCUMENT, analysis="awaited", dossier_ids=(dossier_id,)))
    house.do(WithdrawDocument(document_id=wrong, reason="Autre dossier", on=DAY))

    def found(reader: Reader, **narrowed: str) -> set[UUID]:
        rows = house.ask(reader, documents_of_dossier, dossier_id, DocumentFilters(**narrowed)).items
        return {each.document_id for each in rows}

    assert sees(house, STAFF, dossier_id, wrong)
    assert not sees(house, holder(company), dossier_id, wrong)
    assert found(holder(company)) == {kept}
    assert found(holder(company), state="withdrawn") == set()
    assert found(STAFF) == {wrong, kept, letter}
    assert found(STAFF, state="withdrawn") == {wrong}
    assert found(STAFF, state="clean") == {kept}
    assert found(STAFF, state="awaited", side="fund") == {letter}
    assert found(STAFF, side="member") == {wrong, kept}
    assert found(STAFF, category="fund-document") == {letter}
    sealed = house.ask(STAFF, document, wrong).reason_sealed
    assert sealed is not None
    assert house.keyring.open(Personal.parse(sealed)) == "Autre dossier"


def test_pieces_are_counted_by_category_without_what_is_withdrawn_or_quarantined(house: House):
    """E9: « Autres pièces (3) »."""
    dossier_id = house.givens.dossier()
    company = house.givens.state(Dossier, dossier_id).company_establishment_id
    member = holder(company)
    mine = {"side": Side.MEMBER, "dossier_ids": (dossier_id,), "establishment_id": company}
    others = [house.do(paper(Category.OTHER, analysis="awaited", **mine)) for _ in range(3)]
    withdrawn = house.do(paper(Category.QUOTE, **mine))
    house.do(paper(Category.PROGRAMME, **mine))
    assert house.ask(member, piece_counts, dossier_id, "member") == {"other": 3, "quote": 1, "programme": 1}
    analysed(house, others[0], "infected", "Eicar-Test")
    house.do(WithdrawDocument(document_id=withdrawn, reason="Erreur", on=DAY))
    assert house.ask(member, piece_counts, dossier_id, "member") == {"other": 2, "programme": 1}
    assert house.ask(holder(house.givens.provider_of(dossier_id)), piece_counts, dossier_id, "member") == {}
    assert house.ask(member, piece_counts, dossier_id, "provider") == {}


def test_an_agreement_and_an_avis_are_offered_once_they_are_transmitted(house: House):
    """O31, O40: to the fund as well, which shall not send what is quarantined."""
    dossier_id = house.givens.agreed_dossier()
    provider = house.givens.provider_of(dossier_id)
    transfer_id = house.givens.paid_transfer(dossier_id, house.givens.approved_invoice(dossier_id))
    agreement = house.do(paper(Category.AGREEMENT, analysis="awaited", dossier_ids=(dossier_id,)))
    lot = {"establishment_id": provider, "transfer_id": transfer_id}
    avis = house.do(paper(Category.REMITTANCE_ADVICE, analysis="awaited", **lot))
    for reader in (STAFF, holder(provider)):
        assert house.ask(reader, dossier, dossier_id).agreement_document_id is None
        assert house.ask(reader, transfer, transfer_id).advice_document_ids == ()
    analysed(house, agreement, "clean")
    analysed(house, avis, "clean")
    for reader in (STAFF, holder(provider)):
        assert house.ask(reader, dossier, dossier_id).agreement_document_id == agreement
        assert house.ask(reader, transfer, transfer_id).advice_document_ids == (avis,)


def test_an_establishment_s_documents_are_what_the_fund_filed_for_it(house: House):
    """O51: its avis are not buried under what it handed in, which stands on its dossiers."""
    dossier_id = house.givens.dossier()
    company = house.givens.state(Dossier, dossier_id).company_establishment_id
    mine = {"dossier_ids": (dossier_id,), "establishment_id": company}
    by_post = house.do(paper(Category.OTHER, **mine))
    house.do(paper(Category.OTHER, side=Side.MEMBER, **mine))
    for reader in (STAFF, holder(company)):
        found = house.ask(reader, documents_of_establishment, company)
        assert ([each.document_id for each in found.items], found.total) == ([by_post], 1)


def test_who_deposited_and_where_it_stands_in_the_log_is_kept(house: House):
    dossier_id, account = house.givens.dossier(), house.givens.account()
    given = house.ledger.execute(
        paper(Category.FUND_DOCUMENT, analysis="clean", engine=ENGINE, dossier_ids=(dossier_id,)), actor=account
    )
    found = house.ask(STAFF, document, given.resource_id)
    assert (found.deposited_by, found.position, found.side, found.own) == (account, given.position, "fund", ())
    assert found.analysed_at == found.recorded_at


@pytest.mark.parametrize("side", ["member", "provider"])
def test_no_piece_is_counted_where_there_is_none(house: House, side: str):
    assert house.ask(STAFF, piece_counts, house.givens.dossier(), side) == {}
