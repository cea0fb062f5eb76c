"""The list of dossiers (rows O30, O31): filters, order, pages, and how many match.

A page is read from `dossier_entry`, one index scan for each establishment of the reader, merged. Two filters are more
selective than any order and are answered first, by an index of their own: the number, and the trainee's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from ledger.dossier.scheme import Scheme
from projections.dossier.sides import FUND_SIDE, Side
from projections.fetching import Asked, Connection, ask, ask_number
from projections.page import COUNTED, Page, check_limit, counted, page_of, read_cursor, write_cursor
from projections.reader import FUND, Reader
from projections.words import LAST, prefixes


class Sort(StrEnum):
    """By the day of start, then by id. A minus is the most recent first."""

    NEWEST = "-starts_on"
    OLDEST = "starts_on"


class DossierFilters(BaseModel):
    """`side` is the portal reader's: as a provider, or as the company. Staff see both sides, whatever it says.

    `starts_from`: starts on or after. `ends_until`: ends on or before. `number`: the number, or its beginning.
    `trainee_name`: the beginning of words of one trainee's name, all of which must be found, without case or accents.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    side: Side = Side.PROVIDER
    scheme: Scheme | None = None
    establishment_id: UUID | None = None
    starts_from: date | None = None
    ends_until: date | None = None
    number: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f]{1,40}$")] | None = None
    trainee_name: Annotated[str, StringConstraints(max_length=200)] | None = None
    sort: Sort = Sort.NEWEST

    @property
    def plain(self) -> bool:
        """Nothing asked but whose: the counters know how many there are."""
        return not any((self.scheme, self.starts_from, self.ends_until, self.number, self.trainee_name))


class DossierItem(NamedTuple):
    """One row of the list. The trainee's names are those of the only one, where `trainee_count` is 1."""

    dossier_id: UUID
    number: str
    request_number: str | None
    scheme: str
    title: str
    status: str
    starts_on: date
    ends_on: date
    company_establishment_id: UUID
    company_name: str | None
    company_siret: str | None
    agreement_document_id: UUID | None
    trainee_count: int
    trainee_last_name: str | None
    trainee_first_name: str | None


_SEEN = "unnest(%(establishments)s::uuid[], %(sides)s::text[]) as s (establishment_id, side)"

# « Accord »: the one deposited last, where there is one; what is not transmitted is offered to nobody.
AGREEMENT_DOCUMENT: Final = """(
select link.document_id from read.dossier_document link
 where link.dossier_id = d.dossier_id and link.category = 'agreement'
   and link.withdrawn_on is null and link.analysis in ('none', 'clean')
 order by link.deposited_on desc, link.document_id desc limit 1)"""

_ITEMS = f"""
select d.dossier_id, d.number, d.request_number, d.scheme, d.title, d.status, d.starts_on, d.ends_on,
       d.company_establishment_id, c.name as company_name, c.siret as company_siret,
       {AGREEMENT_DOCUMENT} as agreement_document_id, d.trainee_count,
       p.last_name as trainee_last_name, p.first_name as trainee_first_name
  from page
  join read.dossier d using (dossier_id)
  left join read.establishment_identity c on c.establishment_id = d.company_establishment_id
  left join lateral (
    select t.person_id from read.dossier_trainee t where t.dossier_id = d.dossier_id limit 1
  ) only_one on d.trainee_count = 1
  left join read.person p on p.person_id = only_one.person_id"""


async def list_dossiers(
    connection: Connection, reader: Reader, filters: DossierFilters, cursor: str | None = None, limit: int = 50
) -> Page[DossierItem]:
    """One page. The total is exact without filters, else up to 10,000. Invalid: `cursor`, `limit`, `trainee_name`."""
    return await (await ask_dossiers(connection, reader, filters, cursor, limit)).page()


@dataclass(frozen=True, slots=True)
class AskedDossiers:
    """A page that was asked for: it may be had once the transaction has ended, for no round trip of its own."""

    rows: Asked[DossierItem]
    count: Asked[int]
    order: str
    limit: int
    is_whole: bool

    async def page(self) -> Page[DossierItem]:
        rows = await self.rows.all()
        items, cursor = page_of(rows, self.limit, lambda row: write_cursor(self.order, row.starts_on, row.dossier_id))
        total = await self.count.one() or 0
        return Page(items, cursor, *((total, False) if self.is_whole else counted(total)))


async def ask_dossiers(
    connection: Connection, reader: Reader, filters: DossierFilters, cursor: str | None, limit: int
) -> AskedDossiers:
    """As `list_dossiers`, answered later."""
    order = f"dossiers:{filters.sort}"
    after = read_cursor(cursor, order, date.fromisoformat, UUID)
    asked = _parameters(reader, filters) | {"fetch": check_limit(limit) + 1, "counted": COUNTED + 1}
    if after:
        asked |= {"after_day": after[0], "after_id": after[1]}
    rows = await ask(connection, DossierItem, _page_query(filters, after=after is not None), asked)
    count = await ask_number(connection, _count_query(filters, asked), asked)
    return AskedDossiers(rows, count, order, limit, _is_whole(filters, asked))


