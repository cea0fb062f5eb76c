"""Transfers and lots as readers see them (rows O34, O40–O42)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from ledger.establishment.commands import RecordBankDetails, RenameEstablishment
from ledger.kit.errors import NotFound
from ledger.kit.fictitious import FICTITIOUS_BIC, fictitious_iban
from ledger.kit.personal import Personal
from ledger.log.database import Role
from ledger.transfer.commands import PayTransfer, RejectTransfer, WithdrawTransfer
from ledger.transfer.events import RejectReason
from projections.dossier.queries import dossier_transfers
from projections.reader import Reader
from projections.transfer.queries import TransferFilters, list_lots, list_transfers, lot, transfer
from support.givens import STARTS, THURSDAY
from support.reading import ACCOUNTANT, STAFF, House, holder


def listed(house: House, reader: Reader, **filters: Any) -> list[UUID]:
    page = house.ask(reader, list_transfers, TransferFilters(**filters))
    assert page.total == len(page.items)
    return [item.transfer_id for item in page.items]


def rows_left_by_row_security(house: House, provider: UUID) -> int:
    """Rows of transfers, their payees and their lines in a portal's sight where no query filters."""
    with house.database.transaction(Role.GATEWAY, scope=[provider]) as connection:
        tables = ("transfer", "transfer_payee", "transfer_line")
        found = [connection.execute(f"select count(*) as n from read.{table}".encode()).fetchone() for table in tables]
    return sum(row["n"] for row in found if row)


def test_a_transfer_shows_its_frozen_beneficiary_and_lines_that_add_up(house: House):
    """O41: the sum of the lines is the total; O34: the paid IBAN is that of then."""
    dossier_id = house.givens.agreed_dossier(number="4021000418100")
    provider = house.givens.provider_of(dossier_id)
    invoices = [house.givens.approved_invoice(dossier_id, cents) for cents in (30_000, 12_345)]
    lot_id = house.givens.lot()
    transfer_id = house.givens.transfer(lot_id, dossier_id, invoices)
    house.do(RenameEstablishment(establishment_id=provider, name="Autre nom"))
    house.do(RecordBankDetails(establishment_id=provider, iban=fictitious_iban(999), bic=FICTITIOUS_BIC, on=STARTS))
    house.do(house.givens.releasing(lot_id))
    house.do(PayTransfer(transfer_id=transfer_id, on=THURSDAY))

    shown = house.ask(holder(provider), transfer, transfer_id)
    assert sum(line.amount_cents for line in shown.lines) == shown.total_cents == 42_345
    assert [line.number for line in shown.lines] == [1, 2]
    assert {line.dossier_number for line in shown.lines} == {"4021000418100"}
    assert (shown.status, shown.paid_on, shown.line_count) == ("paid", THURSDAY, 2)
    name = house.keyring.open(Personal.parse(shown.beneficiary_name_sealed))
    assert str(name).startswith("Établissement")
    assert house.keyring.open(Personal.parse(shown.iban_sealed)) != fictitious_iban(999)
    (item,) = house.ask(holder(provider), list_transfers, TransferFilters()).items
    assert (item.beneficiary_name, item.total_cents, item.dated_on) == ("Autre nom", 42_345, THURSDAY)


def test_a_portal_reader_sees_a_transfer_once_the_bank_has_answered(house: House):
    """What is in preparation is the fund's own business, also in the dossier's tab RÈGLEMENTS."""
    dossier_id = house.givens.agreed_dossier()
    provider = house.givens.provider_of(dossier_id)
    lot_id = house.givens.lot()
    transfer_id = house.givens.transfer(lot_id, dossier_id, [house.givens.approved_invoice(dossier_id)])

    def unseen() -> None:
        assert listed(house, holder(provider)) == []
        assert house.ask(holder(provider), dossier_transfers, dossier_id) == ()
        with pytest.raises(NotFound):
            house.ask(holder(provider), transfer, transfer_id)
        assert rows_left_by_row_security(house, provider) == 0

    unseen()
    assert house.ask(STAFF, transfer, transfer_id).status == "prepared"
    house.do(house.givens.releasing(lot_id))
    unseen()
    assert house.ask(STAFF, transfer, transfer_id).status == "released"
    assert house.ask(STAFF, dossier_transfers, dossier_id)[0].status == "released"
    house.do(RejectTransfer(transfer_id=transfer_id, reason=RejectReason.AC04, on=THURSDAY))
    shown = house.ask(holder(provider), transfer, transfer_id)
    assert (shown.status, shown.reject_reason, shown.paid_on) == ("rejected", "AC04", None)
    assert rows_left_by_row_security(house, provider) == 3
    assert listed(house, holder(provider)) == [transfer_id]
    assert house.ask(STAFF, lot, lot_id).rejected_count == 1


