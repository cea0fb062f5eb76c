"""Orders about a document. Its name is in clear here, and nowhere after."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from ledger.document.aggregate import Document, subject_of
from ledger.document.categories import CATEGORIES
from ledger.document.errors import CategoryNotHandedIn, TransferOfAnotherBeneficiary
from ledger.document.events import Category, DocumentDeposited, Engine, Side, Threat
from ledger.dossier.aggregate import Dossier
from ledger.dossier.errors import NotPartyToDossier
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
    """Given by the vault once it holds the bytes under `document_id`: sizes in bytes, digests in hexadecimal.

    `side` hands it in. A member's or a provider's belongs to one dossier, and to the establishment that hands it in.
    `analysis` is `clean` where `engine` scanned it during the deposit, `awaited` where that is still to come.
    """

    document_id: UUID
    side: Side = Side.FUND
    category: Category
    analysis: Literal["none", "awaited", "clean"] = "none"
    engine: Engine | None = None
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


class RecordAnalysis(Command):
    """What a scanner answered; `threat` is the name that it gave to what it found."""

    document_id: UUID
    verdict: Literal["clean", "infected"]
    engine: Engine
    threat: Threat | None = None


class WithdrawDocument(Command):
    document_id: UUID
    reason: FreeText
    on: Day


@handles(RecordDeposit)
def record_deposit(command: RecordDeposit, work: Work) -> UUID:
    """A member's and a provider's is held to `_check_piece` as well.

    Refused: NotFound (dossier, establishment, transfer), TransferOfAnotherBeneficiary, CategoryNotHandedIn, Invalid
    (it belongs to nothing, a dossier named twice).
    """
    _check_belongings(command, work)
    _check_category(command)
    if command.side is not Side.FUND:
        _check_piece(command, work)
    subject = subject_of(command.dossier_ids, command.establishment_id)
    document = Document.open(
        DocumentDeposited,
        id=command.document_id,
        at=work.now,
        side=command.side,
        category=command.category.value,
        analysis=command.analysis,
        engine=command.engine,
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


@handles(RecordAnalysis)
def record_analysis(command: RecordAnalysis, work: Work) -> UUID:
    """Refused: NotFound, AnalysisUnchanged."""
    document = work.load(Document, command.document_id)
    document.analysed(command.verdict, command.engine, command.threat, at=work.now)
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


def _check_category(command: RecordDeposit) -> None:
    if command.side not in CATEGORIES[command.category].sides:
        raise CategoryNotHandedIn(field="category")


def _check_piece(command: RecordDeposit, work: Work) -> None:
    """A member or a provider hands in on a dossier of its own, while that dossier can change.

    Refused: Invalid (not one dossier and one establishment), DossierNotOpen, NotPartyToDossier, CategoryNotHandedIn.
    """
    if len(command.dossier_ids) != 1 or command.establishment_id is None:
        raise Invalid(field="dossier_ids", rule="Une pièce se dépose sur un dossier, pour un établissement.")
    dossier = work.load(Dossier, command.dossier_ids[0], field="dossier_ids")
    dossier.check_takes_pieces()
    if command.establishment_id not in _parties(dossier, command.side):
        raise NotPartyToDossier(field="establishment_id")
    if not CATEGORIES[command.category].is_handed_in(command.side, dossier.scheme):
        raise CategoryNotHandedIn(field="category")


def _parties(dossier: Dossier, side: Side) -> tuple[UUID, ...]:
    return (dossier.company_establishment_id,) if side is Side.MEMBER else dossier.provider_establishment_ids
