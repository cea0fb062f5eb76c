"""What happened to a document. Its bytes are in the vault, encrypted under the document's own key."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from ledger.kit.event import Event, OpeningEvent
from ledger.kit.personal import Personal


class Category(StrEnum):
    """What a document is. The fund's categories are those that it issues itself."""

    AGREEMENT = "agreement"
    REMITTANCE_ADVICE = "remittance-advice"
    FUND_DOCUMENT = "fund-document"
    PROGRAMME = "programme"
    QUOTE = "quote"
    INVOICE = "invoice"
    CERTIFICATE = "certificate"
    OTHER = "other"


class DocumentDeposited(OpeningEvent):
    """Whole and stored before this is recorded. `stored_sha256` (hex) is of the encrypted bytes, so that the vault can
    be verified without keys and after erasure; `plain_sha256` (hex) is of the clear bytes, sealed.

    The name is sealed under the first dossier's key, else the establishment's. `on` is the day shown as « Déposé le ».
    """

    NAME: ClassVar[str] = "document.deposited.v1"

    category: Category
    name: Personal[str]
    media_type: str
    size_bytes: int
    stored_bytes: int
    stored_sha256: str
    plain_sha256: Personal[str]
    dossier_ids: tuple[UUID, ...] = ()
    establishment_id: UUID | None = None
    transfer_id: UUID | None = None
    on: date


class DocumentWithdrawn(Event):
    """No longer shown, still traceable."""

    NAME: ClassVar[str] = "document.withdrawn.v1"

    reason: Personal[str]
    on: date
