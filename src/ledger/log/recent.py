"""What this process has appended lately, by which some refusals are known without asking PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ledger.log.appending import Append
from ledger.log.refusals import GuardBroken, KeyUsed, StreamConflict

SIZE: Final = 50_000  # streams and keys remembered


class Recent:
    """The version of each stream, and the idempotency keys. A hint, no more."""

    def __init__(self) -> None:
        self._versions: dict[object, int] = {}
        self._keys: set[bytes] = set()

    def add(self, unit: Sequence[Append]) -> None:
        if len(self._versions) + len(self._keys) > SIZE:
            self._versions.clear()
            self._keys.clear()
        for append in unit:
            for event in append.events:
                self._versions[event.originator_id] = event.originator_version
            if append.key is not None:
                self._keys.add(append.key.digest)

    def refusal(self, unit: Sequence[Append]) -> BaseException | None:
        """How the log is going to refuse the unit, where that is certain: nothing that was written goes away."""
        version = self._versions.get
        for index, append in enumerate(unit):
            if append.key is not None and append.key.digest in self._keys:
                return KeyUsed(index, "idempotency key used")
            for event in append.events:
                if event.originator_version <= version(event.originator_id, -1):
                    return StreamConflict("a stream has this version already")
            for guard in append.guards:
                if guard.version < version(guard.stream_id, -1):
                    return GuardBroken(index, "guard broken")
        return None
