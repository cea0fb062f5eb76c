"""« Accusé de dépôt »: what was received, when, under which position of the log, as a PDF for who handed it in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Query
from starlette.responses import Response

from gateway.api import positions
from gateway.api.codes import CATEGORY_LABELS
from gateway.api.document_bytes import note_access
from gateway.api.document_reading import disposition
from gateway.api.document_rows import has_receipt, state_of
from gateway.api.params import Params
from gateway.api.problems import not_found, problem
from gateway.api.reading import Call, Calling
from gateway.typesetting.typesetting import Typesetting, Untypeset
from ledger.kit.clock import PARIS, system_clock
from projections.document import queries
from projections.document.queries import Document
from projections.dossier.queries import numbers_of
from projections.establishment.identity import Identity, identities

router: Final = APIRouter(prefix="/v1", tags=["documents"])
PDF: Final = "application/pdf"
_NOTES: Final = (
    "Cet accusé dit ce qui a été reçu et quand. Il ne dit rien du contenu du fichier, ni de la suite donnée.",
    "L'empreinte permet de vérifier qu'un fichier que vous avez conservé est, à l'octet près, celui qui a été reçu.",
    "La position est celle du dépôt dans le registre du fonds.",
)
_log: Final = structlog.get_logger("gateway.documents")


@router.get(
    "/documents/{document_id}/receipt",
    operation_id="get_document_receipt",
    summary="Accusé de dépôt",
    response_class=Response,
    responses={200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_document_receipt(call: Calling, document_id: UUID, params: Annotated[Params, Query()]) -> Response:
    """A tagged PDF (PDF/UA-1) for the establishment that handed the document in, and for the fund's staff."""
    return await send_receipt(call, document_id, params)


async def send_receipt(call: Call, document_id: UUID, params: Params) -> Response:
    """The answer of `get_document_receipt`, which a page gives as well. Of another's document there is none: 404."""
    async with call.reading("document", "dossier", "establishment", at_least=params.min_position) as reading:
        found = await queries.document(reading.connection, call.reader, document_id)
        if not has_receipt(call, found):
            raise not_found()
        numbers = await numbers_of(reading.connection, found.dossier_ids)
        places = await identities(reading.connection, [found.establishment_id] if found.establishment_id else [])
    name, digest = await call.opened([found.name_sealed, found.digest_sealed])
    made = await _typeset(call, found, rows_of(found, name or "", numbers, list(places.values())), digest or "")
    await note_access(call, [document_id], "receipt")
    headers = {
        positions.HEADER: str(reading.position),
        "Content-Disposition": disposition(f"accuse-de-depot-{found.position}.pdf"),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(made, headers=headers, media_type=PDF)


def rows_of(found: Document, name: str, numbers: Sequence[str], places: Sequence[Identity]) -> list[tuple[str, str]]:
    """Its lines: label and value."""
    lines = [
        ("Dossier" if len(numbers) < 2 else "Dossiers", ", ".join(numbers)),
        ("Établissement", ", ".join(place.trade_name or place.name or place.siret for place in places)),
        ("Catégorie", CATEGORY_LABELS.get(found.category, found.category)),
        ("Nom du fichier", name),
        ("Taille", f"{_grouped(found.size_bytes)} octets"),
        ("Déposé le", f"{found.deposited_on:%d/%m/%Y}"),
        ("Enregistré le", _instant(found.recorded_at)),
        ("Position dans le registre", _grouped(found.position)),
        ("Identifiant", str(found.document_id)),
        (f"État au {_instant(system_clock())}", state_of(found).label),
    ]
    return [(label, value) for label, value in lines if value]


async def _typeset(call: Call, found: Document, rows: Sequence[tuple[str, str]], digest: str) -> bytes:
    data = {"title": "Accusé de dépôt", "fund": call.service.fund.name, "rows": rows, "digest": digest, "notes": _NOTES}
    typesetting: Typesetting = call.request.app.state.typesetting
    try:
        return await typesetting.pdf("receipt", data)
    except Untypeset as failed:
        told = {"document_id": str(found.document_id), "correlation_id": str(call.request.state.correlation_id)}
        _log.error("no receipt was made", reason=failed.reason, **told)
        raise problem("unavailable", headers={"Retry-After": "10"}) from None


def _instant(at: datetime) -> str:
    local = at.astimezone(PARIS)
    return f"{local:%d/%m/%Y} à {local:%H:%M:%S} (heure de Paris)"


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
