"""Live update: what has changed in the caller's sight, told as it happens (row O25: for as long as the right lasts)."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from gateway.api.authentication import action_of, presented
from gateway.api.problems import invalid
from gateway.api.reading import Calling
from gateway.live.listener import Listener
from gateway.live.live import Live
from gateway.live.stream import MEDIA_TYPE, MOST_SECONDS, EventStream

router: Final = APIRouter(prefix="/v1", tags=["changes"])
HEADER: Final = "Last-Event-ID"
_POSITION: Final = re.compile(r"\d{1,18}", re.ASCII)
_EXAMPLE: Final = (
    "retry: 5000\n\nid: 1204\n\n"
    'id: 1207\nevent: change\ndata: {"dossiers":["01890a5d-ac96-774b-bcce-b302099a8057"],"transfers":[]}\n\n'
)


class ChangesParams(BaseModel):
    """`max_seconds`: how long to listen at most; 0 answers what has changed since, and ends."""

    model_config = ConfigDict(extra="forbid")

    max_seconds: Annotated[int, Field(ge=0, le=MOST_SECONDS)] = MOST_SECONDS


@router.get(
    "/changes",
    operation_id="follow_changes",
    summary="Suivre ce qui change",
    response_class=StreamingResponse,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE}}}},
)
async def follow_changes(
    call: Calling,
    params: Annotated[ChangesParams, Query()],
    last_event_id: Annotated[str, Header(alias=HEADER)] = "",
) -> Response:
    """The ids of dossiers and transfers that changed in the caller's sight, as server-sent events (docs/api.md)."""
    request = call.request
    shown = presented(request)
    live: Live = request.app.state.live
    listener = Listener(call.caller, shown.secret if shown else "", action_of(request))
    return EventStream(
        live, listener, request.app.state.metrics, since=_position(last_event_id), seconds=params.max_seconds
    )


def _position(text: str) -> int | None:
    """The position that a client says it knows; a browser that knows none sends nothing, or nothing in it."""
    if not text:
        return None
    if not _POSITION.fullmatch(text):
        raise invalid("header", f"/{HEADER}", "position", "Cet identifiant n'est pas une position du journal.")
    return int(text)
