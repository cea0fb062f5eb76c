"""One who listens: what has arrived for them and is not sent yet.

What arrives is gathered, not queued: a reader who is slow gets once what changed ten times, and one for whom there is
too much is told to read again. So the memory of each is bounded, whatever the log does.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import UUID

from gateway.auth.caller import Caller
from ledger.account.events import Menu, Role
from projections.audience import Concern, Kind

MOST: Final = 500
"""Things of each kind that one message tells; more is a `reset`."""

Reason = Literal["right-ended", "over", "stopping"]
Place = tuple[Menu, UUID]
"""An establishment, and the entry of its menu through which it is held."""


@dataclass(frozen=True, slots=True)
class News:
    """What is sent at once. `lost`: there was too much to tell; `ended`: nothing follows, and why."""

    dossiers: tuple[UUID, ...] = ()
    transfers: tuple[UUID, ...] = ()
    lost: bool = False
    ended: Reason | None = None


@dataclass(eq=False)
class Listener:
    """`since` is the position up to which they know all; `told` counts what was theirs to hear."""

    caller: Caller
    secret: str = field(repr=False)
    action: str
    since: int = 0
    told: int = 0
    _waiting: dict[Kind, dict[UUID, None]] = field(default_factory=lambda: {"dossiers": {}, "transfers": {}})
    _lost: bool = False
    _ended: Reason | None = None
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def hears_all(self) -> bool:
        """The fund's own staff: they see every dossier and transfer."""
        return self.caller.role is not Role.PORTAL

    @property
    def places(self) -> frozenset[Place]:
        """Where something must happen to be theirs to hear."""
        if self.hears_all:
            return frozenset()
        return frozenset((menu, place) for menu in self.caller.menus for place in self.caller.scope_of(menu))

    @property
    def ended(self) -> bool:
        return self._ended is not None

    def tell(self, concern: Concern) -> None:
        """It is theirs to hear; what they know already is passed over."""
        if concern.position <= self.since:
            return
        self.told += 1
        waiting = self._waiting[concern.kind]
        waiting[concern.id] = None
        if len(waiting) > MOST:
            self.lose()
        self._woken.set()

    def lose(self) -> None:
        """More has happened than can be told."""
        self._lost = True
        self._woken.set()
        for waiting in self._waiting.values():
            waiting.clear()

    def end(self, reason: Reason) -> None:
        self._ended = self._ended or reason
        self._woken.set()

    async def news(self, seconds: float) -> News:
        """What has arrived, as soon as something has; empty after so many `seconds` without anything."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        return self._taken()

    def _taken(self) -> News:
        self._woken.clear()
        dossiers, transfers = (tuple(self._waiting[kind]) for kind in ("dossiers", "transfers"))
        # Whose right has ended is told nothing more, not even what happened before.
        silent = self._lost or self._ended == "right-ended"
        news = News(() if silent else dossiers, () if silent else transfers, self._lost, self._ended)
        self._lost = False
        for waiting in self._waiting.values():
            waiting.clear()
        return news
