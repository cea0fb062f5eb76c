"""What readers ask of dossiers: the list and its counters, one dossier, its tabs.

Each function takes an open transaction, whose role and scope are the reader's, and answers with frozen dataclasses;
NotFound where the dossier is absent or out of the reader's sight. Columns named `…_sealed` are the caller's to open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from ledger.kit.errors import NotFound
from projections.document.queries import DocumentItem, documents_of_dossier
from projections.dossier.listing import (
    AGREEMENT_DOCUMENT,
    DossierFilters,
    DossierItem,
    Sort,
    ask_dossiers,
    list_dossiers,
)
from projections.dossier.sides import FUND_SIDE, Side
from projections.establishment.identity import Identity, identities
from projections.fetching import Asked, Connection, ask, fetch, fetch_one
from projections.page import Page
from projections.reader import FUND, Reader
from projections.scoping import scope_of, through_any
from projections.transfer.queries import DossierTransfer, transfers_of_dossier
from projections.words import plain

__all__ = [
    "NOTHING_COUNTED",
    "Counters",
    "Dossier",
    "DossierFilters",
    "DossierItem",
    "DossierTrainee",
    "Side",
    "Sort",
    "ask_dossier_counters",
    "ask_dossiers",
    "check_visible",
    "dossier",
    "dossier_counters",
    "dossier_documents",
    "dossier_trainees",
    "dossier_transfers",
    "list_dossiers",
]


@dataclass(frozen=True, slots=True)
class Counters:
    """Dossiers of a reader's whole scope, unfiltered, each once: EN COURS, SOLDÉS, and those that count in neither."""

    ongoing: int
    settled: int
    cancelled: int
    refused: int

    @property
    def total(self) -> int:
        """TOTAL: the sum of EN COURS and SOLDÉS."""
        return self.ongoing + self.settled


