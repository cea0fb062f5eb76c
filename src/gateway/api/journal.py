"""The security journal, for operators and auditors. To search it is journalled as well."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.api.bodies import json_object, parse
from gateway.api.client import facts
from gateway.api.described import body
from gateway.api.orders import refuse_parameters
from gateway.api.params import MAX_LIMIT
from gateway.api.reading import JSON, Call, Calling
from gateway.journal.journal import Kind, note
from gateway.journal.reading import Line, Sought, page, statement
from gateway.journal.words import KIND_LABELS
from ledger.log.database import Role

router: Final = APIRouter(prefix="/v1/journal", tags=["journal"])
_EXAMPLE: Final = {"kind": "sign-in", "outcome": "refused", "since": "2026-11-01", "limit": 50}


class JournalEntry(BaseModel):
    """One line. `account_id` is whom it is about, `actor_id` who did it. `facts` holds ids, codes and figures."""

    entry_id: UUID
    at: datetime
    kind: str
    kind_label: str
    outcome: str
    account_id: UUID | None
    actor_id: UUID | None
    target_id: UUID | None
    address: str | None
    correlation_id: UUID | None
    facts: dict[str, str | int | bool]


class JournalPage(BaseModel):
    """A page of lines, newest first. They are not counted: a journal has no end that anybody needs to know."""

    items: list[JournalEntry]
    next_cursor: str | None


class JournalParams(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Kind | None = None
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(default=None, max_length=500)


class JournalSearch(BaseModel):
    """An address is personal: it stands in the body, never in a URL. Days are Paris', both included."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Kind | None = None
    outcome: str | None = Field(default=None, pattern=r"^[a-z0-9-]{1,40}$")
    account_id: UUID | None = None
    actor_id: UUID | None = None
    target_id: UUID | None = None
    address: str | None = Field(default=None, min_length=1, max_length=60)
    since: date | None = None
    until: date | None = None
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(default=None, max_length=500)


@router.get("", operation_id="list_journal", summary="Le journal de sécurité", response_model=JournalPage)
async def list_journal(call: Calling, params: Annotated[JournalParams, Query()]) -> Response:
    return await _answered(call, JournalSearch(**params.model_dump()), "listed")


@router.post(
    "/search",
    operation_id="search_journal",
    summary="Chercher dans le journal de sécurité",
    response_model=JournalPage,
    openapi_extra=body(JournalSearch, _EXAMPLE),
)
async def search_journal(call: Calling, request: Request) -> Response:
    refuse_parameters(request)
    return await _answered(call, parse(JournalSearch, await json_object(request)), "searched")


async def _answered(call: Call, asked: JournalSearch, outcome: str) -> Response:
    sought = Sought(**asked.model_dump(exclude={"limit", "cursor"}))
    question, values = statement(sought, limit=asked.limit, cursor=asked.cursor)
    async with call.service.queries.transaction(Role.AUTH) as connection:
        rows = await (await connection.execute(question, values)).fetchall()
    found = page(rows, asked.limit)
    if asked.cursor is None:  # the pages after the first are of the same question
        await note(
            call.service,
            "journal",
            outcome,
            account_id=asked.account_id,
            actor_id=call.caller.account_id,
            request=facts(call.request),
            about=asked.kind or "all",
        )
    shown = JournalPage(items=[_shown(line) for line in found.items], next_cursor=found.next_cursor)
    return Response(shown.model_dump_json(), media_type=JSON)


def _shown(line: Line) -> JournalEntry:
    return JournalEntry(**vars(line), kind_label=KIND_LABELS.get(line.kind, line.kind))
