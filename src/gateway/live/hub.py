"""All who listen in this process, by what they may hear of: one event is looked at once, however many they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.api.problems import problem, too_many
from gateway.auth.caller import Caller
from gateway.live.listener import Listener, Place, Reason
from projections.audience import Concern

FULL_SECONDS: Final = 30
ENOUGH_SECONDS: Final = 10


class Hub:
    """Used on one event loop. `position` is up to where everybody has been told; None while nobody listens."""

    def __init__(self, *, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._listeners: dict[Listener, frozenset[Place]] = {}
        self._places: dict[Place, set[Listener]] = {}
        self._everywhere: set[Listener] = set()
        self._closed = False
        self.position: int | None = None

    def __len__(self) -> int:
        return len(self._listeners)

    @property
    def listeners(self) -> list[Listener]:
        return list(self._listeners)

    def join(self, listener: Listener, *, at: int) -> int:
        """Let them listen, and say from which position on; `at` is where the read models stand, for the first one.

        Raises Problem: `too-many-attempts` where the account listens often enough, `unavailable` where the process has
        all that it takes, or stops. Both say when to come back.
        """
        if self._closed or len(self._listeners) >= self._most:
            raise problem("unavailable", headers={"Retry-After": str(FULL_SECONDS)})
        account_id = listener.caller.account_id
        if sum(each.caller.account_id == account_id for each in self._listeners) >= self._most_of_one:
            raise too_many(ENOUGH_SECONDS)
        self._listeners[listener] = frozenset()
        self._place(listener)
        self.position = at if self.position is None else self.position
        return self.position

    def leave(self, listener: Listener) -> None:
        self._unplace(listener)
        self._listeners.pop(listener, None)
        if not self._listeners:
            self.position = None

    def revise(self, listener: Listener, caller: Caller) -> None:
        """What they may hear of has changed, or may have."""
        listener.caller = caller
        self._unplace(listener)
        self._place(listener)

    def publish(self, concerns: Iterable[Concern], upto: int) -> None:
        """Tell each of them what is theirs to hear. Nothing is waited for."""
        for concern in concerns:
            for listener in self.hearing(concern):
                listener.tell(concern)
        if self._listeners:
            self.position = upto

    def hearing(self, concern: Concern) -> set[Listener]:
        """Those whose business it is."""
        found = set(self._everywhere)
        for menu in concern.menus:
            for establishment_id in concern.audience:
                found |= self._places.get((menu, establishment_id), set())
        return found

    def close(self, reason: Reason = "stopping") -> None:
        """Nobody listens from here on: those who do are told, and go."""
        self._closed = True
        for listener in self._listeners:
            listener.end(reason)

    def _place(self, listener: Listener) -> None:
        places = listener.places
        self._listeners[listener] = places
        if listener.hears_all:
            self._everywhere.add(listener)
        for place in places:
            self._places.setdefault(place, set()).add(listener)

    def _unplace(self, listener: Listener) -> None:
        self._everywhere.discard(listener)
        for place in self._listeners.get(listener, frozenset()):
            there = self._places[place]
            there.discard(listener)
            if not there:
                del self._places[place]
