"""What came of an import: a line of CSV for each refused line, and counts by kind."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.importer.sources import Source, Unusable
from ledger.application import Outcome

HEADER: Final = ("file", "line", "field", "rule")

EXIT_ALL_IMPORTED: Final = 0
EXIT_UNUSABLE: Final = 2
EXIT_SOME_REFUSED: Final = 3


@dataclass(slots=True)
class Tally:
    """Lines of one kind. `read` is the sum of the three others, once the import is over."""

    read: int = 0
    imported: int = 0
    already_there: int = 0
    refused: int = 0

    def accept(self, outcome: Outcome, lines: int) -> None:
        """Count the lines of an accepted order."""
        if outcome.replayed:
            self.already_there += lines
        else:
            self.imported += lines


@dataclass(slots=True)
class Summary:
    """`tallies` by kind, in the order of the import. `held_lots` are not released: lines of theirs are refused."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    unusable: list[Unusable] = field(default_factory=list)
    held_lots: list[str] = field(default_factory=list)

    def tally(self, kind: str) -> Tally:
        return self.tallies.setdefault(kind, Tally())

    @property
    def refused(self) -> int:
        return sum(tally.refused for tally in self.tallies.values())

    @property
    def exit_code(self) -> int:
        """0: nothing refused; 2: a file cannot be used, nothing was imported; 3: some lines were refused."""
        if self.unusable:
            return EXIT_UNUSABLE
        return EXIT_SOME_REFUSED if self.refused or self.held_lots else EXIT_ALL_IMPORTED


class Report:
    """The file of refused lines: `file;line;field;rule`, UTF-8. It never holds a value of the line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, delimiter=";", lineterminator="\n")
        self._writer.writerow(HEADER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def refused(self, source: Source, line: int, faults: Iterable[tuple[str, str]]) -> None:
        """A line may break several rules: each has its own row."""
        self._writer.writerows((source.path.name, line, column, rule) for column, rule in faults)
        self._file.flush()

    def unusable(self, reason: Unusable) -> None:
        self._writer.writerow((reason.path.name, 1, "", reason.rule))
