"""`POST /v1/documents`: a form with a file, deposited by the fund's staff.

The file is sealed as it comes, looked at, stored and recorded (`gateway.vault.depositing`). Fields may stand before it
or after it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from gateway.api.authentication import Authenticated, authenticated
from gateway.api.idempotency import idempotency_key
from gateway.api.orders import Accepted, accepted, refuse_parameters
from gateway.api.problems import invalid
from gateway.api.uploads import Parts
from gateway.api.validation import invalid_input, pointer
from gateway.auth.caller import Caller
from gateway.service import Service
from gateway.settings_vault import VaultSettings
from gateway.vault.depositing import Asked, Deposits, limit_of
from ledger.application import IdempotencyKey
from ledger.document.categories import CATEGORIES
from ledger.document.events import Category, Side
from ledger.kit.days import Day
from ledger.kit.errors import Invalid
from ledger.kit.text import FileName
from ledger.vault.draft import Draft

router: Final = APIRouter(prefix="/v1", tags=["documents"])
LOCATION: Final = "/v1/documents/{id}"

LIMITS: Final[Mapping[Category, int]] = {category: CATEGORIES[category].limit_bytes for category in Category}
"""The largest file of a category, in bytes."""

_FILE: Final = "file"
_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["category", "on", "file"],
    "properties": {
        "category": {"type": "string", "enum": [str(category) for category in Category]},
        "dossier_ids": {"type": "array", "items": {"type": "string", "format": "uuid"}},
        "establishment_id": {"type": "string", "format": "uuid"},
        "transfer_id": {"type": "string", "format": "uuid"},
        "on": {"type": "string", "format": "date"},
        "file": {"type": "string", "format": "binary"},
    },
}
_EXAMPLE: Final = {
    "category": "agreement",
    "dossier_ids": ["01890a5d-ac96-774b-bcce-b302099a8057"],
    "on": "2026-08-25",
    "file": "(octets du fichier)",
}
_KEY_PARAMETER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}


class DepositForm(BaseModel):
    """The fields beside the file. It belongs to dossiers, to an establishment, or to a transfer of one."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    category: Category
    dossier_ids: Annotated[tuple[UUID, ...], Field(max_length=5_000)] = ()
    establishment_id: UUID | None = None
    transfer_id: UUID | None = None
    on: Day
    name: FileName


@router.post(
    "/documents",
    operation_id="deposit_document",
    summary="Déposer un document",
    status_code=201,
    response_model=Accepted,
    openapi_extra={
        "parameters": [_KEY_PARAMETER],
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": _SCHEMA, "example": _EXAMPLE}},
        },
    },
)
async def deposit_document(request: Request, caller: Authenticated) -> Response:
    refuse_parameters(request)
    settings = _service(request).settings.vault
    deposits = Deposits.of(request)
    parts = Parts(request, limit_bytes=limit_of(settings, ""), most_files=1)
    async with _received(deposits, parts, settings, caller) as (draft, name):
        form = _form_of(parts.fields, name)
        concluded = await deposits.conclude(
            draft,
            Asked(side=Side.FUND, **form.model_dump()),
            actor=caller.account_id,
            key=_key(request, caller, form, draft),
            correlation_id=request.state.correlation_id,
            allowed=partial(authenticated, request),
        )
    return accepted(concluded.outcome, LOCATION)


@asynccontextmanager
async def _received(
    deposits: Deposits, parts: Parts, settings: VaultSettings, caller: Caller
) -> AsyncIterator[tuple[Draft, str]]:
    """The form read to its end, whatever is wrong with the file: who still sends could not hear the answer."""
    draft, name, refused = None, "", None
    try:
        async for upload in parts.uploads():
            if upload.field != _FILE:
                raise invalid_input([{"type": "extra_forbidden", "loc": (upload.field[:60],)}], "body")
            name = upload.name
            try:
                limit_bytes = limit_of(settings, _category(parts))
                draft = await deposits.receive(upload, actor=caller.account_id, limit_bytes=limit_bytes)
            except Invalid as over:
                refused = over
        if refused is not None:
            raise refused
        if draft is None:
            raise invalid("body", f"/{_FILE}", "missing", "Un fichier est attendu dans le champ « file ».")
        yield draft, name
    finally:
        if draft is not None:
            draft.drop()


def _category(parts: Parts) -> str:
    """What was said before the file; else nothing is known of it yet."""
    return next(iter(parts.fields.get("category", ())), "")


def _key(request: Request, caller: Caller, form: DepositForm, draft: Draft) -> IdempotencyKey:
    asked = {**form.model_dump(mode="json"), "plain_sha256": draft.deposited.plain_sha256}
    return idempotency_key(request, caller.account_id, asked, status=201)


def _form_of(given: Mapping[str, tuple[str, ...]], file_name: str) -> DepositForm:
    fields: dict[str, Any] = {}
    for name, values in given.items():
        if name in {_FILE, "name"}:
            raise invalid_input([{"type": "extra_forbidden", "loc": (name,)}], "body")
        if name != "dossier_ids" and len(values) > 1:
            raise invalid("body", pointer([name[:60]]), "repeated", "Ce champ n'est donné qu'une fois.")
        fields[name] = values if name == "dossier_ids" else values[0]
    try:
        return DepositForm.model_validate({**fields, "name": file_name})
    except ValidationError as error:
        raise invalid_input(error.errors(include_url=False, include_input=False), "body") from None


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service
