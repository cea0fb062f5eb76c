"""What was paid, month by month: the same sums as the list of règlements has, of those that the bank has paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from projections.fetching import Connection, fetch
from projections.reader import Reader
from projections.transfer.status import Status

MOST: Final = 60
"""Months that are asked for at once: five years."""

_PAID: Final = f"select x.dated_on, x.total_cents from read.transfer x where x.status = '{Status.PAID}'"
_WITHIN: Final = "and x.dated_on >= %(first)s and x.dated_on < %(beyond)s"


@dataclass(frozen=True, slots=True)
class TransferMonth:
    """`month` is its first day; `paid_cents` is gross (TTC), over `count` transfers. A month without any has zeros."""

    month: date
    paid_cents: int
    count: int


async def months(
    connection: Connection, reader: Reader, until: date, number: int, establishment_id: UUID | None = None
) -> tuple[TransferMonth, ...]:
    """The `number` months (MOST at most) that end with the one of the day `until`, oldest first.

    By the day of payment. `establishment_id` is the beneficiary's; another's than the reader's gives zeros.
    """
    last = until.year * 12 + until.month - 1
    wanted = [_first_day(month) for month in range(last - number + 1, last + 1)]
    establishments = _beneficiaries(reader, establishment_id)
    asked: dict[str, Any] = {"first": wanted[0], "beyond": _first_day(last + 1), "establishments": establishments}
    query = f"""
        select date_trunc('month', x.dated_on::timestamp)::date as month, sum(x.total_cents)::bigint as paid_cents,
               count(*)::int as count
          from ({_each(establishments)}) x
         group by 1"""
    found = {row.month: row for row in await fetch(connection, TransferMonth, query, asked)}
    return tuple(found.get(month, TransferMonth(month, 0, 0)) for month in wanted)


def _beneficiaries(reader: Reader, establishment_id: UUID | None) -> list[UUID] | None:
    """Whose transfers are summed; None for everybody's, which staff see."""
    if not reader.is_staff:
        return list(reader.narrowed(establishment_id))
    return None if establishment_id is None else [establishment_id]


def _each(establishments: list[UUID] | None) -> str:
    """One index scan for each establishment, over the days asked for alone."""
    if establishments is None:
        return f"{_PAID} {_WITHIN}"
    return (
        "select paid.* from unnest(%(establishments)s::uuid[]) as s (establishment_id) cross join lateral "
        f"({_PAID} and x.beneficiary_establishment_id = s.establishment_id {_WITHIN}) paid"
    )


def _first_day(month: int) -> date:
    """Of a month counted from January of the year 0."""
    return date(month // 12, month % 12 + 1, 1)
