"""« Aperçu »: pictures of a document's pages, drawn by a child when they are asked for, and kept nowhere.

A picture is as much the document as its bytes are: the same rights, the same states, the same journal.
"""

from __future__ import annotations

from io import BufferedReader
from typing import Annotated, Any, Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.api import positions
from gateway.api.document_bytes import FAULTS, damaged, note_access
from gateway.api.document_rows import check_downloadable
from gateway.api.params import Params
from gateway.api.problems import not_found, problem
from gateway.api.reading import Call, Calling, Read
from gateway.places import NoPlace, Places
from ledger.vault.inspection import JPEG, PDF, PNG
from ledger.vault.isolated.running import Answer, Unexamined, ask
from projections.document import queries
from projections.document.queries import Document

router: Final = APIRouter(prefix="/v1", tags=["documents"])

MOST_PAGES: Final = 30
"""Of one document: whoever reads on downloads it."""

_TYPES: Final = frozenset({PDF, PNG, JPEG})
_SECONDS: Final = 20
_MEMORY_MIB: Final = 256
_LONGEST_SIDE: Final = 10_000
_PNG_MARK: Final = b"\x89PNG\r\n\x1a\n"
_PATIENCE_SECONDS: Final = 30.0
_BUSY_SECONDS: Final = 5
_log: Final = structlog.get_logger("gateway.documents")


class PreviewPage(BaseModel):
    """One picture (PNG): where it is, and its size in pixels."""

    page: int
    width: int
    height: int
    picture: str


class DocumentPreview(BaseModel):
    """How many pages the document has, and the pictures of the first of them, 30 at the most."""

    document_id: UUID
    pages: int
    items: list[PreviewPage]


def drawing_places() -> Places:
    """One child at a time draws for a process, so that previews never keep deposits waiting for the other place."""
    return Places(1, patience_seconds=_PATIENCE_SECONDS)


@router.get(
    "/documents/{document_id}/preview",
    operation_id="get_document_preview",
    summary="Aperçu d'un document",
    response_model=DocumentPreview,
)
async def get_document_preview(call: Calling, document_id: UUID, params: Annotated[Params, Query()]) -> Response:
    """Of a PDF or a picture; of any other type there is none (409 `no-preview`)."""
    read = await read_preview(call, document_id, params)
    return call.answer(read.shown, read.position)


async def read_preview(call: Call, document_id: UUID, params: Params) -> Read[DocumentPreview]:
    """The answer of `get_document_preview`. Raises NotFound, and the problems of a download."""
    found, position = await _found(call, document_id, params)
    answer = await _asked(call, found, "pages", most=MOST_PAGES)
    sizes = _sizes(answer.told.get("sizes"))
    items = [
        PreviewPage(page=page, width=width, height=height, picture=f"/v1/documents/{document_id}/preview/{page}")
        for page, (width, height) in enumerate(sizes, start=1)
    ]
    shown = DocumentPreview(document_id=document_id, pages=max(answer.told.get("pages", 1), len(items)), items=items)
    return Read(shown, position)


@router.get(
    "/documents/{document_id}/preview/{page}",
    operation_id="get_document_preview_page",
    summary="Aperçu d'une page",
    response_class=Response,
    responses={200: {"content": {PNG: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_document_preview_page(
    call: Calling, document_id: UUID, page: int, params: Annotated[Params, Query()]
) -> Response:
    """The picture of one page, counted from 1 (PNG, 2 MiB at the most). Each one sent is in the journal."""
    return await send_preview_page(call, document_id, page, params)


async def send_preview_page(call: Call, document_id: UUID, page: int, params: Params) -> Response:
    """The answer of `get_document_preview_page`, which a page gives as well."""
    found, position = await _found(call, document_id, params)
    if not 1 <= page <= MOST_PAGES:
        raise not_found()
    answer = await _asked(call, found, "page", page=page)
    if answer.told.get("absent"):
        raise not_found()
    if not answer.body.startswith(_PNG_MARK):
        raise problem("no-preview")
    await _found(call, document_id, params)  # drawing may have taken a while: the right may have ended meanwhile
    await note_access(call, [document_id], "previewed", page=page)
    headers = {
        positions.HEADER: str(position),
        "Content-Disposition": "inline",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(answer.body, headers=headers, media_type=PNG)


async def _found(call: Call, document_id: UUID, params: Params) -> tuple[Document, int]:
    """The document, where the caller would be sent its bytes."""
    async with call.reading("document", at_least=params.min_position) as reading:
        found = await queries.document(reading.connection, call.reader, document_id)
    check_downloadable(found)
    if found.media_type not in _TYPES:
        raise problem("no-preview")
    return found, reading.position


async def _asked(call: Call, found: Document, task: str, **told: object) -> Answer:
    places: Places = call.request.app.state.drawing
    try:
        async with places.one():
            return await run_in_threadpool(_ask, call, found, task, told)
    except NoPlace:
        raise problem("unavailable", headers={"Retry-After": str(_BUSY_SECONDS)}) from None


def _ask(call: Call, found: Document, task: str, told: dict[str, object]) -> Answer:
    """What a child says. Raises the problems `document-damaged` and `no-preview`; StoreUnavailable, DocumentErased."""
    try:
        with BufferedReader(call.service.vault.open(found.document_id)) as file:
            return ask(task, file, seconds=_SECONDS, memory_mib=_MEMORY_MIB, media_type=found.media_type, **told)
    except FAULTS as fault:
        raise damaged(call, found.document_id, fault) from None
    except Unexamined as silence:
        _log.warning("a document is not drawn", document_id=str(found.document_id), reason=silence.reason)
        raise problem("no-preview") from None


def _sizes(told: Any) -> list[tuple[int, int]]:
    """Of the pictures; what the child says is looked at, since it has read the document."""
    pairs = told if isinstance(told, list) else []
    whole = [tuple(pair) for pair in pairs[:MOST_PAGES] if isinstance(pair, list) and len(pair) == 2]
    return [(width, height) for width, height in whole if _is_side(width) and _is_side(height)]


def _is_side(told: object) -> bool:
    return type(told) is int and 0 < told <= _LONGEST_SIDE
