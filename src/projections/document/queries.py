"""What readers ask of documents. Each function takes an open transaction, whose role and scope are the reader's.

Names are sealed: whoever shows them opens them. A withdrawn document is no longer there for portal readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from ledger.kit.errors import NotFound
from projections.fetching import Connection, fetch, fetch_count, fetch_one
from projections.page import COUNTED, Page, check_limit, counted, page_of, read_cursor, write_cursor
from projections.reader import Reader
from projections.scoping import scope_of, through_any


@dataclass(frozen=True, slots=True)
class DocumentItem:
    """One row of a tab of documents: the file's name and « Déposé le »; `analysis` and `withdrawn_on` are its state.

    `own` is the establishment that handed it in, if it was not the fund. `reason_sealed`: why it was withdrawn.
    """

    document_id: UUID
    side: str
    category: str
    name_sealed: str
    media_type: str
    size_bytes: int
    transfer_id: UUID | None
    deposited_on: date
    withdrawn_on: date | None
    reason_sealed: str | None
    analysis: str
    analysed_at: datetime | None
    own: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class DocumentFilters:
    """Of a dossier's documents: those of a side, of a category, in a state. `withdrawn` is the state of all withdrawn
    ones, an analysis that of the others.
    """

    side: str | None = None
    category: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Document(DocumentItem):
    """One document. `dossier_ids` are those of its dossiers that the reader sees; `position` and `recorded_at` those
    of its deposit; `digest_sealed` is the SHA-256 of what was sent, in hexadecimal, sealed under its own key.
    """

    digest_sealed: str
    dossier_ids: tuple[UUID, ...]
    establishment_id: UUID | None
    deposited_by: UUID | None
    engine: str | None
    threat: str | None
    position: int
    recorded_at: datetime
    version: int


ALL: Final = DocumentFilters()
WITHDRAWN: Final = "withdrawn"

_ITEM: Final = (
    "x.document_id, x.side, x.category, x.name_sealed, x.media_type, x.size_bytes, x.transfer_id, x.deposited_on, "
    "x.withdrawn_on, x.reason_sealed, x.analysis, x.analysed_at, x.own"
)
_ORDER: Final = "documents"


async def document(connection: Connection, reader: Reader, document_id: UUID) -> Document:
    """NotFound where it is absent, out of sight, or (for portal readers) withdrawn."""
    query = f"""
        select {_ITEM}, x.digest_sealed, x.establishment_id, x.deposited_by, x.engine, x.threat, x.position,
               x.recorded_at, x.version, array(
                 select link.dossier_id from read.dossier_document link
                  where link.document_id = x.document_id order by link.dossier_id) as dossier_ids
          from read.document x where x.document_id = %(document_id)s and {_shown(reader)}"""
    found = await fetch_one(connection, Document, query, {"document_id": document_id, **scope_of(reader)})
    if found is None:
        raise NotFound
    return found


async def documents(connection: Connection, reader: Reader, ids: Sequence[UUID]) -> tuple[DocumentItem, ...]:
    """Those of `ids` that `document` would give, in any order."""
    query = f"select {_ITEM} from read.document x where x.document_id = any(%(ids)s) and {_shown(reader)}"
    return tuple(await fetch(connection, DocumentItem, query, {"ids": list(ids), **scope_of(reader)}))


async def documents_of_dossier(
    connection: Connection,
    reader: Reader,
    dossier_id: UUID,
    filters: DocumentFilters = ALL,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[DocumentItem]:
    """The documents of a dossier, newest first. Whether the dossier is in sight is checked before."""
    found = f"from {_linked(reader)} {_narrowed(filters)}"
    return await _page(connection, found, {**_asked(reader, dossier_id), **asdict(filters)}, cursor, limit)


async def newest_of_dossier(
    connection: Connection, reader: Reader, dossier_id: UUID, side: str, each: int
) -> tuple[DocumentItem, ...]:
    """What one side handed in on a dossier, newest first: the newest `each` of every category. As above."""
    query = f"""
        select {_ITEM} from (
            select x.*, row_number() over (
                partition by link.category order by x.deposited_on desc, x.document_id desc) as place
              from {_linked(reader)} and link.side = %(side)s) x
         where x.place <= %(each)s order by x.deposited_on desc, x.document_id desc"""
    asked = {**_asked(reader, dossier_id), "side": side, "each": each}
    return tuple(await fetch(connection, DocumentItem, query, asked))


async def documents_of_establishment(
    connection: Connection, reader: Reader, establishment_id: UUID, cursor: str | None = None, limit: int = 50
) -> Page[DocumentItem]:
    """What the fund filed for an establishment, newest first: its avis de virement above all (row O51). What it handed
    in itself stands on the dossiers that it is for.
    """
    found = f"""from read.document x
        where x.establishment_id = %(establishment_id)s and x.side = 'fund' and {_shown(reader)}"""
    asked = {"establishment_id": establishment_id, **scope_of(reader)}
    return await _page(connection, found, asked, cursor, limit)


async def _page(
    connection: Connection, found: str, asked: dict[str, Any], cursor: str | None, limit: int
) -> Page[DocumentItem]:
    """Of the documents `x` that are `found`, newest first."""
    after = read_cursor(cursor, _ORDER, date.fromisoformat, UUID)
    beyond = ""
    if after:
        asked |= {"after_day": after[0], "after_id": after[1]}
        beyond = "and (x.deposited_on, x.document_id) < (%(after_day)s::date, %(after_id)s::uuid)"
    query = f"select {_ITEM} {found} {beyond} order by x.deposited_on desc, x.document_id desc limit %(fetch)s"
    rows = await fetch(connection, DocumentItem, query, asked | {"fetch": check_limit(limit) + 1})
    items, next_cursor = page_of(rows, limit, lambda row: write_cursor(_ORDER, row.deposited_on, row.document_id))
    count = f"select count(*) from (select {found} limit {COUNTED + 1}) as found"
    total, is_capped = counted(await fetch_count(connection, count, asked))
    return Page(items, next_cursor, total, is_capped)


def _asked(reader: Reader, dossier_id: UUID) -> dict[str, Any]:
    return {"dossier_id": dossier_id, **scope_of(reader)}


def _linked(reader: Reader) -> str:
    """The documents of a dossier that the reader sees."""
    return f"""read.dossier_document link join read.document x using (document_id)
        where link.dossier_id = %(dossier_id)s and {through_any(reader, "link.visible")} and {_shown(reader)}"""


def _narrowed(filters: DocumentFilters) -> str:
    told = [f"and link.{name} = %({name})s" for name in ("side", "category") if getattr(filters, name)]
    if filters.state == WITHDRAWN:
        told.append("and link.withdrawn_on is not null")
    elif filters.state:
        told.append("and link.withdrawn_on is null and link.analysis = %(state)s")
    return " ".join(told)


def _shown(reader: Reader) -> str:
    """Staff still see what was withdrawn, in its own place."""
    return "true" if reader.is_staff else f"x.withdrawn_on is null and {through_any(reader, 'x.visible')}"
