"""Lots, for staff alone: what one weekly run holds. For anybody else there are none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from ledger.kit.errors import NotFound
from projections.fetching import Connection, fetch, fetch_count, fetch_one
from projections.page import COUNTED, Page, check_limit, counted, page_of, read_cursor, write_cursor
from projections.reader import Reader


@dataclass(frozen=True, slots=True)
class Lot:
    """Transfers withdrawn are not counted. Nothing can be added once it is released."""

    lot_id: UUID
    reference: str
    scheduled_on: date
    transfer_count: int
    total_cents: int
    released_on: date | None
    version: int


@dataclass(frozen=True, slots=True)
class LotDetail(Lot):
    """With what the bank answered."""

    paid_count: int
    rejected_count: int


_ORDER: Final = "lots"
_COLUMNS: Final = "x.lot_id, x.reference, x.scheduled_on, x.transfer_count, x.total_cents, x.released_on, x.version"


async def list_lots(connection: Connection, reader: Reader, cursor: str | None = None, limit: int = 50) -> Page[Lot]:
    """The last run first. Invalid: `cursor`, `limit`."""
    _check_staff(reader)
    asked: dict[str, Any] = {"fetch": check_limit(limit) + 1}
    after = read_cursor(cursor, _ORDER, date.fromisoformat, UUID)
    beyond = ""
    if after:
        asked |= {"after_day": after[0], "after_id": after[1]}
        beyond = "where (x.scheduled_on, x.lot_id) < (%(after_day)s::date, %(after_id)s::uuid)"
    query = f"select {_COLUMNS} from read.lot x {beyond} order by x.scheduled_on desc, x.lot_id desc limit %(fetch)s"
    rows = await fetch(connection, Lot, query, asked)
    items, next_cursor = page_of(rows, limit, lambda row: write_cursor(_ORDER, row.scheduled_on, row.lot_id))
    count = f"select count(*) from (select from read.lot limit {COUNTED + 1}) as found"
    total, is_capped = counted(await fetch_count(connection, count, {}))
    return Page(items, next_cursor, total, is_capped)


async def lot(connection: Connection, reader: Reader, lot_id: UUID) -> LotDetail:
    """NotFound where it is absent, or the reader is not staff."""
    _check_staff(reader)
    query = f"""
        select {_COLUMNS},
               (select count(*) from read.transfer t
                 where t.lot_reference = x.reference and t.status = 'paid') as paid_count,
               (select count(*) from read.transfer t
                 where t.lot_reference = x.reference and t.status = 'rejected') as rejected_count
          from read.lot x where x.lot_id = %(lot_id)s"""
    found = await fetch_one(connection, LotDetail, query, {"lot_id": lot_id})
    if found is None:
        raise NotFound
    return found


def _check_staff(reader: Reader) -> None:
    if not reader.is_staff:
        raise NotFound
