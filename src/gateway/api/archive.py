"""A selection of documents as one ZIP, sent as it is made."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from gateway.api import positions
from gateway.api.bodies import json_object, parse
from gateway.api.described import body
from gateway.api.document_bytes import note_access, opened_bytes
from gateway.api.document_reading import disposition
from gateway.api.document_rows import check_downloadable
from gateway.api.orders import refuse_parameters
from gateway.api.problems import Fault, Problem, invalid, problem
from gateway.api.reading import Call, Calling
from gateway.api.still import Still, WhileAllowed
from gateway.vault.archive import MOST, MOST_BYTES, Member, archive, names_of, size_of
from ledger.kit.clock import paris_day, system_clock
from ledger.kit.errors import NotFound
from projections.document import queries
from projections.document.queries import DocumentItem
from projections.fetching import Connection
from projections.reader import Reader

__all__ = ["MOST", "Selection", "router", "send_archive"]

router: Final = APIRouter(prefix="/v1", tags=["documents"])
_EXAMPLE: Final = {"document_ids": ["01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058"]}


def _each_once(ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    if len(set(ids)) < len(ids):
        raise PydanticCustomError("repeated", "Chaque document n'est choisi qu'une fois.")
    return ids


class Selection(BaseModel):
    """The documents of an archive, in its order."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    document_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MOST), AfterValidator(_each_once)]


@router.post(
    "/documents/archive",
    operation_id="archive_documents",
    summary="Télécharger une sélection de documents",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
    openapi_extra=body(Selection, _EXAMPLE),
)
async def archive_documents(call: Calling, request: Request) -> Response:
    """A ZIP of 100 documents and 1 GiB at most, all of which the caller could download one by one.

    It ends whole or it breaks off: with the right to one of them, or where one is damaged.
    """
    refuse_parameters(request)
    return await send_archive(call, parse(Selection, await json_object(request)))


async def send_archive(call: Call, selection: Selection) -> Response:
    """The answer of `archive_documents`, which a page gives as well."""
    chosen = selection.document_ids
    async with call.reading("document") as reading:
        found = await queries.documents(reading.connection, call.reader, chosen)
    items = _checked(chosen, found)
    members = await _members(call, items)
    # The beginning of each is read before any is sent: most damage is an answer then, and no broken archive.
    await run_in_threadpool(_prove, call, items)
    await note_access(call, chosen, "archived")
    name = f"documents-{paris_day(system_clock()):%Y-%m-%d}.zip"
    headers = {
        positions.HEADER: str(reading.position),
        "Content-Length": str(size_of(members)),
        "Content-Disposition": disposition(name),
    }
    still = Still(call, partial(_check, chosen))
    return WhileAllowed(archive(members), 200, headers, "application/zip", still=still)


async def _check(chosen: Sequence[UUID], connection: Connection, reader: Reader) -> None:
    _checked(chosen, await queries.documents(connection, reader, chosen))


def _checked(chosen: Sequence[UUID], found: Sequence[DocumentItem]) -> list[DocumentItem]:
    """The documents in the order asked. A Problem says which one is out of sight, or must not be sent, or is too much.

    Of one that is out of sight nothing else is said, as everywhere.
    """
    by_id = {each.document_id: each for each in found}
    items = []
    for index, document_id in enumerate(chosen):
        if document_id not in by_id:
            raise _at(index, problem("unknown-reference"), NotFound.code, NotFound.template)
        items.append(by_id[document_id])
    for index, item in enumerate(items):
        try:
            check_downloadable(item)
        except Problem as refused:
            raise _at(index, refused, refused.code, refused.detail) from None
    if sum(item.size_bytes for item in items) > MOST_BYTES:
        detail = "La sélection dépasse 1 Gio : choisissez moins de documents à la fois."
        raise invalid("body", "/document_ids", "too-large", detail)
    return items


def _at(index: int, refused: Problem, code: str, detail: str) -> Problem:
    return problem(refused.code, Fault("body", f"/document_ids/{index}", code, detail))


async def _members(call: Call, items: Sequence[DocumentItem]) -> list[Member]:
    names: Any = await call.opened([item.name_sealed for item in items])
    return [
        Member(name, item.deposited_on, item.size_bytes, partial(opened_bytes, call, item.document_id))
        for item, name in zip(items, names_of(name or "" for name in names), strict=True)
    ]


def _prove(call: Call, items: Sequence[DocumentItem]) -> None:
    for item in items:
        deque(opened_bytes(call, item.document_id, 0, 1), maxlen=0)