NOTHING_COUNTED: Final = Counters(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Row:
    dossier_id: UUID
    number: str
    request_number: str | None
    scheme: str
    title: str
    company_establishment_id: UUID
    provider_establishment_ids: tuple[UUID, ...]
    starts_on: date
    ends_on: date
    opened_on: date
    instruction: str
    execution: str
    financial: str
    closing: str
    status: str
    trainee_count: int
    agreement_cents: int
    reserved_cents: int
    paid_cents: int
    released_cents: int
    settled_on: date | None
    closed_on: date | None
    agreement_document_id: UUID | None
    version: int


@dataclass(frozen=True, slots=True)
class Dossier(_Row):
    """One dossier, with its parties. `version` is its stream's. Amounts are cents."""

    identities: Mapping[UUID, Identity]

    @property
    def company(self) -> Identity | None:
        return self.identities.get(self.company_establishment_id)

    @property
    def providers(self) -> tuple[Identity, ...]:
        """In the order in which the dossier names them: the first is the principal one."""
        return tuple(self.identities[each] for each in self.provider_establishment_ids if each in self.identities)


@dataclass(frozen=True, slots=True)
class DossierTrainee:
    """Names and days, and nothing else: never NIR, birth date or address (row O32). An erased name is None."""

    person_id: UUID
    last_name: str | None
    first_name: str | None
    starts_on: date
    ends_on: date


_DETAIL = f"""
select d.dossier_id, d.number, d.request_number, d.scheme, d.title, d.company_establishment_id,
       d.provider_establishment_ids, d.starts_on, d.ends_on, d.opened_on, d.instruction, d.execution, d.financial,
       d.closing, d.status, d.trainee_count, d.agreement_cents, d.reserved_cents, d.paid_cents, d.released_cents,
       d.settled_on, d.closed_on, d.version, {AGREEMENT_DOCUMENT} as agreement_document_id
  from read.dossier d
 where d.dossier_id = %(dossier_id)s and """

_COUNTERS = """
select coalesce(sum(ongoing), 0)::bigint as ongoing, coalesce(sum(settled), 0)::bigint as settled,
       coalesce(sum(cancelled), 0)::bigint as cancelled, coalesce(sum(refused), 0)::bigint as refused
  from (select distinct on (parties) ongoing, settled, cancelled, refused
          from read.dossier_counter
         where establishment_id = any(%(establishments)s::uuid[]) and side = %(side)s
         order by parties) as each_set"""

_TRAINEES = """
select t.person_id, p.last_name, p.first_name, t.starts_on, t.ends_on
  from read.dossier_trainee t left join read.person p using (person_id)
 where t.dossier_id = %(dossier_id)s and """


async def dossier_counters(connection: Connection, reader: Reader, side: Side = Side.PROVIDER) -> Counters:
    """The counters of row O30, on one side of the dossiers; staff have the fund's, whatever the side."""
    return await (await ask_dossier_counters(connection, reader, side)).one() or NOTHING_COUNTED


async def ask_dossier_counters(connection: Connection, reader: Reader, side: Side) -> Asked[Counters]:
    """The same, answered later."""
    establishments, on = ([FUND], FUND_SIDE) if reader.is_staff else (list(reader.scope), side.value)
    return await ask(connection, Counters, _COUNTERS, {"establishments": establishments, "side": on})


async def dossier(connection: Connection, reader: Reader, dossier_id: UUID) -> Dossier:
    query = _DETAIL + through_any(reader, "d.visible")
    found = await fetch_one(connection, _Row, query, _of(reader, dossier_id))
    if found is None:
        raise NotFound
    parties = {found.company_establishment_id, *found.provider_establishment_ids}
    fields = {name: getattr(found, name) for name in _Row.__dataclass_fields__}
    return Dossier(**fields, identities=await identities(connection, parties))


async def dossier_trainees(connection: Connection, reader: Reader, dossier_id: UUID) -> tuple[DossierTrainee, ...]:
    """The tab STAGIAIRE(S), by name."""
    await check_visible(connection, reader, dossier_id)
    query = _TRAINEES + through_any(reader, "t.visible")
    trainees = await fetch(connection, DossierTrainee, query, _of(reader, dossier_id))
    return tuple(sorted(trainees, key=_by_name))


async def dossier_transfers(connection: Connection, reader: Reader, dossier_id: UUID) -> tuple[DossierTransfer, ...]:
    """The tab RÈGLEMENTS, newest first."""
    await check_visible(connection, reader, dossier_id)
    return await transfers_of_dossier(connection, reader, dossier_id)


async def dossier_documents(connection: Connection, reader: Reader, dossier_id: UUID) -> Page[DocumentItem]:
    """The tab DOCUMENTS, newest first."""
    await check_visible(connection, reader, dossier_id)
    return await documents_of_dossier(connection, reader, dossier_id)


async def numbers_of(connection: Connection, dossier_ids: Iterable[UUID]) -> list[str]:
    """The numbers of those dossiers that the transaction's role and scope let it see, in order."""
    query = "select d.number from read.dossier d where d.dossier_id = any(%(ids)s) order by d.number"
    rows = await (await connection.execute(query.encode(), {"ids": list(dossier_ids)})).fetchall()
    return [row["number"] for row in rows]


async def check_visible(connection: Connection, reader: Reader, dossier_id: UUID) -> None:
    """NotFound where the reader does not see the dossier: its tabs do not exist either."""
    query = "select d.dossier_id from read.dossier d where d.dossier_id = %(dossier_id)s and "
    cursor = await connection.execute((query + through_any(reader, "d.visible")).encode(), _of(reader, dossier_id))
    if await cursor.fetchone() is None:
        raise NotFound


def _of(reader: Reader, dossier_id: UUID) -> dict[str, Any]:
    return {"dossier_id": dossier_id, **scope_of(reader)}


def _by_name(trainee: DossierTrainee) -> tuple[str, str, UUID]:
    return plain(trainee.last_name or ""), plain(trainee.first_name or ""), trainee.person_id
