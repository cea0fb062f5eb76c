"""How generated files are written: the import reads every style alike."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.importer.cells import MANY
from gateway.importer.kinds import Kind


@dataclass(frozen=True, slots=True)
class Style:
    """`french`: dates as 01/09/2022 and amounts as 87 518,50; else 2022-09-01 and 87518.50."""

    encoding: str = "utf-8"
    delimiter: str = ";"
    french: bool = True

    def day(self, day: date) -> str:
        return f"{day:%d/%m/%Y}" if self.french else day.isoformat()

    def amount(self, cents: int) -> str:
        euros, rest = divmod(cents, 100)
        return f"{euros:,}".replace(",", " ") + f",{rest:02d}" if self.french else f"{euros}.{rest:02d}"

    def cell(self, value: object) -> str:
        """A value that is no amount."""
        match value:
            case None:
                return ""
            case date():
                return self.day(value)
            case StrEnum():
                return value.value
            case tuple():
                return MANY.join(map(self.cell, value))
            case _:
                return str(value)


class Sheet:
    """One CSV file of a kind, written row by row. `amounts` are the columns that hold cents."""

    def __init__(self, directory: Path, kind: Kind, style: Style, *, amounts: Iterable[str] = ()) -> None:
        self._columns = [column.name for column in kind.columns]
        self._amounts = frozenset(amounts)
        self._style = style
        self._file = (directory / f"{kind.name}.csv").open("w", encoding=style.encoding, newline="")
        self._writer = csv.writer(self._file, delimiter=style.delimiter, lineterminator="\r\n")
        self._writer.writerow(self._columns)
        self.rows = 0

    def write(self, values: Mapping[str, object]) -> None:
        self._writer.writerow([self._cell(column, values.get(column)) for column in self._columns])
        self.rows += 1

    def _cell(self, column: str, value: object) -> str:
        return (
            self._style.amount(value) if column in self._amounts and isinstance(value, int) else self._style.cell(value)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
