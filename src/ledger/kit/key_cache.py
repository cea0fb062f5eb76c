"""Unwrapped keys held in memory for a while: bounded in number (LRU) and in time, so that an erasure made by another
process takes hold here as well.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Held(NamedTuple):
    """A subject's key, ready for use; None where it was destroyed. `bound` is the associated data of its boxes."""

    key: bytes | None
    cipher: AESGCM | None
    bound: bytes
    until: float

    @classmethod
    def of(cls, subject: UUID, key: bytes | None, until: float) -> Held:
        return cls(key, AESGCM(key) if key else None, subject.bytes, until)


class KeyCache:
    """Thread-safe. Absent keys are not remembered: a key restored or made elsewhere must be found at once."""

    def __init__(self, size: int, ttl_seconds: float) -> None:
        self._size = size
        self._ttl_seconds = ttl_seconds
        self._held: OrderedDict[UUID, Held] = OrderedDict()
        self._lock = threading.Lock()

    def deadline(self) -> float:
        """Until when a key may be used that is read from now on: taken before the reading, never after."""
        return time.monotonic() + self._ttl_seconds

    def get(self, subject: UUID) -> Held | None:
        with self._lock:
            held = self._held.get(subject)
            if held is None or held.until < time.monotonic():
                return None
            self._held.move_to_end(subject)
            return held

    def put(self, held: Iterable[tuple[UUID, Held]]) -> None:
        with self._lock:
            for subject, new in held:
                # A reader that was slower than an erasure must not bring the key back.
                old = self._held.get(subject)
                self._held[subject] = new if old is None or old.cipher else old._replace(until=new.until)
                self._held.move_to_end(subject)
            while len(self._held) > self._size:
                self._held.popitem(last=False)
