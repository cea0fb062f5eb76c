"""`POST /v1/documents`: a form with a file, deposited by the fund's staff.

The file is spooled to an unlinked temporary file, since two sniffers look at its beginning and its end. It is stored in
the vault before its event is recorded, and taken out again where the event is refused or was recorded before. A process
killed in between leaves bytes that nothing names, for the vault's sweep.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, BinaryIO, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from gateway.api.authentication import Authenticated
from gateway.api.bodies import parse
from gateway.api.idempotency import idempotency_key
from gateway.api.limits import Limited
from gateway.api.orders import Accepted, accepted, execute, refuse_parameters
from gateway.api.problems import Problem, invalid, problem
from gateway.api.validation import invalid_input, pointer
from gateway.auth.caller import Caller
from gateway.service import Service
from gateway.vault.scans import Judged, judge
from ledger.application import Outcome
from ledger.document.categories import CATEGORIES
from ledger.document.commands import RecordDeposit
from ledger.document.events import Category
from ledger.kit.days import Day
from ledger.kit.errors import Refusal
from ledger.kit.ids import uuid7
from ledger.kit.text import FileName
from ledger.vault.inspection import media_type
from ledger.vault.vault import Deposited

router: Final = APIRouter(prefix="/v1", tags=["documents"])
LOCATION: Final = "/v1/documents/{id}"

LIMITS: Final[Mapping[Category, int]] = {category: CATEGORIES[category].limit_bytes for category in Category}
"""The largest file of a category, in bytes."""

_PIECE_BYTES: Final = 64 * 1024
_FORM_OVERHEAD: Final = 256 * 1024
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
    _allow_files(request)
    async with request.form(max_files=1, max_fields=6_000, max_part_size=1024) as form:
        upload = _file_of(form)
        fields = _fields_of(form, upload)
        kind = await run_in_threadpool(media_type, upload.file)
        judged = await run_in_threadpool(_judge, request, upload.file)
        document_id = uuid7()
        stored = await run_in_threadpool(_store, request, document_id, upload.file, fields.category)
    try:
        told = {**stored._asdict(), "document_id": str(document_id), "media_type": kind, **judged._asdict()}
        outcome = await _record(request, caller, fields, told)
    except (Refusal, Problem):
        await run_in_threadpool(_service(request).store.remove, document_id)
        raise
    if outcome.replayed:
        await run_in_threadpool(_service(request).store.remove, document_id)
    return accepted(outcome, LOCATION)


async def _record(request: Request, caller: Caller, fields: DepositForm, told: Mapping[str, Any]) -> Outcome:
    """The event. Any other exception than a refusal leaves the bytes: the event may have been recorded."""
    asked = {**fields.model_dump(mode="json"), "plain_sha256": told["plain_sha256"]}
    key = idempotency_key(request, caller.account_id, asked, status=201)
    return await execute(request, parse(RecordDeposit, {**asked, **told}), actor=caller.account_id, key=key)


def _allow_files(request: Request) -> None:
    """Before a byte is read: the limit of files in place of that of JSON, and a form in place of it."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise problem("unsupported-media-type")
    limited: Limited = request.state.limited
    limited.limit_bytes = max(_limit(request, category) for category in LIMITS) + _FORM_OVERHEAD


def _file_of(form: FormData) -> UploadFile:
    upload = form.get("file")
    if not isinstance(upload, UploadFile):
        raise invalid("body", "/file", "missing", "Un fichier est attendu dans le champ « file ».")
    return upload


def _fields_of(form: FormData, upload: UploadFile) -> DepositForm:
    names = [name for name, _ in form.multi_items() if name != "dossier_ids"]
    for name in names:
        if names.count(name) > 1:
            raise invalid("body", pointer([name[:60]]), "repeated", "Ce champ n'est donné qu'une fois.")
    fields: dict[str, Any] = {name: value for name, value in form.multi_items() if name != "file"}
    if "dossier_ids" in fields:
        fields["dossier_ids"] = form.getlist("dossier_ids")
    try:
        return DepositForm.model_validate({**fields, "name": upload.filename or ""})
    except ValidationError as error:
        raise invalid_input(error.errors(include_url=False, include_input=False), "body") from None


def _store(request: Request, document_id: UUID, file: BinaryIO, category: Category) -> Deposited:
    return _service(request).vault.deposit(document_id, file, limit_bytes=_limit(request, category))


def _limit(request: Request, category: Category) -> int:
    """The category's own, or what the deployment raises all of them to (DOCUMENT_MAX_MIB)."""
    return max(LIMITS[category], _service(request).settings.vault.max_bytes or 0)


def _judge(request: Request, file: BinaryIO) -> Judged:
    """What clamd says of it at once, the file left at its start."""
    judged = judge(_service(request).settings.vault, iter(partial(file.read, _PIECE_BYTES), b""))
    file.seek(0)
    return judged


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service