def _parameters(reader: Reader, filters: DossierFilters) -> dict[str, Any]:
    seen = _seen_through(reader, filters)
    asked: dict[str, Any] = {
        "establishments": [establishment_id for establishment_id, _ in seen],
        "sides": [side for _, side in seen],
        **filters.model_dump(include={"starts_from", "ends_until"}),
        "scheme": filters.scheme and filters.scheme.value,
    }
    if filters.number is not None:
        asked |= {"number": filters.number, "number_end": filters.number + LAST}
    if filters.trainee_name is not None:
        for n, word in enumerate(prefixes(filters.trainee_name, field="trainee_name")):
            asked |= {f"word_{n}": word, f"word_{n}_end": word + LAST}
    return asked


def _seen_through(reader: Reader, filters: DossierFilters) -> list[tuple[UUID, str]]:
    """The (establishment, side) pairs whose lists are merged; none where the reader does not hold what is asked for."""
    if not reader.is_staff:
        return [(each, filters.side.value) for each in reader.narrowed(filters.establishment_id)]
    if filters.establishment_id is None:
        return [(FUND, FUND_SIDE)]
    return [(filters.establishment_id, side.value) for side in Side]


def _page_query(filters: DossierFilters, *, after: bool) -> str:
    way, past = ("desc", "<") if filters.sort is Sort.NEWEST else ("asc", ">")
    beyond = f"and (x.starts_on, x.dossier_id) {past} (%(after_day)s::date, %(after_id)s::uuid)" if after else ""
    limited = f"order by x.starts_on {way}, x.dossier_id {way} limit %(fetch)s"
    if _is_selective(filters):
        found = f"select distinct x.starts_on, x.dossier_id from matching x where true {beyond} {limited}"
        return f"with matching as materialized ({_matching(filters)}), page as ({found}) {_ITEMS} {_ordered(way)}"
    each = f"select x.starts_on, x.dossier_id from read.dossier_entry x where {_listed(filters)} {beyond} {limited}"
    found = f"select distinct x.starts_on, x.dossier_id from {_SEEN} cross join lateral ({each}) x {limited}"
    return f"with page as ({found}) {_ITEMS} {_ordered(way)}"


def _is_whole(filters: DossierFilters, asked: dict[str, Any]) -> bool:
    """Whether the counters know how many there are. A dossier seen on both sides is in two of them, and listed once."""
    return filters.plain and len(set(asked["sides"])) == 1


def _count_query(filters: DossierFilters, asked: dict[str, Any]) -> str:
    if _is_whole(filters, asked):
        return _ALL
    if _is_selective(filters):
        found = f"select distinct x.dossier_id from ({_matching(filters)}) x limit %(counted)s"
    else:
        each = f"select x.dossier_id from read.dossier_entry x where {_listed(filters)} limit %(counted)s"
        found = f"select distinct x.dossier_id from {_SEEN} cross join lateral ({each}) x limit %(counted)s"
    return f"select count(*) from ({found}) as found"


# Every dossier of the merged lists, whatever its status: the counters hold it, whole.
_ALL = f"""
select coalesce(sum(n), 0)::bigint from (
  select distinct on (c.side, c.parties) c.ongoing + c.settled + c.cancelled + c.refused as n
    from {_SEEN}
    join read.dossier_counter c on c.establishment_id = s.establishment_id and c.side = s.side
   order by c.side, c.parties) as each_set"""


def _is_selective(filters: DossierFilters) -> bool:
    return filters.number is not None or filters.trainee_name is not None


def _listed(filters: DossierFilters) -> str:
    return f"x.establishment_id = s.establishment_id and x.side = s.side {_conditions(filters)}"


def _matching(filters: DossierFilters) -> str:
    if filters.trainee_name is None:
        # Not joined to _SEEN: the planner would look for the number among all that one establishment has.
        return (
            "select x.starts_on, x.dossier_id from read.dossier_entry x where x.side = any(%(sides)s::text[]) "
            f"and x.establishment_id = any(%(establishments)s::uuid[]) {_conditions(filters)}"
        )
    # The words say through which establishment, not on which side of the dossier: its row does.
    return (
        f"select x.starts_on, x.dossier_id from (select distinct dossier_id from ({_named(filters)}) w) w "
        "join read.dossier x using (dossier_id) "
        f"where exists (select from {_SEEN} where {_ON_ITS_SIDE}) {_conditions(filters)}"
    )


_ON_ITS_SIDE = """case s.side when 'provider' then s.establishment_id = any (x.provider_establishment_ids)
  when 'company' then s.establishment_id = x.company_establishment_id else true end"""


def _named(filters: DossierFilters) -> str:
    words = prefixes(filters.trainee_name or "", field="trainee_name")
    return " intersect ".join(
        "select w.dossier_id, w.person_id from (select distinct establishment_id from "
        f"{_SEEN}) s join read.trainee_word w on w.establishment_id = s.establishment_id "
        f"and w.word >= %(word_{n})s and w.word < %(word_{n}_end)s"
        for n in range(len(words))
    )


def _conditions(filters: DossierFilters) -> str:
    asked = {
        "and x.scheme = %(scheme)s": filters.scheme,
        "and x.starts_on >= %(starts_from)s": filters.starts_from,
        # What ends by a day has started by it: said too, since the lists are in the order of the starts.
        "and x.ends_on <= %(ends_until)s and x.starts_on <= %(ends_until)s": filters.ends_until,
        "and x.number >= %(number)s and x.number < %(number_end)s": filters.number,
    }
    return " ".join(condition for condition, value in asked.items() if value is not None)


def _ordered(way: str) -> str:
    return f"order by d.starts_on {way}, d.dossier_id {way}"
