"""The demonstration's pieces: on a dossier of each persona, one of every side and of every state worth seeing."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from uuid import UUID

from gateway.generator.pdf import one_page
from gateway.generator.size import LAST_DAY
from gateway.service import Service
from ledger.application import IdempotencyKey
from ledger.document.categories import CATEGORIES
from ledger.document.commands import RecordAnalysis, RecordDeposit, WithdrawDocument
from ledger.document.events import Category, Side
from ledger.dossier.errors import DossierNotOpen
from ledger.kit.command import Command
from ledger.kit.errors import Refusal
from ledger.kit.ids import uuid7

ENGINE: Final = "ClamAV 1.4.6/27500"
_THREAT: Final = "Eicar-Test-Signature"
_REASON: Final = "Déposée une seconde fois par erreur."


class _Piece(NamedTuple):
    """`becomes`: withdrawn or infected after its deposit."""

    side: Side
    category: Category
    name: str
    analysis: str = "none"
    becomes: str = ""


# A party's first: a dossier that is closed takes none, and then nothing else either.
_PIECES: Final = (
    _Piece(Side.MEMBER, Category.TRAINING_AGREEMENT, "Convention de formation signée.pdf", "clean"),
    _Piece(Side.MEMBER, Category.PROGRAMME, "Programme.pdf"),
    _Piece(Side.MEMBER, Category.PROGRAMME, "Programme (copie).pdf", becomes="withdrawn"),
    _Piece(Side.PROVIDER, Category.CERTIFICATE, "Certificat de réalisation.pdf", "clean"),
    _Piece(Side.PROVIDER, Category.ATTENDANCE, "Feuilles d'émargement.pdf"),
    _Piece(Side.PROVIDER, Category.OTHER, "Annexe.pdf", becomes="infected"),
    _Piece(Side.FUND, Category.FUND_DOCUMENT, "Courrier au sujet du dossier.pdf"),
)


class Held(NamedTuple):
    """A dossier, and the establishments of its two sides."""

    dossier_id: UUID
    company: UUID
    provider: UUID


def file_pieces(service: Service, candidates: list[Held]) -> UUID | None:
    """File them on the first of these dossiers that takes pieces, and say which; again, and nothing is added."""
    for held in candidates:
        try:
            for piece in _PIECES:
                _file(service, held, piece)
        except DossierNotOpen:
            continue
        return held.dossier_id
    return None


def _file(service: Service, held: Held, piece: _Piece) -> None:
    key = _key(held, piece, "deposit")
    done = service.ledger.outcome_of(key)
    document_id = done.resource_id if done else _deposit(service, held, piece, key)
    if piece.becomes:
        _order(service, _ending(document_id, piece), _key(held, piece, piece.becomes))


def _deposit(service: Service, held: Held, piece: _Piece, key: IdempotencyKey) -> UUID:
    content = one_page([piece.name.removesuffix(".pdf"), "", "Document fictif, sans valeur."])
    document_id = uuid7()
    limit_bytes = CATEGORIES[piece.category].limit_bytes
    stored = service.vault.deposit(document_id, iter([content]), limit_bytes=limit_bytes)
    told: dict[str, Any] = {
        "document_id": document_id,
        "side": piece.side,
        "category": piece.category,
        "analysis": piece.analysis,
        "engine": ENGINE if piece.analysis == "clean" else None,
        "name": piece.name,
        "media_type": "application/pdf",
        "dossier_ids": (held.dossier_id,),
        "establishment_id": {Side.MEMBER: held.company, Side.PROVIDER: held.provider}.get(piece.side),
        "on": LAST_DAY,
        **stored._asdict(),
    }
    try:
        return _order(service, RecordDeposit(**told), key)
    except Refusal:
        service.vault.discard(document_id)
        raise


def _ending(document_id: UUID, piece: _Piece) -> Command:
    if piece.becomes == "withdrawn":
        return WithdrawDocument(document_id=document_id, reason=_REASON, on=LAST_DAY)
    return RecordAnalysis(document_id=document_id, verdict="infected", engine=ENGINE, threat=_THREAT)


def _order(service: Service, command: Command, key: IdempotencyKey) -> UUID:
    return service.ledger.execute(command, actor=None, key=key).resource_id


def _key(held: Held, piece: _Piece, step: str) -> IdempotencyKey:
    """A start that was interrupted is gone on with by the next."""
    name = f"{held.dossier_id}:{piece.name}:{step}"
    return IdempotencyKey(account_id=None, route="demo", key=name, body=name.encode(), status=201)
