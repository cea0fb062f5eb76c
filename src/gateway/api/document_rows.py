"""A document as lists and pages show it: what it is, whose, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from pydantic import BaseModel

from gateway.api.codes import (
    ANALYSIS_LABELS,
    CATEGORY_LABELS,
    DOCUMENT_STATE_LABELS,
    SIDE_LABELS,
    Coded,
    DocumentState,
    coded,
)
from gateway.api.problems import problem
from gateway.api.reading import Call
from ledger.document.events import TRANSMITTED, Analysis
from ledger.kit.clock import paris_day
from projections.document.queries import Document, DocumentItem


class DocumentRow(BaseModel):
    """A file of a tab: its name and « Déposé le ». `content` is where its bytes are, once it is `downloadable`.

    `receipt` is where the « accusé de dépôt » is, for whose establishment handed it in and for the fund's staff.
    What was withdrawn, and why, the fund's staff alone are told: for anybody else the document is not there any more.
    """

    document_id: UUID
    name: str
    category: Coded
    side: Coded
    state: Coded
    analysis: Coded
    downloadable: bool
    deposited_on: date
    withdrawn_on: date | None
    withdrawal_reason: str | None
    media_type: str
    size_bytes: int
    transfer_id: UUID | None
    content: str
    receipt: str | None


class DocumentShown(DocumentRow):
    """One document. `dossier_ids` are those of its dossiers that the caller sees."""

    dossier_ids: list[UUID]
    establishment_id: UUID | None


async def document_rows(call: Call, rows: Sequence[DocumentItem]) -> list[DocumentRow]:
    """The rows of a tab, their names open."""
    texts = await call.opened_pairs((row.name_sealed, row.reason_sealed) for row in rows)
    return [document_row(call, row, name, reason) for row, (name, reason) in zip(rows, texts, strict=True)]


def document_row(call: Call, item: DocumentItem, name: str | None, reason: str | None) -> DocumentRow:
    return DocumentRow(
        document_id=item.document_id,
        name=name or "",
        category=coded(item.category, CATEGORY_LABELS),
        side=coded(item.side, SIDE_LABELS),
        state=state_of(item),
        analysis=coded(item.analysis, ANALYSIS_LABELS),
        downloadable=is_downloadable(item),
        deposited_on=item.deposited_on,
        withdrawn_on=item.withdrawn_on,
        withdrawal_reason=reason,
        media_type=item.media_type,
        size_bytes=item.size_bytes,
        transfer_id=item.transfer_id,
        content=f"/v1/documents/{item.document_id}/content",
        receipt=f"/v1/documents/{item.document_id}/receipt" if has_receipt(call, item) else None,
    )


async def document_shown(call: Call, found: Document) -> DocumentShown:
    [row] = await document_rows(call, [found])
    return DocumentShown(
        **row.model_dump(), dossier_ids=list(found.dossier_ids), establishment_id=found.establishment_id
    )


def has_receipt(call: Call, item: DocumentItem) -> bool:
    """Whose establishment handed it in, and the fund's staff; those to whom it is only shown were given none."""
    return call.reader.is_staff or not set(item.own).isdisjoint(call.reader.scope)


def is_downloadable(item: DocumentItem) -> bool:
    """Nobody is given bytes that are not analysed yet, or in which something was found: not the fund either."""
    return item.analysis in TRANSMITTED


def check_downloadable(item: DocumentItem) -> None:
    """Problems `quarantined`, `not-yet-analysed`. Whom the document does not concern yet, row security told nothing."""
    if not is_downloadable(item):
        raise problem("quarantined" if item.analysis == Analysis.INFECTED else "not-yet-analysed")


def state_of(item: DocumentItem) -> Coded:
    """« Retiré », with its day, before all; then what the analysis made of it, with its day where there was one."""
    if item.withdrawn_on is not None:
        return Coded(code=DocumentState.WITHDRAWN, label=f"Retiré le {item.withdrawn_on:%d/%m/%Y}")
    if item.analysis == Analysis.CLEAN and item.analysed_at is not None:
        return Coded(code=item.analysis, label=f"Transmis (analysé le {paris_day(item.analysed_at):%d/%m/%Y})")
    return coded(item.analysis, DOCUMENT_STATE_LABELS)
