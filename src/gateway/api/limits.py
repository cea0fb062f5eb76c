"""How much a request may send, and how often an account may ask for what costs much.

What is sent is counted as it comes in: a Content-Length is a claim, not a measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from gateway.api.client import facts
from gateway.api.problems import problem, too_many
from gateway.auth.caller import Caller
from gateway.auth.limits import (
    ARCHIVE,
    DEPOSIT,
    DOWNLOAD,
    MAIL_RECIPIENT,
    MAIL_SENDER,
    SEARCH,
    STREAM,
    Allowance,
    spend,
)
from gateway.journal.journal import THROTTLED, note
from gateway.service import Service

_SEARCHES: Final = "search_"
_COSTLY: Final[Mapping[str, Allowance]] = {
    "get_document_content": DOWNLOAD,
    "archive_documents": ARCHIVE,
    "get_document_receipt": DOWNLOAD,
    "get_document_preview": DOWNLOAD,
    "get_document_preview_page": DOWNLOAD,
    "deposit_piece": DEPOSIT,
    "follow_changes": STREAM,
}


class Limited:
    """A `receive` that refuses the byte that goes over `limit_bytes`; routes that take files raise their own limit."""

    def __init__(self, receive: Receive, scope: Scope, limit_bytes: int) -> None:
        self._receive = receive
        self._claimed = _content_length(scope)
        self.limit_bytes = limit_bytes
        self.received_bytes = 0

    async def __call__(self) -> Message:
        if self._claimed > self.limit_bytes:
            raise problem("too-large")
        message = await self._receive()
        if message["type"] == "http.request":
            self.received_bytes += len(message.get("body", b""))
            if self.received_bytes > self.limit_bytes:
                raise problem("too-large")
        return message


async def charge(request: Request, caller: Caller, action: str) -> None:
    """Take one search, download, deposit or stream of the account's; 429 where none is left now. All else is free."""
    allowance = SEARCH if action.startswith(_SEARCHES) else _COSTLY.get(action)
    if allowance is None:
        return
    service: Service = request.app.state.service
    wait = await spend(service, allowance, str(caller.account_id))
    if wait:
        await note(service, "refusal", THROTTLED, account_id=caller.account_id, request=facts(request), action=action)
        raise too_many(wait)


async def spare_mailboxes(request: Request, account_id: UUID, recipient: str) -> None:
    """A mail that `account_id` is about to have sent to `recipient`; 429 where either has had enough for now."""
    service: Service = request.app.state.service
    for allowance, whose in ((MAIL_SENDER, str(account_id)), (MAIL_RECIPIENT, recipient)):
        wait = await spend(service, allowance, whose)
        if wait:
            await note(
                service, "refusal", THROTTLED, account_id=account_id, request=facts(request), about=allowance.kind
            )
            raise too_many(wait)


def _content_length(scope: Scope) -> int:
    text = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(text) if text.isdigit() and len(text) < 20 else 0
