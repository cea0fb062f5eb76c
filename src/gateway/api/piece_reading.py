"""Where a member or a provider hands in pieces: the categories of a dossier, with their counters (row E9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.codes import SIDE_LABELS, Coded, coded
from gateway.api.document_rows import DocumentRow, document_rows
from gateway.api.params import Params
from gateway.api.problems import invalid
from gateway.api.reading import Call, Calling, Read
from gateway.api.shapes import Party, party
from gateway.service import Service
from gateway.vault.depositing import limit_of
from ledger.document.categories import Kind, handed_in
from ledger.document.events import Category, Side
from ledger.dossier.axes import Closing
from ledger.dossier.errors import DossierNotOpen
from ledger.dossier.scheme import Scheme
from ledger.kit.errors import NotFound
from projections.document.counts import piece_counts
from projections.document.queries import DocumentFilters, documents_of_dossier, newest_of_dossier
from projections.dossier import queries
from projections.establishment.identity import Identity
from projections.fetching import Connection

router: Final = APIRouter(prefix="/v1/dossiers", tags=["dossiers"])
_SHUT: Final = frozenset({Closing.CLOSED, Closing.CANCELLED})

HandingSide = Literal["member", "provider"]


class PieceParams(Params):
    """`side` is asked of whoever stands on both sides of a dossier."""

    side: HandingSide | None = None


class PieceCategory(BaseModel):
    """What may be handed in as one category: of the types `types`, `limit_bytes` at most each, `count` so far."""

    code: str
    label: str
    limit_bytes: int
    types: list[str]
    required: bool
    count: int


class PieceCategories(BaseModel):
    """`establishments` are the caller's on that side. A dossier that is closed or cancelled is not `open`."""

    side: Coded
    open: bool
    establishments: list[Party]
    items: list[PieceCategory]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the caller hands in: on which side of which dossier, for which establishments."""

    dossier_id: UUID
    side: Side
    scheme: Scheme
    open: bool
    establishments: tuple[Identity, ...]

    def kinds(self) -> Iterator[Kind]:
        return handed_in(self.side, self.scheme)

    def check_open(self) -> None:
        """Refused: DossierNotOpen, before anything is sent for nothing. The ledger judges it again."""
        if not self.open:
            raise DossierNotOpen


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a page shows of one side's pieces: the categories, and the newest rows of each by its code; `more` are those
    that have others. Of one category alone, a page of its rows and `next_cursor`.
    """

    categories: PieceCategories
    rows: dict[str, list[DocumentRow]]
    more: frozenset[str] = frozenset()
    next_cursor: str | None = None


@router.get(
    "/{dossier_id}/piece-categories",
    operation_id="list_piece_categories",
    summary="Les pièces à déposer, par catégorie",
    response_model=PieceCategories,
)
async def list_piece_categories(call: Calling, dossier_id: UUID, params: Annotated[PieceParams, Query()]) -> Response:
    read = await read_piece_categories(call, dossier_id, params)
    return call.answer(read.shown, read.position)


async def read_piece_categories(call: Call, dossier_id: UUID, params: PieceParams) -> Read[PieceCategories]:
    """Raises NotFound where the dossier is out of sight, the problem `invalid` where the side is not plain."""
    async with call.reading("dossier", "document", "establishment", at_least=params.min_position) as reading:
        desk, counts = await _counted(reading.connection, call, dossier_id, params)
    return Read(_categories(desk, counts, call.service), reading.position)


async def read_pieces(call: Call, dossier_id: UUID, params: PieceParams, *, each: int) -> Read[Pieces]:
    """As `read_piece_categories`, with the newest `each` documents of every category."""
    async with call.reading("dossier", "document", "establishment", at_least=params.min_position) as reading:
        desk, counts = await _counted(reading.connection, call, dossier_id, params)
        items = await newest_of_dossier(reading.connection, call.reader, dossier_id, desk.side, each + 1)
    rows: dict[str, list[DocumentRow]] = {}
    for row in await document_rows(call, items):
        rows.setdefault(row.category.code, []).append(row)
    more = frozenset(code for code, found in rows.items() if len(found) > each)
    shown = {code: found[:each] for code, found in rows.items()}
    return Read(Pieces(_categories(desk, counts, call.service), shown, more), reading.position)


async def read_pieces_of(
    call: Call, dossier_id: UUID, params: PieceParams, category: Category, *, cursor: str | None, limit: int
) -> Read[Pieces]:
    """The same of one category alone, by pages. Raises NotFound where that side has no such category."""
    async with call.reading("dossier", "document", "establishment", at_least=params.min_position) as reading:
        desk, counts = await _counted(reading.connection, call, dossier_id, params)
        filters = DocumentFilters(side=desk.side, category=category)
        page = await documents_of_dossier(
            reading.connection, call.reader, dossier_id, filters, cursor=cursor, limit=limit
        )
    found = _categories(desk, counts, call.service)
    alone = [each for each in found.items if each.code == category]
    if not alone:
        raise NotFound
    rows = {category.value: await document_rows(call, page.items)}
    only_it = found.model_copy(update={"items": alone})
    return Read(Pieces(only_it, rows, next_cursor=page.next_cursor), reading.position)


async def _counted(
    connection: Connection, call: Call, dossier_id: UUID, params: PieceParams
) -> tuple[Desk, dict[str, int]]:
    dossier = await queries.dossier(connection, call.reader, dossier_id)
    desk = only(desks_of(dossier, call.reader.scope), params.side, "query")
    return desk, await piece_counts(connection, call.reader, dossier_id, desk.side)


async def read_desks(call: Call, dossier_id: UUID) -> list[Desk]:
    """Where the caller hands in on this dossier, by side. Raises NotFound where the dossier is out of sight."""
    async with call.reading("dossier", "establishment") as reading:
        return desks_of(await queries.dossier(reading.connection, call.reader, dossier_id), call.reader.scope)


def desks_of(dossier: queries.Dossier, scope: tuple[UUID, ...]) -> list[Desk]:
    company = (dossier.company,) if dossier.company else ()
    parties = ((Side.MEMBER, company), (Side.PROVIDER, dossier.providers))
    held = [(side, tuple(each for each in there if each.establishment_id in scope)) for side, there in parties]
    shut = dossier.closing in _SHUT
    return [Desk(dossier.dossier_id, side, Scheme(dossier.scheme), not shut, own) for side, own in held if own]


def only(desks: list[Desk], side: str | None, place: Literal["body", "query"]) -> Desk:
    """The one desk, or that of `side`. Raises NotFound, and `invalid` where there are two to choose from."""
    found = [desk for desk in desks if side in (None, desk.side)]
    if not found:
        raise NotFound
    if len(found) > 1:
        text = "Vous êtes des deux côtés de ce dossier : dites au titre duquel (« member » ou « provider »)."
        raise invalid(place, "/side", "missing", text)
    return found[0]


def _categories(desk: Desk, counts: dict[str, int], service: Service) -> PieceCategories:
    return PieceCategories(
        side=coded(desk.side, SIDE_LABELS),
        open=desk.open,
        establishments=[party(each) for each in desk.establishments],
        items=[_category(kind, desk, counts.get(kind.code, 0), service) for kind in desk.kinds()],
    )


def _category(kind: Kind, desk: Desk, count: int, service: Service) -> PieceCategory:
    return PieceCategory(
        code=kind.code,
        label=kind.label,
        limit_bytes=limit_of(service.settings.vault, kind.code),
        types=list(kind.types),
        required=desk.scheme in kind.required_by,
        count=count,
    )
