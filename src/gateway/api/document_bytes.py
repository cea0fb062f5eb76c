"""A document's bytes on their way out: journalled before the first, verified each before it is sent.

What is found damaged or absent is told to the operator (log, figure, alert) with the document's id and nothing else,
and to whoever asked as the problem `document-damaged`; or, where the answer has begun, by cutting it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal
from uuid import UUID

import structlog
from starlette.concurrency import run_in_threadpool

from gateway.api.client import facts
from gateway.api.metrics import Metrics
from gateway.api.problems import AnswerCut, Problem, problem
from gateway.api.reading import Call
from gateway.journal.journal import Entry, Fact, note_each
from ledger.kit.keyring import Damaged
from ledger.vault.store import NotStored

Access = Literal["downloaded", "previewed", "archived", "receipt"]
FAULTS: Final = (Damaged, NotStored)
"""What the vault raises where a document is not as it was deposited; `StoreUnavailable` is the envelope's to answer."""

_log: Final = structlog.get_logger("gateway.documents")


class DocumentCut(AnswerCut):
    """A document that was being sent is damaged further on."""


async def note_access(call: Call, document_ids: Iterable[UUID], outcome: Access, **said: Fact) -> None:
    """A line of the access log for each document, before a byte of any is sent."""
    account_id = call.caller.account_id
    entries = [Entry("document", outcome, account_id, account_id, document_id, said) for document_id in document_ids]
    await note_each(call.service, entries, request=facts(call.request))


async def read_bytes(call: Call, document_id: UUID, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The clear bytes of a range, for a thread to go through.

    Raises the problem `document-damaged` where that is known at once, DocumentErased and StoreUnavailable; what it
    gives raises DocumentCut where damage is met on the way.
    """
    return await run_in_threadpool(opened_bytes, call, document_id, start, end)


def opened_bytes(call: Call, document_id: UUID, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """As `read_bytes`, in a thread already."""
    try:
        chunks = call.service.vault.read(document_id, start, end)
    except FAULTS as fault:
        raise damaged(call, document_id, fault) from None
    return _watched(call, document_id, chunks)


def damaged(call: Call, document_id: UUID, fault: Exception) -> Problem:
    """Tell the operator of what the vault found; the problem that answers it."""
    kind: Literal["damaged", "absent"] = "absent" if isinstance(fault, NotStored) else "damaged"
    metrics: Metrics = call.request.app.state.metrics
    metrics.vault_fault(kind)
    correlation_id = str(call.request.state.correlation_id)
    _log.error("a document is damaged", document_id=str(document_id), fault=kind, correlation_id=correlation_id)
    return problem("document-damaged")


def _watched(call: Call, document_id: UUID, chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    except FAULTS as fault:
        damaged(call, document_id, fault)
        raise DocumentCut from None
