"""A dossier's history: each event that concerns it, in the order of the log. Nothing in it is personal.

It is read from the log itself, after the read model has said that the caller may see the dossier.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.api.codes import ROLE_LABELS, SYSTEM, Coded, coded
from gateway.api.params import PageParams
from gateway.api.reading import Call, Calling, Read
from gateway.audit.replay import roles_of
from gateway.labels import event_label
from ledger.account.events import Role as AccountRole
from ledger.document.events import TRANSMITTED, DocumentAnalysed, DocumentDeposited, DocumentWithdrawn, Side
from ledger.log.database import Role
from ledger.log.reader import head, read_dossier
from ledger.log.recorded import Recorded
from projections.audience import OF_THE_FUND
from projections.document.projector import SHARED
from projections.dossier.queries import check_visible
from projections.page import read_cursor, write_cursor

router: Final = APIRouter(prefix="/v1/dossiers", tags=["dossiers"])
_ORDER: Final = "history"

_INVOICED: Final = "invoice.received.v1"
_NOUNS: Final = ("document", "invoice", "transfer")


class HistoryEvent(BaseModel):
    """One event. `on` is the paper's date, where it has one; `amount_cents` the part that concerns this dossier; the
    ids are those of the stream that it belongs to, where that is not the dossier. Of a document that is withdrawn, and
    so not there any more for the caller, there is none.
    """

    position: int
    recorded_at: datetime
    on: date | None
    event: str
    label: str
    actor: Coded
    amount_cents: int | None
    document_id: UUID | None
    invoice_id: UUID | None
    transfer_id: UUID | None


class History(BaseModel):
    items: list[HistoryEvent]
    next_cursor: str | None


@router.get(
    "/{dossier_id}/history",
    operation_id="get_dossier_history",
    summary="Historique du dossier",
    response_model=History,
)
async def get_dossier_history(call: Calling, dossier_id: UUID, params: Annotated[PageParams, Query()]) -> Response:
    read = await read_history(call, dossier_id, params)
    return call.answer(read.shown, read.position)


async def read_history(call: Call, dossier_id: UUID, params: PageParams) -> Read[History]:
    """What was done, oldest first. Raises NotFound where the dossier is out of the caller's sight."""
    after = read_cursor(params.cursor, _ORDER, int)
    async with call.reading("dossier", at_least=params.min_position) as reading:
        await check_visible(reading.connection, call.reader, dossier_id)
    events, roles, position = await run_in_threadpool(_read, call, dossier_id)
    begun = after[0] if after else 0
    shown = [each for each in _seen(call, events) if each.position > begun]
    gone = _gone(call, events)
    items = [_event(each, dossier_id, roles, gone) for each in shown[: params.limit]]
    more = len(shown) > params.limit
    cursor = write_cursor(_ORDER, str(items[-1].position)) if more else None
    return Read(History(items=items, next_cursor=cursor), position)


def _read(call: Call, dossier_id: UUID) -> tuple[Sequence[Recorded], Mapping[UUID, str], int]:
    with call.service.database.transaction(Role.AUDITOR) as connection:
        position = head(connection)
        events = read_dossier(connection, dossier_id, upto=position)
        actors = {each.actor for each in events if each.actor is not None}
        return events, roles_of(connection, actors), position


def _seen(call: Call, events: Sequence[Recorded]) -> list[Recorded]:
    """Staff see all. A portal sees neither the fund's own steps, nor the invoices and pieces of other parties."""
    if call.caller.role is not AccountRole.PORTAL:
        return list(events)
    current = [each.current() for each in events]
    others = {each.stream_id for each in current if _is_anothers(call, each)} | _withheld(call, current)
    return [each for each in events if each.name not in OF_THE_FUND and each.stream_id not in others]


def _is_anothers(call: Call, opening: Recorded) -> bool:
    """Of an invoice's or a document's first event: whether it is out of the portal's sight, as in the other tabs."""
    if opening.name == _INVOICED:
        return not call.reader.holds(UUID(opening.data["beneficiary_establishment_id"]))
    if opening.name == DocumentDeposited.NAME and opening.data["category"] not in SHARED:
        return not _holds(call, opening)
    return False


def _withheld(call: Call, events: Sequence[Recorded]) -> set[UUID]:
    """The documents that are not transmitted: not analysed yet, or quarantined. Whoever deposited them knows."""
    deposited = {each.stream_id: each for each in events if each.name == DocumentDeposited.NAME}
    states = {id_: each.data["analysis"] for id_, each in deposited.items()}
    states |= {each.stream_id: each.data["verdict"] for each in events if each.name == DocumentAnalysed.NAME}
    awaited = {id_ for id_ in deposited.keys() & states.keys() if states[id_] not in TRANSMITTED}
    return {id_ for id_ in awaited if deposited[id_].data["side"] == Side.FUND or not _holds(call, deposited[id_])}


def _gone(call: Call, events: Sequence[Recorded]) -> set[str]:
    """The documents that are not there any more for a portal: withdrawn."""
    if call.caller.role is not AccountRole.PORTAL:
        return set()
    return {str(each.stream_id) for each in events if each.name == DocumentWithdrawn.NAME}


def _holds(call: Call, deposited: Recorded) -> bool:
    holder = deposited.data["establishment_id"]
    return holder is not None and call.reader.holds(UUID(holder))


def _event(event: Recorded, dossier_id: UUID, roles: Mapping[UUID, str], gone: Container[str]) -> HistoryEvent:
    streams = {f"{noun}_id": event.stream_id for noun in _NOUNS if event.name.startswith(f"{noun}.")}
    ids = {name: event.data.get(name) for name in ("document_id", "invoice_id", "transfer_id")} | streams
    if str(ids["document_id"]) in gone:
        ids["document_id"] = None
    return HistoryEvent(
        position=event.position,
        recorded_at=event.recorded_at,
        on=event.data.get("on"),
        event=event.name,
        label=event_label(event.name),
        actor=coded(roles.get(event.actor, SYSTEM) if event.actor else SYSTEM, ROLE_LABELS),
        amount_cents=_amount(event.data, str(dossier_id)),
        **ids,
    )


def _amount(data: Mapping[str, Any], dossier_id: str) -> int | None:
    """A transfer's total is nobody's but its beneficiary's: only this dossier's lines are counted."""
    if "lines" in data:
        return sum(int(line["amount_cents"]) for line in data["lines"] if line["dossier_id"] == dossier_id)
    amount: int | None = data.get("amount_cents", data.get("gross_cents", data.get("released_cents")))
    return amount
