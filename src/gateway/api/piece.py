"""`POST /v1/dossiers/{dossier_id}/pieces`: a file that a member or a provider hands in (row E9), from here or a page.

Who asks, the dossier and what is said of the file are looked at before its first byte is asked for; when the last one
has come, which may be an hour later, all of it is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import JSONResponse, Response

from gateway.api import positions
from gateway.api.authentication import let_in_again
from gateway.api.codes import DOCUMENT_STATE_LABELS, Coded, coded
from gateway.api.orders import Accepted, refuse_parameters
from gateway.api.piece_reading import Desk, HandingSide, only, read_desks
from gateway.api.problems import Problem, invalid
from gateway.api.reading import Call, Calling
from gateway.api.uploads import Parts, Upload
from gateway.api.validation import invalid_input, pointer
from gateway.service import Service
from gateway.vault.depositing import Asked, Deposits, limit_of
from ledger.document.categories import CATEGORIES, Kind
from ledger.document.errors import CategoryNotHandedIn
from ledger.document.events import Category
from ledger.dossier.errors import NotPartyToDossier
from ledger.kit.clock import paris_day, system_clock
from ledger.kit.text import FileName
from ledger.vault.draft import Draft

router: Final = APIRouter(prefix="/v1", tags=["documents"])

_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["category", "file"],
    "properties": {
        "category": {"type": "string", "enum": [str(category) for category in Category]},
        "establishment_id": {"type": "string", "format": "uuid"},
        "side": {"type": "string", "enum": ["member", "provider"]},
        "file": {"type": "string", "format": "binary"},
    },
}
_EXAMPLE: Final = {"category": "certificate", "file": "(octets du fichier)"}


class PieceForm(BaseModel):
    """The fields beside the file. The establishment, and the side, are asked of whoever has several there."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    category: Category
    establishment_id: UUID | None = None
    side: HandingSide | None = None
    name: FileName


class PieceAccepted(Accepted):
    """What became of it. `already_deposited`: these very bytes were there, in this category, and `id` is theirs."""

    state: Coded
    already_deposited: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """What is handed in: as which category, for which establishment, called what."""

    desk: Desk
    kind: Kind
    establishment_id: UUID
    name: str


@router.post(
    "/dossiers/{dossier_id}/pieces",
    operation_id="deposit_piece",
    summary="Déposer une pièce sur un dossier",
    status_code=201,
    response_model=PieceAccepted,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": _SCHEMA, "example": _EXAMPLE}},
        },
    },
)
async def deposit_piece(request: Request, call: Calling, dossier_id: UUID) -> Response:
    """Idempotent by what is sent: the same bytes again, in the same category, are the first document."""
    refuse_parameters(request)
    desks = await read_desks(call, dossier_id)
    desks[0].check_open()
    parts = Parts(request, limit_bytes=largest(request), most_files=1, most_fields=4)
    await parts.before_files()
    with ExitStack() as kept:
        name: str | None = None
        draft: Draft | None = None
        async for upload in parts.uploads():
            name = upload.name
            piece = _early(parts.fields, upload, desks)
            draft = kept.enter_context(await received(call, upload, piece.kind.code if piece else ""))
        if draft is None or name is None:
            raise invalid("body", "/file", "missing", "Un fichier est attendu dans le champ « file ».")
        accepted = await concluded(call, draft, _piece(parts.fields, name, desks))
    return _answer(accepted)


async def received(call: Call, upload: Upload, category: str) -> Draft:
    """The file's bytes, sealed as they come: a draft, to be concluded or dropped. An empty category is not known yet.

    Raises what reading a form raises, Invalid (`file`: too large), and what a busy or broken vault answers.
    """
    limit_bytes = limit_of(call.service.settings.vault, category)
    return await Deposits.of(call.request).receive(upload, actor=call.caller.account_id, limit_bytes=limit_bytes)


async def concluded(call: Call, draft: Draft, piece: Piece) -> PieceAccepted:
    """The document, once it has passed everything. Refusals and problems: nothing was kept."""
    asked = Asked(
        side=piece.desk.side,
        category=piece.kind.code,
        dossier_ids=(piece.desk.dossier_id,),
        establishment_id=piece.establishment_id,
        transfer_id=None,
        on=paris_day(system_clock()),
        name=piece.name,
    )
    outcome, analysis, already = await Deposits.of(call.request).conclude(
        draft,
        asked,
        actor=call.caller.account_id,
        key=None,
        correlation_id=call.request.state.correlation_id,
        allowed=partial(_check_still, call, piece),
    )
    return PieceAccepted(
        id=outcome.resource_id,
        position=outcome.position,
        state=coded(analysis, DOCUMENT_STATE_LABELS),
        already_deposited=already,
    )


def largest(request: Request) -> int:
    """The largest file of any category, in bytes."""
    service: Service = request.app.state.service
    return limit_of(service.settings.vault, "")


def piece_of(fields: Mapping[str, str], name: str, desks: list[Desk]) -> Piece:
    """What the fields say of a file. Raises Problem `invalid`, NotFound (the side), CategoryNotHandedIn,
    NotPartyToDossier.
    """
    try:
        form = PieceForm.model_validate({**fields, "name": name})
    except ValidationError as error:
        raise invalid_input(error.errors(include_url=False, include_input=False), "body") from None
    desk = only(desks, form.side, "body")
    kind = CATEGORIES[form.category]
    if kind not in desk.kinds():
        raise CategoryNotHandedIn(field="category")
    return Piece(desk, kind, _establishment(desk, form.establishment_id), form.name)


def _piece(fields: Mapping[str, tuple[str, ...]], name: str, desks: list[Desk]) -> Piece:
    for field, texts in fields.items():
        if field in {"file", "name"}:
            raise invalid_input([{"type": "extra_forbidden", "loc": (field,)}], "body")
        if len(texts) > 1:
            raise invalid("body", pointer([field[:60]]), "repeated", "Ce champ n'est donné qu'une fois.")
    return piece_of({field: texts[0] for field, texts in fields.items()}, name, desks)


def _early(fields: Mapping[str, tuple[str, ...]], upload: Upload, desks: list[Desk]) -> Piece | None:
    """What was said before the file is judged before a byte of it is sent for nothing; the rest may come after it."""
    if upload.field != "file":
        raise invalid_input([{"type": "extra_forbidden", "loc": (upload.field,)}], "body")
    if "category" not in fields:
        return None
    try:
        return _piece(fields, upload.name, desks)
    except Problem as refused:
        if {fault.code for fault in refused.errors} != {"missing"}:
            raise
        return None


def _establishment(desk: Desk, asked: UUID | None) -> UUID:
    own = [each.establishment_id for each in desk.establishments]
    if asked is None and len(own) > 1:
        raise invalid("body", "/establishment_id", "missing", "Dites pour lequel de vos établissements.")
    if asked is not None and asked not in own:
        raise NotPartyToDossier(field="establishment_id")
    return asked or own[0]


async def _check_still(call: Call, piece: Piece) -> None:
    """Who began may have lost the right meanwhile, the dossier may be out of sight, or closed."""
    caller = await let_in_again(call.request)
    desks = await read_desks(Call(call.request, caller), piece.desk.dossier_id)
    desk = only(desks, piece.desk.side, "body")
    desk.check_open()
    _establishment(desk, piece.establishment_id)


def _answer(accepted: PieceAccepted) -> Response:
    headers = {positions.HEADER: str(accepted.position), "Location": f"/v1/documents/{accepted.id}"}
    return JSONResponse(accepted.model_dump(mode="json"), 201, headers)
