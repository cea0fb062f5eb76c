"""The list « Consulter les règlements » (row O40): one index scan for each establishment, merged, newest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from projections.fetching import Connection, fetch, fetch_count
from projections.page import COUNTED, Page, check_limit, counted, page_of, read_cursor, write_cursor
from projections.reader import Reader
from projections.transfer.status import ANSWERED


class TransferFilters(BaseModel):
    """`establishment_id` is the beneficiary's; `lot` is the lot's whole reference (« VIR550 »)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    establishment_id: UUID | None = None
    lot: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f]{1,35}$")] | None = None


@dataclass(frozen=True, slots=True)
class TransferItem:
    """One row of the list. `dated_on` is the day paid or rejected, else scheduled; the establishment is as it is today.

    `advice_document_ids` are its avis de virement: one lot may have several pages for one establishment (row O42).
    """

    transfer_id: UUID
    lot_id: UUID
    lot_reference: str
    status: str
    scheduled_on: date
    dated_on: date
    paid_on: date | None
    reject_reason: str | None
    beneficiary_establishment_id: UUID
    beneficiary_name: str | None
    beneficiary_siret: str | None
    total_cents: int
    line_count: int
    advice_document_ids: tuple[UUID, ...]


_ORDER: Final = "transfers"


async def list_transfers(
    connection: Connection, reader: Reader, filters: TransferFilters, cursor: str | None = None, limit: int = 50
) -> Page[TransferItem]:
    """Newest first. Invalid: `cursor`, `limit`."""
    establishments = _beneficiaries(reader, filters)
    asked: dict[str, Any] = {"establishments": establishments, "lot": filters.lot}
    after = read_cursor(cursor, _ORDER, date.fromisoformat, UUID)
    if after:
        asked |= {"after_day": after[0], "after_id": after[1]}
    each = _each(reader, establishments, lot=filters.lot)
    query = _page_query(reader, each, after=after is not None)
    rows = await fetch(connection, TransferItem, query, asked | {"fetch": check_limit(limit) + 1})
    items, next_cursor = page_of(rows, limit, lambda row: write_cursor(_ORDER, row.dated_on, row.transfer_id))
    count = f"select count(*) from (select from ({each(f'limit {COUNTED + 1}')}) x limit {COUNTED + 1}) as found"
    total, is_capped = counted(await fetch_count(connection, count, asked))
    return Page(items, next_cursor, total, is_capped)


def status_of(reader: Reader) -> tuple[str, str]:
    """The status of `t`, and the join it takes: lots are staff's, and portal readers see no transfer that waits."""
    if not reader.is_staff:
        return "t.status", ""
    released = "case when t.status = 'prepared' and lot.released_on is not null then 'released' else t.status end"
    return released, "left join read.lot lot on lot.lot_id = t.lot_id"


def seen_status(reader: Reader, alias: str) -> str:
    answered = ", ".join(f"'{status}'" for status in ANSWERED)
    return "true" if reader.is_staff else f"{alias}.status in ({answered})"


def _beneficiaries(reader: Reader, filters: TransferFilters) -> list[UUID] | None:
    """The establishments whose lists are merged; None for everybody's."""
    if not reader.is_staff:
        return list(reader.narrowed(filters.establishment_id))
    return None if filters.establishment_id is None else [filters.establishment_id]


def _each(reader: Reader, establishments: list[UUID] | None, *, lot: str | None) -> Callable[[str], str]:
    """The transfers asked for, ended by what it is given: one index scan for each establishment, or the lot's own."""
    seen = f"select x.* from read.transfer x where {seen_status(reader, 'x')}"
    if lot is not None:
        of = "true" if establishments is None else "x.beneficiary_establishment_id = any(%(establishments)s::uuid[])"
        return lambda rest: f"{seen} and x.lot_reference = %(lot)s and {of} {rest}"
    if establishments is None:
        return lambda rest: f"{seen} {rest}"
    return lambda rest: (
        "select found.* from unnest(%(establishments)s::uuid[]) as s (establishment_id) cross join lateral "
        f"({seen} and x.beneficiary_establishment_id = s.establishment_id {rest}) found"
    )


def _page_query(reader: Reader, each: Callable[[str], str], *, after: bool) -> str:
    beyond = "and (x.dated_on, x.transfer_id) < (%(after_day)s::date, %(after_id)s::uuid)" if after else ""
    limited = "order by x.dated_on desc, x.transfer_id desc limit %(fetch)s"
    status, lots = status_of(reader)
    return f"""
        with page as (select x.* from ({each(f"{beyond} {limited}")}) x {limited})
        select t.transfer_id, t.lot_id, t.lot_reference, {status} as status, t.scheduled_on, t.dated_on, t.paid_on,
               t.reject_reason, t.beneficiary_establishment_id, i.name as beneficiary_name,
               i.siret as beneficiary_siret, t.total_cents, t.line_count, array(
                 select a.document_id from read.document a
                  where a.transfer_id = t.transfer_id and a.category = 'remittance-advice' and a.withdrawn_on is null
                    and a.analysis in ('none', 'clean')
                  order by a.deposited_on, a.document_id) as advice_document_ids
          from page t {lots}
          left join read.establishment_identity i on i.establishment_id = t.beneficiary_establishment_id
         order by t.dated_on desc, t.transfer_id desc"""
