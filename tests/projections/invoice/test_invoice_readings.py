"""Invoices as their beneficiary and the fund follow them (row B2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from ledger.invoice.commands import ApproveInvoice, AttestService, DisputeInvoice, ResolveDispute
from ledger.kit.errors import NotFound
from ledger.kit.personal import Personal
from ledger.transfer.commands import WithdrawTransfer
from projections.invoice.queries import Invoice, InvoiceFilters, Status, invoice, list_invoices
from projections.reader import Reader
from support.givens import DAY, THURSDAY
from support.reading import STAFF, House, holder


def listed(house: House, reader: Reader, **filters: Any) -> list[UUID]:
    page = house.ask(reader, list_invoices, InvoiceFilters(**filters))
    assert page.total == len(page.items)
    return [item.invoice_id for item in page.items]


def test_an_invoice_is_followed_from_its_reception_to_its_payment(house: House):
    dossier_id = house.givens.agreed_dossier()
    reader = holder(house.givens.provider_of(dossier_id))
    invoice_id = house.givens.invoice(dossier_id, 40_000)

    def shown() -> Invoice:
        return house.ask(reader, invoice, invoice_id)

    assert (shown().status, shown().approved_cents) == ("received", 0)
    house.do(AttestService(invoice_id=invoice_id, on=DAY))
    assert (shown().status, shown().service_attested_on) == ("received", DAY)
    house.do(DisputeInvoice(invoice_id=invoice_id, reason="Période illisible", on=DAY))
    reason = shown().dispute_reason_sealed
    assert shown().status == "disputed"
    assert reason
    assert house.keyring.open(Personal.parse(reason)) == "Période illisible"
    house.do(ResolveDispute(invoice_id=invoice_id, on=DAY))
    assert (shown().status, shown().dispute_reason_sealed) == ("received", None)
    house.do(ApproveInvoice(invoice_id=invoice_id, amount_cents=39_000, on=DAY))
    assert (shown().status, shown().approved_cents, shown().approved_on) == ("approved", 39_000, DAY)
    lot_id = house.givens.lot()
    transfer_id = house.givens.transfer(lot_id, dossier_id, [invoice_id])
    assert (shown().status, shown().transfer_id, shown().lot_id) == ("scheduled", transfer_id, lot_id)
    house.do(WithdrawTransfer(transfer_id=transfer_id, on=DAY))
    assert (shown().status, shown().transfer_id) == ("approved", None)
    house.givens.paid_transfer(dossier_id, invoice_id)
    assert (shown().status, shown().paid_on) == ("paid", THURSDAY)


def test_an_invoice_is_its_beneficiarys_alone(house: House):
    """Two providers of one dossier do not see each other's invoices, nor does the company."""
    mine, other = house.givens.establishment(), house.givens.establishment()
    dossier_id = house.givens.agreed_dossier(provider_establishment_ids=(mine, other))
    invoice_id = house.givens.invoice(dossier_id, beneficiary_establishment_id=mine)

    assert listed(house, holder(mine)) == [invoice_id]
    assert listed(house, holder(other)) == []
    with pytest.raises(NotFound):
        house.ask(holder(other), invoice, invoice_id)


def test_each_filter_narrows_the_list(house: House):
    first, second = house.givens.agreed_dossier(), house.givens.agreed_dossier()
    one, two = house.givens.invoice(first), house.givens.approved_invoice(second)
    both = holder(*(house.givens.provider_of(each) for each in (first, second)))

    for reader in (both, STAFF):
        assert listed(house, reader) == [two, one]
        assert listed(house, reader, status=Status.APPROVED) == [two]
        assert listed(house, reader, dossier_id=first) == [one]
        assert listed(house, reader, establishment_id=house.givens.provider_of(first)) == [one]
        page = house.ask(reader, list_invoices, InvoiceFilters(), None, 1)
        rest = house.ask(reader, list_invoices, InvoiceFilters(), page.next_cursor, 1)
        assert [item.invoice_id for item in (*page.items, *rest.items)] == [two, one]
