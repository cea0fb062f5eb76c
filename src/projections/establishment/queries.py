"""What readers ask of establishments (rows O50, O51).

Each function takes an open transaction, whose role and scope are the reader's. `iban_sealed` and `street_sealed` are
the caller's to open; the IBAN is then shown through `projections.bank.shown_iban`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from ledger.kit.errors import NotFound
from projections.bank import iban_in_full
from projections.document.queries import DocumentItem, documents_of_establishment
from projections.establishment.identity import Identity, identities
from projections.fetching import Connection, fetch, fetch_count, fetch_one
from projections.page import COUNTED, Page, check_limit, counted, page_of, read_cursor, write_cursor
from projections.reader import Reader
from projections.scoping import scope_of, through
from projections.words import LAST, prefixes

__all__ = [
    "Establishment",
    "EstablishmentFilters",
    "Identity",
    "establishment",
    "establishment_documents",
    "identities",
    "list_establishments",
]

Beginning = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f]{1,40}$")]
Name = Annotated[str, StringConstraints(max_length=300)]


class EstablishmentFilters(BaseModel):
    """`number`, `siret`, `nda`: the whole, or its beginning. `name` (raison sociale) and `trade_name` (enseigne): the
    beginning of words, all of which must be found, without case or accents.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    number: Beginning | None = None
    name: Name | None = None
    siret: Beginning | None = None
    nda: Beginning | None = None
    trade_name: Name | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    establishment_id: UUID
    organisation_id: UUID
    number: str
    siret: str
    name: str | None
    trade_name: str | None
    street_sealed: str | None
    postcode: str
    town: str
    nda: str | None
    iban_sealed: str | None
    bic: str | None
    bank_details_on: date | None
    natural_person: bool
    version: int


@dataclass(frozen=True, slots=True)
class Establishment(_Row):
    """One establishment, in a list or alone. `bank_details_on` is the day from which the account is paid."""

    iban_in_full: bool


_COLUMNS: Final = """
x.establishment_id, x.organisation_id, x.number, x.siret, i.name, i.trade_name, x.street_sealed, i.postcode, i.town,
x.nda, x.iban_sealed, x.bic, x.bank_details_on, x.natural_person, x.version"""
_JOINED: Final = "read.establishment x join read.establishment_identity i on i.establishment_id = x.establishment_id"
_ORDER: Final = "establishments"


async def list_establishments(
    connection: Connection, reader: Reader, filters: EstablishmentFilters, cursor: str | None = None, limit: int = 50
) -> Page[Establishment]:
    """By number. Invalid: `cursor`, `limit`, `name`, `trade_name`."""
    asked = _parameters(filters) | scope_of(reader)
    after = read_cursor(cursor, _ORDER, str)
    beyond = "and x.number > %(after)s" if after else ""
    where = f"{through(reader, 'x.establishment_id')} {_conditions(filters)}"
    query = f"select {_COLUMNS} from {_JOINED} where {where} {beyond} order by x.number limit %(fetch)s"
    page = asked | {"fetch": check_limit(limit) + 1, "after": after and after[0]}
    rows = await fetch(connection, _Row, query, page)
    items, next_cursor = page_of(rows, limit, lambda row: write_cursor(_ORDER, row.number))
    count = f"select count(*) from (select from read.establishment x where {where} limit {COUNTED + 1}) as found"
    total, is_capped = counted(await fetch_count(connection, count, asked))
    return Page(tuple(_shown(reader, row) for row in items), next_cursor, total, is_capped)


async def establishment(connection: Connection, reader: Reader, establishment_id: UUID) -> Establishment:
    """NotFound where it is absent, or not the reader's."""
    query = (
        f"select {_COLUMNS} from {_JOINED} "
        f"where x.establishment_id = %(establishment_id)s and {through(reader, 'x.establishment_id')}"
    )
    found = await fetch_one(connection, _Row, query, {"establishment_id": establishment_id, **scope_of(reader)})
    if found is None:
        raise NotFound
    return _shown(reader, found)


async def establishment_documents(
    connection: Connection, reader: Reader, establishment_id: UUID, cursor: str | None = None, limit: int = 50
) -> Page[DocumentItem]:
    """The tab DOCUMENT, newest first. NotFound as `establishment`; Invalid: `cursor`, `limit`."""
    await establishment(connection, reader, establishment_id)
    return await documents_of_establishment(connection, reader, establishment_id, cursor, limit)


def _shown(reader: Reader, row: _Row) -> Establishment:
    values = {field.name: getattr(row, field.name) for field in fields(_Row)}
    return Establishment(**values, iban_in_full=iban_in_full(reader, row.establishment_id))


def _parameters(filters: EstablishmentFilters) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for name in ("number", "siret", "nda"):
        if beginning := getattr(filters, name):
            asked |= {name: beginning, f"{name}_end": beginning + LAST}
    for name in ("name", "trade_name"):
        for n, word in enumerate(_words(filters, name)):
            asked |= {f"{name}_{n}": word, f"{name}_{n}_end": word + LAST}
    return asked


def _conditions(filters: EstablishmentFilters) -> str:
    beginnings = [
        f"and x.{name} >= %({name})s and x.{name} < %({name}_end)s"
        for name in ("number", "siret", "nda")
        if getattr(filters, name)
    ]
    words = [
        "and x.establishment_id in (select w.establishment_id from read.establishment_word w where "
        f"w.field = '{name}' and w.word >= %({name}_{n})s and w.word < %({name}_{n}_end)s)"
        for name in ("name", "trade_name")
        for n in range(len(_words(filters, name)))
    ]
    return " ".join([*beginnings, *words])


def _words(filters: EstablishmentFilters, field: str) -> tuple[str, ...]:
    asked: str | None = getattr(filters, field)
    return () if asked is None else prefixes(asked, field=field)
