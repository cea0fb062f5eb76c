"""Orders about a document. Its name is in clear here, and nowhere after."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from ledger.document.aggregate import Document, subject_of
from ledger.document.errors import TransferOfAnotherBeneficiary
from ledger.document.events import Category, DocumentDeposited
from ledger.dossier.aggregate import Dossier
from ledger.establishment.aggregate import Establishment
from ledger.kit.command import Command, handles
from ledger.kit.days import Day
from ledger.kit.errors import Invalid
from ledger.kit.text import FileName, FreeText
from ledger.transfer.aggregate import Transfer
from ledger.work import Work

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
MediaType = Annotated[str, Field(pattern="^[a-z]+/[a-z0-9.+-]{1,100}$")]
Bytes = Annotated[int, Field(strict=True, ge=1)]


class RecordDeposit(Command):
    """Given by the vault once it holds the bytes under `document_id`: sizes in bytes, digests in hexadecimal."""

    document_id: UUID
    category: Category
    name: FileName
    media_type: MediaType
    size_bytes: Bytes
    stored_bytes: Bytes
    stored_sha256: Sha256
    plain_sha256: Sha256
    dossier_ids: Annotated[tuple[UUID, ...], Field(max_length=5_000)] = ()
    establishment_id: UUID | None = None
    transfer_id: UUID | None = None
    on: Day


class WithdrawDocument(Command):
    document_id: UUID
    reason: FreeText
    on: Day


@handles(RecordDeposit)
def record_deposit(command: RecordDeposit, work: Work) -> UUID:
    """Refused: NotFound (dossier, establishment, transfer), TransferOfAnotherBeneficiary, Invalid (it belongs to
    nothing, a dossier named twice).
    """
    _check_belongings(command, work)
    subject = subject_of(command.dossier_ids, command.establishment_id)
    document = Document.open(
        DocumentDeposited,
        id=command.document_id,
        at=work.now,
        category=command.category,
        name=work.seal(subject, command.name),
        media_type=command.media_type,
        size_bytes=command.size_bytes,
        stored_bytes=command.stored_bytes,
        stored_sha256=command.stored_sha256,
        # Under the document's own key: erasing the document leaves no trace of what it was.
        plain_sha256=work.seal(command.document_id, command.plain_sha256),
        dossier_ids=command.dossier_ids,
        establishment_id=command.establishment_id,
        transfer_id=command.transfer_id,
        on=command.on,
    )
    work.add(document)
    return document.id


@handles(WithdrawDocument)
def withdraw_document(command: WithdrawDocument, work: Work) -> UUID:
    """Refused: NotFound, DocumentAlreadyWithdrawn."""
    document = work.load(Document, command.document_id)
    document.withdraw(work.seal(document.subject, command.reason), command.on, at=work.now)
    return document.id


def _check_belongings(command: RecordDeposit, work: Work) -> None:
    """What it belongs to exists, for ever: nothing to guard."""
    if not command.dossier_ids and command.establishment_id is None:
        raise Invalid(field="dossier_ids", rule="Un document appartient à un dossier ou à un établissement.")
    if len(set(command.dossier_ids)) < len(command.dossier_ids):
        raise Invalid(field="dossier_ids", rule="Un dossier est cité deux fois.")
    for dossier_id in command.dossier_ids:
        work.read(Dossier, dossier_id, field="dossier_ids")
    if command.establishment_id is not None:
        work.read(Establishment, command.establishment_id, field="establishment_id")
    if command.transfer_id is not None:
        transfer = work.read(Transfer, command.transfer_id, field="transfer_id")
        if transfer.beneficiary_id != command.establishment_id:
            raise TransferOfAnotherBeneficiary(field="transfer_id")
