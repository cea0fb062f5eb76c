"""A process's deposits, each from its first byte to its event; `docs/vault.md` tells what a cut leaves at each step.

Always in this order: key, draft, inspection, the same bytes?, the right again, scan, intent, store, event, whole lock.
Nothing before the event counts, and nothing after it can be lost.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Protocol
from uuid import UUID

import anyio
from fastapi import Request
from starlette.concurrency import run_in_threadpool

from gateway.journal.journal import note
from gateway.service import Service
from gateway.vault.faults import TooManyDeposits, TooSlow
from gateway.vault.steps import Asked, By, Concluded, Deposit, New, limit_of
from ledger.application import IdempotencyKey
from ledger.document.commands import RecordDeposit
from ledger.kit.errors import Refusal
from ledger.kit.ids import uuid7
from ledger.vault.draft import SLAB_BYTES, Draft
from ledger.vault.inspection import DocumentInfected

__all__ = ["Asked", "Concluded", "Deposits", "limit_of"]

DEPOSITS_AT_ONCE: Final = 8
"""How many drafts a process has at a time: each takes some mebibytes of memory, and a thread at its end."""

ACCOUNT_DEPOSITS_AT_ONCE: Final = 4
"""How many of them one account may have: who sends slowly, and many at a time, keeps nobody else from depositing."""

PATIENCE_SECONDS: Final = 10.0
"""How long one more deposit waits for its place; nothing of it is read meanwhile."""

SLOW_SECONDS: Final = 60.0
SLOW_BYTES: Final = 480 * 1024
LONGEST_SECONDS: Final = 3_600.0
"""Who sends less than SLOW_BYTES in SLOW_SECONDS (8 KiB/s), or takes longer than an hour, holds others' places."""

_LOOK_SECONDS: Final = 0.05
_EVENTS_AT_ONCE: Final = 3  # each holds a connection of the pool of eight, and needs another one


class Upload(Protocol):
    """A file on its way in."""

    def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes as they come; whatever it raises, the deposit is dropped."""


class Deposits:
    """The deposits of one process; `of` gives them to a route. `told` hears how each `RecordDeposit` ended."""

    def __init__(self, service: Service, told: Callable[[str, str], object] = lambda _command, _end: None) -> None:
        self._service = service
        self._told = told
        self._drafts: list[tuple[UUID, Draft]] = []
        self._opening: list[UUID] = []
        self._recording = threading.BoundedSemaphore(_EVENTS_AT_ONCE)

    @classmethod
    def of(cls, request: Request) -> Deposits:
        """The process's own, made when it starts."""
        deposits: Deposits = request.app.state.deposits
        return deposits

    async def receive(self, upload: Upload, *, actor: UUID, limit_bytes: int) -> Draft:
        """The file as a finished draft, sealed as it came from this account. The caller concludes it, or drops it.

        Invalid, at `file`, over the limit; TooManyDeposits, before a byte is read; TooSlow; StoreUnavailable. What
        `upload` raises comes through, with nothing kept.
        """
        draft = await self._open(actor, limit_bytes)
        try:
            with anyio.fail_after(LONGEST_SECONDS):
                await _fill(draft, upload)
        except TimeoutError:
            await _dropped(draft)
            raise TooSlow from None
        except BaseException:
            await _dropped(draft)
            raise
        return draft

    async def conclude(
        self,
        draft: Draft,
        asked: Asked,
        *,
        actor: UUID,
        key: IdempotencyKey | None,
        correlation_id: UUID,
        allowed: Callable[[], Awaitable[object]] | None = None,
    ) -> Concluded:
        """Have a draft looked at, stored and recorded; it is dropped however this ends.

        With no key the content is the key: the same bytes, handed in by the same side as the same thing, are the first
        document (but one that was withdrawn or erased). `allowed` raises where the right has ended meanwhile: the body
        may have taken an hour. Raises Refusal (Invalid at `file` or at a field, DocumentInfected), StoreUnavailable.
        """
        deposit = Deposit(self._service, self._recording, draft, asked, By(actor, correlation_id))
        try:
            return await self._concluded(deposit, key, allowed)
        except Refusal as refusal:
            if isinstance(refusal, DocumentInfected):
                # Who sent it, and no more: nothing is kept of the file, and the log of the process names the threat.
                await note(self._service, "refusal", refusal.code, account_id=actor, category=asked.category)
            self._told(RecordDeposit.__name__, refusal.code)
            raise
        finally:
            await _dropped(draft)

    async def _concluded(
        self, deposit: Deposit, key: IdempotencyKey | None, allowed: Callable[[], Awaitable[object]] | None
    ) -> Concluded:
        looked = await run_in_threadpool(deposit.look, key)
        if allowed is not None:
            await allowed()
        if isinstance(looked, New):
            looked = await run_in_threadpool(deposit.store, looked)
        self._told(RecordDeposit.__name__, "replayed" if looked.already else "recorded")
        return looked

    async def _open(self, actor: UUID, limit_bytes: int) -> Draft:
        await self._place(actor)
        self._opening.append(actor)
        try:
            draft = await run_in_threadpool(self._service.vault.draft, uuid7(), limit_bytes=limit_bytes)
            self._drafts.append((actor, draft))
        finally:
            self._opening.remove(actor)
        return draft

    async def _place(self, actor: UUID) -> None:
        """Wait until there is one for this account. It is free once its draft is dropped, whoever did it."""
        with anyio.move_on_after(PATIENCE_SECONDS):
            while not self._has_place(actor):
                # Drafts are dropped by threads: nothing tells of it.
                await anyio.sleep(_LOOK_SECONDS)
                self._drafts = [(holder, draft) for holder, draft in self._drafts if not draft.is_dropped]
            return
        raise TooManyDeposits

    def _has_place(self, actor: UUID) -> bool:
        holders = [*(holder for holder, _ in self._drafts), *self._opening]
        return len(holders) < DEPOSITS_AT_ONCE and holders.count(actor) < ACCOUNT_DEPOSITS_AT_ONCE


async def _fill(draft: Draft, upload: Upload) -> None:
    """Some pieces at a time go to a thread, which seals and writes them. TimeoutError where too few come."""
    held, since = bytearray(), 0
    with anyio.fail_after(SLOW_SECONDS) as patience:
        async for piece in upload.pieces():
            held += piece
            since += len(piece)
            if len(held) >= SLAB_BYTES:
                await run_in_threadpool(draft.write, held)
                held = bytearray()
            if since >= SLOW_BYTES:
                patience.deadline, since = anyio.current_time() + SLOW_SECONDS, 0
    await run_in_threadpool(draft.write, held)
    await run_in_threadpool(draft.finish)


async def _dropped(draft: Draft) -> None:
    """Also where the request was cancelled: a file would be left else."""
    with anyio.CancelScope(shield=True):
        await run_in_threadpool(draft.drop)