def test_a_line_is_shown_to_every_party_of_its_dossier_and_the_iban_to_the_beneficiary(house: House):
    """O34: this dossier's line alone; the transfer, with its total and other lines, is the beneficiary's."""
    first = house.givens.agreed_dossier()
    provider = house.givens.provider_of(first)
    second = house.givens.agreed_dossier(provider_establishment_ids=(provider,))
    invoices = [house.givens.approved_invoice(first, 10_000), house.givens.approved_invoice(second, 20_000)]
    lot_id = house.givens.lot()
    transfer_id = house.givens.transfer(lot_id, first, invoices)
    house.do(house.givens.releasing(lot_id))
    house.do(PayTransfer(transfer_id=transfer_id, on=THURSDAY))

    company = house.ask(STAFF, company_of, first)
    (line,) = house.ask(holder(company), dossier_transfers, first)
    assert (line.amount_cents, line.iban_in_full, line.transfer_in_sight) == (10_000, False, False)
    with pytest.raises(NotFound):
        house.ask(holder(company), transfer, transfer_id)
    assert listed(house, holder(company)) == []
    (line,) = house.ask(holder(provider), dossier_transfers, first)
    assert (line.amount_cents, line.iban_in_full, line.transfer_in_sight) == (10_000, True, True)
    (line,) = house.ask(STAFF, dossier_transfers, second)
    assert (line.amount_cents, line.iban_in_full) == (20_000, False)
    assert house.ask(ACCOUNTANT, transfer, transfer_id).iban_in_full
    assert len(house.ask(holder(provider), transfer, transfer_id).lines) == 2


async def company_of(connection: Any, reader: Reader, dossier_id: UUID) -> Any:
    cursor = await connection.execute(
        "select company_establishment_id from read.dossier where dossier_id = %s", (dossier_id,)
    )
    return (await cursor.fetchone())["company_establishment_id"]


def test_the_list_is_newest_first_by_establishment_or_lot(house: House):
    """O40."""
    paid: list[tuple[UUID, UUID]] = []
    for _ in range(3):
        dossier_id = house.givens.agreed_dossier()
        invoice_id = house.givens.approved_invoice(dossier_id)
        paid.append((house.givens.provider_of(dossier_id), house.givens.paid_transfer(dossier_id, invoice_id)))
    mine = holder(paid[0][0], paid[1][0])

    assert listed(house, mine) == [paid[1][1], paid[0][1]]
    assert listed(house, mine, establishment_id=paid[0][0]) == [paid[0][1]]
    assert listed(house, mine, establishment_id=paid[2][0]) == []
    reference = house.ask(STAFF, transfer, paid[2][1]).lot_reference
    assert listed(house, mine, lot=reference) == []
    assert listed(house, STAFF, lot=reference) == [paid[2][1]]
    assert listed(house, STAFF) == [each for _, each in reversed(paid)]
    first = house.ask(mine, list_transfers, TransferFilters(), None, 1)
    second = house.ask(mine, list_transfers, TransferFilters(), first.next_cursor, 1)
    assert [item.transfer_id for item in (*first.items, *second.items)] == [paid[1][1], paid[0][1]]
    assert second.next_cursor is None


def test_a_withdrawn_transfer_leaves_its_lot(house: House):
    dossier_id = house.givens.agreed_dossier()
    other = house.givens.agreed_dossier()
    lot_id = house.givens.lot()
    kept = house.givens.transfer(lot_id, other, [house.givens.approved_invoice(other, 5_000)])
    gone = house.givens.transfer(lot_id, dossier_id, [house.givens.approved_invoice(dossier_id, 7_000)])
    house.do(WithdrawTransfer(transfer_id=gone, on=THURSDAY))

    shown = house.ask(STAFF, lot, lot_id)
    assert (shown.transfer_count, shown.total_cents, shown.released_on) == (1, 5_000, None)
    assert house.ask(STAFF, transfer, gone).status == "withdrawn"
    assert house.ask(STAFF, transfer, kept).status == "prepared"
    assert [item.lot_id for item in house.ask(STAFF, list_lots).items] == [lot_id]


def test_lots_are_staffs_alone(house: House):
    lot_id = house.givens.lot()
    reader = holder(house.givens.establishment())
    for query, arguments in ((list_lots, ()), (lot, (lot_id,))):
        with pytest.raises(NotFound):
            house.ask(reader, query, *arguments)
