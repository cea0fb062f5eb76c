"""A ZIP of several documents, made as it is sent: nothing of it is held but the piece that is on its way.

Members are stored, not compressed: PDFs and pictures are compressed already. What cannot be read to its end is never
given an end: without the directory that closes a ZIP, no tool takes it for whole.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple
from zipfile import ZIP_STORED, ZipFile, ZipInfo

MOST: Final = 100
MOST_BYTES: Final = 1 << 30
_LONGEST_BYTES: Final = 180  # of 255 that file systems allow: extracting adds a directory, « (2) » a few
_UNSAFE: Final = re.compile(r'[\\/:*?"<>|]')
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|(com|lpt)[\d¹²³])(\.|$)", re.IGNORECASE)  # names that Windows keeps
_FIRST_DAY, _LAST_DAY = date(1980, 1, 1), date(2107, 12, 31)  # of a ZIP's calendar; papers may be older
# What a member costs beside its name and bytes: its own header, the descriptor after it, its line in the directory.
_PER_MEMBER: Final = 30 + 16 + 46
_END: Final = 22


class Member(NamedTuple):
    """One file of an archive. `open` is asked when its turn comes, and gives `size` bytes."""

    name: str
    day: date
    size: int
    open: Callable[[], Iterator[bytes]]


def archive(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of the archive. What opening or reading a member raises goes through, and nothing comes after it."""
    outlet = _Outlet()
    with ZipFile(outlet, "w", ZIP_STORED) as made:
        for member in members:
            day = min(max(member.day, _FIRST_DAY), _LAST_DAY)
            entry = ZipInfo(member.name, (day.year, day.month, day.day, 0, 0, 0))
            entry.file_size = member.size
            entry.external_attr = 0o600 << 16
            with made.open(entry, "w") as file:
                for piece in member.open():
                    file.write(piece)
                    yield outlet.taken()
    yield outlet.taken()


def size_of(members: Sequence[Member]) -> int:
    """How many bytes `archive` gives in all."""
    names = sum(2 * len(member.name.encode()) for member in members)
    return names + sum(member.size + _PER_MEMBER for member in members) + _END


def names_of(wanted: Iterable[str]) -> list[str]:
    """A name for each member, in order: safe on any file system, and no two that one of them would take for the same.

    The second « nom.pdf » is « nom (2).pdf ».
    """
    taken: set[str] = set()
    return [_unique(_safe(name), taken) for name in wanted]


def _safe(name: str) -> str:
    shown = "".join(each for each in unicodedata.normalize("NFC", name) if unicodedata.category(each)[0] != "C")
    stem, suffix = _parts(_UNSAFE.sub("_", shown).strip(" ."))
    while len((stem + suffix).encode()) > _LONGEST_BYTES:
        stem = stem[:-1]
    safe = (stem.strip(" .") or "document") + suffix
    return f"_{safe}" if _DEVICES.match(safe) else safe


def _unique(name: str, taken: set[str]) -> str:
    stem, suffix = _parts(name)
    number, found = 1, name
    while (key := found.casefold()) in taken:
        number += 1
        found = f"{stem} ({number}){suffix}"
    taken.add(key)
    return found


def _parts(name: str) -> tuple[str, str]:
    """The name and its ending, with the dot; an ending is short, or it is none."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem and 0 < len(suffix) <= 8 else (name, "")


class _Outlet(io.RawIOBase):
    """What is written is taken away again: it cannot be gone back in, which `zipfile` finds out by asking `tell`."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        before = len(self._held)
        self._held += memoryview(data)  # type: ignore[arg-type]  # any buffer, as `RawIOBase` has it
        return len(self._held) - before

    def taken(self) -> bytes:
        taken = bytes(self._held)
        self._held.clear()
        return taken
