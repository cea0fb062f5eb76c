"""The master key's file and those beside it: the next one, made ready for a rotation, and the retired ones.

`master.key` is the one in use, `master.key.next` the one that a rotation will use, `master.key.<epoch>` one that a
rotation has retired: it is kept for as long as a backup of the keys needs it, and no longer.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from ledger.kit.durable import sync
from ledger.kit.master_key import MasterKey, MasterKeyFault


@dataclass(frozen=True, slots=True)
class MasterKeyFiles:
    """The files of one deployment on this machine. Every machine that runs it has the same ones."""

    current: Path

    @property
    def next(self) -> Path:
        return self.current.with_name(f"{self.current.name}.next")

    def retired(self, epoch: int) -> Path:
        return self.current.with_name(f"{self.current.name}.{epoch}")

    def make_next(self) -> MasterKey:
        """A new key of the next epoch, in its file; FileExistsError where one is waiting already."""
        return MasterKey.create(self.next, MasterKey.from_file(self.current).epoch + 1)

    def beside(self) -> list[MasterKey]:
        """Every key that is there now: read anew each time, since a rotation puts them in place while processes run."""
        while True:
            # A rotation may rename them between the listing and the reading: what was read holds if nothing has moved.
            with contextlib.suppress(FileNotFoundError):
                there = self._there()
                keys = [MasterKey.from_file(path) for path in there]
                if self._there() == there:
                    return keys

    def _there(self) -> dict[Path, int]:
        """The files of keys, and which file each is."""
        found = self.current.parent.glob(f"{self.current.name}*")
        return {
            path: path.stat().st_ino for path in found if path in {self.current, self.next} or path.suffix[1:].isdigit()
        }

    def move_on(self) -> None:
        """The next key becomes the one in use, the one before is kept as retired. May be repeated after a crash."""
        if not self.next.exists():
            return
        coming = MasterKey.from_file(self.next)
        before = MasterKey.from_file(self.current)
        if before.epoch >= coming.epoch:
            raise MasterKeyFault(f"{self.next} is of epoch {coming.epoch}, and {self.current} of {before.epoch}")
        kept = self.retired(before.epoch)
        if not kept.exists():
            kept.hardlink_to(self.current)
        # One step: at no moment is there no master key in use.
        self.next.rename(self.current)
        sync(self.current.parent)
