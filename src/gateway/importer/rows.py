"""The lines of a usable file, one at a time: each is a row of values, or a damaged one with what is wrong with it.

A line of the file is a row: a line break within quotes is refused. An unclosed quote therefore spoils its own line, and
never swallows the rest of the file.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from gateway.importer.kinds import Faults
from gateway.importer.sources import Source, physical_lines


@dataclass(frozen=True, slots=True)
class Row:
    """`line` counts from 1, the header being 1."""

    source: Source
    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DamagedRow:
    """`texts`: the cells as written where they could be told apart, else empty."""

    source: Source
    line: int
    faults: Faults
    texts: Mapping[str, str]


def rows(source: Source) -> Iterator[Row | DamagedRow]:
    """Every row of the file, without the blank lines that spreadsheets leave."""
    with source.path.open("rb") as file:
        for line, raw in islice(enumerate(physical_lines(file), start=1), 1, None):
            if raw is None:
                yield _damaged(source, line, "La ligne est trop longue.")
            elif raw.strip(b"\r\n \t;,"):
                yield _row(source, line, raw)


def _row(source: Source, line: int, raw: bytes) -> Row | DamagedRow:
    cells = _cells(source, raw)
    if isinstance(cells, str):
        return _damaged(source, line, cells)
    texts = dict(zip(source.header, cells, strict=True))
    values = source.kind.read(texts)
    if isinstance(values, Faults):
        return DamagedRow(source, line, values, texts)
    return Row(source, line, values)


def _cells(source: Source, raw: bytes) -> list[str] | str:
    """The cells of a line, or the rule that it breaks."""
    if b"\0" in raw:
        return "La ligne contient un caractère nul."
    if not raw.endswith(b"\n"):
        # Its last cell may lack a digit: an amount cut in two looks like another amount.
        return "La dernière ligne n'a pas de fin : le fichier est coupé, ou il lui manque un saut de ligne."
    try:
        text = raw.removeprefix(codecs.BOM_UTF8).decode(source.encoding).rstrip("\r\n")
    except UnicodeDecodeError:
        return "La ligne contient des octets qui ne sont pas des caractères."
    try:
        cells = next(csv.reader([text], delimiter=source.delimiter, strict=True))
    except csv.Error:
        return "La ligne a un guillemet mal placé ou qui n'est pas refermé sur la même ligne."
    if len(cells) != len(source.header):
        return f"La ligne a {len(cells)} colonnes au lieu de {len(source.header)}."
    return cells


def _damaged(source: Source, line: int, rule: str) -> DamagedRow:
    return DamagedRow(source, line, Faults((("", rule),)), {})
