"""Questions about documents: the rows of a tab, one document, its bytes (rows O33, O51)."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from gateway.api import positions
from gateway.api.codes import DocumentState
from gateway.api.document_bytes import note_access, read_bytes
from gateway.api.document_rows import DocumentRow, DocumentShown, check_downloadable, document_rows, document_shown
from gateway.api.params import PageParams, Params
from gateway.api.ranges import NO_RANGE, asked_range
from gateway.api.reading import Call, Calling, Read
from gateway.api.shapes import Listed, paging
from gateway.api.still import Still, WhileAllowed
from ledger.document.events import Category
from projections.document import queries
from projections.document.counts import piece_counts
from projections.dossier.queries import check_visible
from projections.fetching import Connection
from projections.reader import Reader

router: Final = APIRouter(prefix="/v1", tags=["documents"])
_NOT_PLAIN: Final = re.compile(r'[^ -~]|["%\\]')  # not ASCII, or misread in a quoted string


DocumentList = Listed[DocumentRow]


class DossierDocumentParams(PageParams):
    """Of a dossier's documents, those of one side, of one category, in one state."""

    side: Literal["fund", "member", "provider"] | None = None
    category: Category | None = None
    state: DocumentState | None = None


@router.get(
    "/dossiers/{dossier_id}/documents",
    operation_id="list_dossier_documents",
    summary="Onglet DOCUMENTS",
    response_model=DocumentList,
    tags=["dossiers"],
)
async def list_dossier_documents(
    call: Calling, dossier_id: UUID, params: Annotated[DossierDocumentParams, Query()]
) -> Response:
    read = await read_dossier_documents(call, dossier_id, params)
    return call.answer(read.shown, read.position)


async def read_dossier_documents(call: Call, dossier_id: UUID, params: DossierDocumentParams) -> Read[DocumentList]:
    """The files of a dossier's tab, withdrawn ones for the staff. NotFound where the dossier is out of sight."""
    filters = queries.DocumentFilters(side=params.side, category=params.category, state=params.state)
    async with call.reading("dossier", "document", at_least=params.min_position) as reading:
        await check_visible(reading.connection, call.reader, dossier_id)
        page = await queries.documents_of_dossier(
            reading.connection, call.reader, dossier_id, filters, cursor=params.cursor, limit=params.limit
        )
    return Read(DocumentList(items=await document_rows(call, page.items), **paging(page)), reading.position)


async def read_document_counts(call: Call, dossier_id: UUID) -> Read[dict[str, int]]:
    """How many documents of a dossier the caller sees in each category that has any. NotFound as above."""
    async with call.reading("dossier", "document") as reading:
        await check_visible(reading.connection, call.reader, dossier_id)
        counts = await piece_counts(reading.connection, call.reader, dossier_id)
    return Read(counts, reading.position)


@router.get(
    "/documents/{document_id}", operation_id="get_document", summary="Un document", response_model=DocumentShown
)
async def get_document(call: Calling, document_id: UUID, params: Annotated[Params, Query()]) -> Response:
    read = await read_document(call, document_id, params)
    return call.detail(read.shown, read.position, version=read.version)


async def read_document(call: Call, document_id: UUID, params: Params) -> Read[DocumentShown]:
    """One document. Raises NotFound where it is out of sight, or withdrawn for whoever is no staff."""
    async with call.reading("document", at_least=params.min_position) as reading:
        found = await queries.document(reading.connection, call.reader, document_id)
    return Read(await document_shown(call, found), reading.position, found.version)


@router.get(
    "/documents/{document_id}/content",
    operation_id="get_document_content",
    summary="Télécharger un document",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        206: {"description": "Une partie", "content": {"application/octet-stream": {}}},
    },
)
async def get_document_content(call: Calling, document_id: UUID, params: Annotated[Params, Query()]) -> Response:
    """Its bytes, each part verified before it is sent. One range of them may be asked for (RFC 9110, 14).

    A right that ends meanwhile ends the download (row O25), and so does a quarantine. Each download is in the journal.
    """
    return await send_document(call, document_id, params)


async def send_document(call: Call, document_id: UUID, params: Params) -> Response:
    """The answer of `get_document_content`, which pages give as well. Raises NotFound where it is out of sight."""
    async with call.reading("document", at_least=params.min_position) as reading:
        found = await queries.document(reading.connection, call.reader, document_id)
    check_downloadable(found)
    [name] = await call.opened([found.name_sealed])
    # Bytes never change under an id: the id itself is their strong ETag.
    tag = f'"{found.document_id}"'
    given = call.request.headers
    part = asked_range(given.get("range"), found.size_bytes, if_range=given.get("if-range"), current=tag)
    start, end = part or (0, found.size_bytes)
    chunks = await read_bytes(call, document_id, start, end)
    await note_access(call, [document_id], "downloaded", start=start, end=end)
    headers = {
        positions.HEADER: str(reading.position),
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Content-Length": str(end - start),
        "Content-Disposition": disposition(name or document_id.hex),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size_bytes}"
    status = 200 if part is NO_RANGE else 206
    still = Still(call, lambda connection, reader: _check(connection, reader, document_id))
    return WhileAllowed(chunks, status, headers, found.media_type, still=still)


async def _check(connection: Connection, reader: Reader, document_id: UUID) -> None:
    """Raises NotFound, or a Problem, where the document would not be sent now."""
    check_downloadable(await queries.document(connection, reader, document_id))


def disposition(name: str) -> str:
    """A `Content-Disposition` (RFC 6266): the whole name in UTF-8, and what ASCII can say of it for old clients."""
    plain = _NOT_PLAIN.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
