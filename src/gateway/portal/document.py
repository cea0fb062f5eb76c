"""A document's bytes, from a page: never shown by the browser as a page of ours, always saved."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from gateway.api.archive import MOST, Selection, send_archive
from gateway.api.bodies import parse
from gateway.api.document_reading import read_document, send_document
from gateway.api.document_rows import DocumentShown
from gateway.api.params import Params
from gateway.api.preview import read_preview, send_preview_page
from gateway.api.problems import invalid
from gateway.api.receipt import send_receipt
from gateway.portal.forms import posted
from gateway.portal.pages import page_router
from gateway.portal.spaces import exists
from gateway.portal.visit import Visit, Visiting, posting_of
from ledger.document.events import Side

router: Final = page_router()
_TICKED: Final = "document"
_MOST_TICKED: Final = 1_200  # what a form of 64 KiB holds; how many make an archive is said in a sentence


async def _several(request: Request) -> Visit:
    return await posting_of(request, await posted(request, most_fields=_MOST_TICKED, repeated={_TICKED}))


SelectionPosting = Annotated[Visit, Depends(_several)]


@router.get("/documents/{document_id}", name="download_document")
async def download_document(visit: Visiting, document_id: UUID) -> Response:
    """An agreement, an avis, a file of a dossier (rows O31, O33, O40); erased or damaged, a page says so."""
    return await send_document(visit.call, document_id, Params())


@router.get("/documents/{document_id}/accuse", name="download_receipt")
async def download_receipt(visit: Visiting, document_id: UUID) -> Response:
    """« Accusé de dépôt »: for who handed the document in, and for the fund."""
    return await send_receipt(visit.call, document_id, Params())


@router.get("/documents/{document_id}/apercu", name="show_preview")
async def show_preview(visit: Visiting, document_id: UUID) -> Response:
    """« Aperçu »: its first pages as pictures, and what it is."""
    document = (await read_document(visit.call, document_id, Params())).shown
    preview = (await read_preview(visit.call, document_id, Params())).shown
    return visit.page("document/preview.html", document=document, preview=preview, back=_list_of(visit, document))


@router.get("/documents/{document_id}/apercu/{page}", name="show_preview_page")
async def show_preview_page(visit: Visiting, document_id: UUID, page: int) -> Response:
    """One of the pictures."""
    return await send_preview_page(visit.call, document_id, page, Params())


@router.post("/documents/selection", name="download_documents")
async def download_documents(visit: SelectionPosting) -> Response:
    """« Télécharger la sélection »: what is ticked, as one archive (row O33)."""
    ticked = list(dict.fromkeys(visit.form.all(_TICKED)))
    if not ticked:
        raise invalid("body", "/document_ids", "missing", "Cochez au moins un document, puis recommencez.")
    if len(ticked) > MOST:
        detail = f"Une archive compte {MOST} documents au plus : cochez-en moins, puis recommencez."
        raise invalid("body", "/document_ids", "too-long", detail)
    return await send_archive(visit.call, parse(Selection, {"document_ids": ticked}))


def _list_of(visit: Visit, document: DocumentShown) -> str | None:
    """The address of the list in which this reader finds the document; None where there is none in this space."""
    own = document.side.code != Side.FUND and visit.caller.role == "portal"
    page = "show_pieces" if own else "show_dossier_documents"
    if document.dossier_ids and exists(page, visit.space):
        return visit.path(page, dossier_id=document.dossier_ids[0])
    page = "show_establishment_documents"
    if document.establishment_id and exists(page, visit.space):
        return visit.path(page, establishment_id=document.establishment_id)
    return None
