"""« Mes documents »: what a member or a provider hands in on a dossier, by category (rows E9, E14, O32).

Each file of a category's form is judged by itself; `upload.js` sends the same files to the API one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from pydantic import ValidationError
from starlette.responses import Response

from gateway.api.dossier_reading import read_dossier
from gateway.api.params import PageParams, Params
from gateway.api.piece import concluded, piece_of, received
from gateway.api.piece_reading import (
    Desk,
    PieceCategory,
    PieceParams,
    Pieces,
    read_desks,
    read_pieces,
    read_pieces_of,
)
from gateway.api.problems import not_found
from gateway.api.reading import Read
from gateway.api.uploads import MOST_FILES, Upload
from gateway.portal.dossier import tab
from gateway.portal.listing import link
from gateway.portal.ordering import shown
from gateway.portal.pages import PAGE_ROWS, page_router, to
from gateway.portal.uploading import Judged, Sending, Uploading, judge_each
from gateway.portal.visit import Visit, Visiting
from ledger.document.events import Category
from ledger.organisation.events import OrganisationKind
from ledger.vault.extensions import MEANT
from ledger.vault.inspection import ALLOWED

router: Final = page_router()

_ACTION: Final = "deposit_piece"
_NOWHERE: Final[Mapping[str, str | None]] = MappingProxyType({"following": None, "first": None, "every": None})
_NEWEST: Final = 20
"""Documents of a category beside those of all others."""
_NAMES: Final = dict(zip(ALLOWED, ("PDF", "PNG", "JPEG", "DOCX", "XLSX", "ODT"), strict=True))


class _Asked(PageParams):
    """`min_position`: what `upload.js` has just sent is to be among them. `category`: that one alone, all of it."""

    category: Category | None = None


@router.get("/dossiers/{dossier_id}/pieces", name="show_pieces")
async def show_pieces(visit: Visiting, dossier_id: UUID) -> Response:
    """Tab MES DOCUMENTS: every category with its newest documents, or one with all of them by pages."""
    try:
        asked = _Asked.model_validate(visit.query().fields)
    except ValidationError:
        raise not_found() from None
    wanted = PieceParams(side=_side(visit), min_position=asked.min_position)
    if asked.category is None:
        return await _shown(visit, dossier_id, await read_pieces(visit.call, dossier_id, wanted, each=_NEWEST))
    pieces = await read_pieces_of(visit.call, dossier_id, wanted, asked.category, cursor=asked.cursor, limit=PAGE_ROWS)
    here = visit.path("show_pieces", dossier_id=dossier_id)
    alone = {"category": asked.category.value}
    following = link(here, {**alone, "cursor": pieces.shown.next_cursor}) if pieces.shown.next_cursor else None
    around = {"following": following, "first": link(here, alone) if asked.cursor else None, "every": here}
    return await _shown(visit, dossier_id, pieces, around=around)


@router.post("/dossiers/{dossier_id}/pieces/{category}", name="deposit_pieces")
async def deposit_pieces(sending: Uploading, dossier_id: UUID, category: str) -> Response:
    """The files of one category; the page again with what is wrong where one of them is refused."""
    visit = sending.visit
    desks = [desk for desk in await read_desks(visit.call, dossier_id) if desk.side == _side(visit)]
    if category not in [kind.code for desk in desks for kind in desk.kinds()]:
        raise not_found()
    judged = await _judged(sending, desks, category)
    await shown(visit, judged.position)
    if judged.faults:
        pieces = await read_pieces(visit.call, dossier_id, PieceParams(side=_side(visit)), each=_NEWEST)
        return await _shown(visit, dossier_id, pieces, category, judged)
    said = "pieces" if judged.taken > judged.again else "pieces-deja"
    return to(visit.path("show_pieces", dossier_id=dossier_id), said=said)


async def _judged(sending: Sending, desks: list[Desk], category: str) -> Judged:
    visit = sending.visit
    fields = {"category": category, **visit.form.asked(("establishment_id",))}
    desks[0].check_open()

    async def take(upload: Upload, judged: Judged) -> None:
        piece = piece_of(fields, upload.name, desks)
        draft = await received(visit.call, upload, category)
        accepted = await concluded(visit.call, draft, piece)
        judged.add(accepted.position, again=accepted.already_deposited)

    return await judge_each(sending, take, action=_ACTION)


async def _shown(
    visit: Visit,
    dossier_id: UUID,
    pieces: Read[Pieces],
    category: str = "",
    judged: Judged | None = None,
    *,
    around: Mapping[str, str | None] = _NOWHERE,
) -> Response:
    """What one deposits oneself is no news: nothing is announced here while files are sent."""
    dossier = await read_dossier(visit.call, dossier_id, Params())
    faults: Mapping[str, list[tuple[str, str]]] = {category: judged.faults} if judged else {}
    hints = {each.code: _hint(each) for each in pieces.shown.categories.items}
    return tab(
        visit,
        dossier,
        "pieces",
        pieces,
        status=422 if judged else 200,
        categories=pieces.shown.categories,
        rows=pieces.shown.rows,
        more=pieces.shown.more,
        faults=faults,
        taken=judged.taken if judged else 0,
        hints=hints,
        hint=next(iter(hints.values())) if len(set(hints.values())) == 1 else None,
        endings={each.code: _endings(each.types) for each in pieces.shown.categories.items},
        chosen=visit.form.text("establishment_id"),
        live=None,
        **around,
    )


def _hint(category: PieceCategory) -> str:
    """« PDF, PNG ou JPEG ; 25 Mo au plus par fichier, 50 fichiers au plus à la fois. »"""
    *names, last = [_NAMES[each] for each in category.types]
    types = f"{', '.join(names)} ou {last}" if names else last
    size = category.limit_bytes // (1024 * 1024)
    return f"{types} ; {size} Mo au plus par fichier, {MOST_FILES} fichiers au plus à la fois."


def _endings(media_types: Sequence[str]) -> str:
    """What a browser's dialog is to offer."""
    return ",".join(f".{ending}" for ending, kind in MEANT.items() if kind in media_types)


def _side(visit: Visit) -> Literal["member", "provider"]:
    """On which side one hands in, the space says alone."""
    member = visit.space is not None and visit.space.kind == OrganisationKind.MEMBER
    return "member" if member else "provider"
