"""Payments by month: the sums are those of the rows, whoever asks."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from ledger.transfer.commands import PayTransfer, RejectTransfer
from ledger.transfer.events import RejectReason
from projections.fetching import Connection
from projections.reader import Reader
from projections.transfer.months import TransferMonth, months
from support.givens import THURSDAY
from support.reading import STAFF, House, holder

MONTH = THURSDAY.replace(day=1)


async def summed(connection: Connection, reader: Reader, establishment_id: UUID) -> Any:
    """What PostgreSQL makes of the rows, asked in the plainest way."""
    cursor = await connection.execute(
        "select coalesce(sum(total_cents), 0)::bigint as cents, count(*) as n from read.transfer "
        "where status = 'paid' and beneficiary_establishment_id = %s",
        (establishment_id,),
    )
    return await cursor.fetchone()


def paid(house: House, cents: int) -> tuple[UUID, UUID]:
    """A provider that was paid so much: its establishment, the dossier."""
    dossier_id = house.givens.agreed_dossier()
    invoice_id = house.givens.approved_invoice(dossier_id, cents)
    house.givens.paid_transfer(dossier_id, invoice_id)
    return house.givens.provider_of(dossier_id), dossier_id


def ordered(house: House, dossier_id: UUID, cents: int) -> UUID:
    """A transfer that the bank has been given, in a lot of its own."""
    lot_id = house.givens.lot()
    transfer_id = house.givens.transfer(lot_id, dossier_id, [house.givens.approved_invoice(dossier_id, cents)])
    house.do(house.givens.releasing(lot_id))
    return transfer_id


def test_each_month_is_there_and_the_sums_are_those_of_the_rows(house: House):
    """Twelve months that end with the one asked for, in order; those without a payment have zeros."""
    provider, dossier_id = paid(house, 30_000)
    second = house.givens.approved_invoice(dossier_id, 12_345)
    house.givens.paid_transfer(dossier_id, second)
    found = house.ask(holder(provider), months, THURSDAY, 12)
    assert len(found) == 12
    assert [each.month for each in found] == sorted(each.month for each in found)
    assert found[-1] == TransferMonth(MONTH, 42_345, 2)
    assert all((each.paid_cents, each.count, each.month.day) == (0, 0, 1) for each in found[:-1])
    rows = house.ask(STAFF, summed, provider)
    assert (sum(each.paid_cents for each in found), sum(each.count for each in found)) == (rows["cents"], rows["n"])


def test_what_the_bank_rejected_or_has_not_answered_is_not_paid(house: House):
    dossier_id = house.givens.agreed_dossier()
    provider = house.givens.provider_of(dossier_id)
    rejected, waiting = (ordered(house, dossier_id, cents) for cents in (1_000, 2_000))
    house.do(RejectTransfer(transfer_id=rejected, reason=RejectReason.AC04, on=THURSDAY))
    for reader in (holder(provider), STAFF):
        assert sum(each.paid_cents for each in house.ask(reader, months, THURSDAY, 3, provider)) == 0
    house.do(PayTransfer(transfer_id=waiting, on=THURSDAY))
    assert house.ask(holder(provider), months, THURSDAY, 3)[-1] == TransferMonth(MONTH, 2_000, 1)


def test_each_reader_sums_its_own(house: House):
    """Two establishments together and one by one; another's gives zeros; staff have all of them."""
    first, second = paid(house, 10_000)[0], paid(house, 700)[0]
    third, _ = paid(house, 44)
    both = holder(first, second)

    def cents(reader: Reader, *asked: Any) -> int:
        return house.ask(reader, months, THURSDAY, 1, *asked)[0].paid_cents

    assert cents(both) == 10_700
    assert (cents(both, first), cents(both, second), cents(both, third)) == (10_000, 700, 0)
    assert cents(holder()) == 0
    assert cents(STAFF, third) == 44
    assert cents(STAFF) >= 10_744


def test_months_do_not_run_into_each_other(house: House):
    """The first and the last day of a month are its own; a year's end is no seam."""
    provider, _ = paid(house, 500)
    asked = holder(provider)
    assert house.ask(asked, months, MONTH, 1)[0].paid_cents == 500
    before = date(MONTH.year - (MONTH.month == 1), 12 if MONTH.month == 1 else MONTH.month - 1, 28)
    assert house.ask(asked, months, before, 24)[-1].paid_cents == 0
    across = house.ask(asked, months, date(2026, 2, 28), 4)
    assert [each.month for each in across] == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
