"""A document's bytes, from a page: never shown by the browser as a page of ours, always saved."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.responses import Response

from gateway.api.document_reading import send_document
from gateway.api.params import Params
from gateway.portal.pages import page_router
from gateway.portal.visit import Visiting

router: Final = page_router()


@router.get("/documents/{document_id}", name="download_document")
async def download_document(visit: Visiting, document_id: UUID) -> Response:
    """An agreement, an avis, a file of a dossier (rows O31, O33, O40); erased or damaged, a page says so."""
    return await send_document(visit.call, document_id, Params())
