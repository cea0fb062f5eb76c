"""Import files as they come: which kind, which encoding, which delimiter; and files that cannot be used at all.

Every file is looked at whole before the first line is imported, so that an unusable one is known before anything is
written. Memory stays constant whatever the size.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from gateway.importer.kinds import KINDS, Kind

LONGEST_LINE: Final = 64 * 1024
"""Bytes. A longer line is refused rather than held."""

_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Unusable(Exception):
    """The file cannot be imported. `rule` is French, and quotes nothing of the file: it may have no header at all."""

    def __init__(self, path: Path, rule: str) -> None:
        self.path = path
        self.rule = rule
        super().__init__(rule)


@dataclass(frozen=True, slots=True)
class Source:
    """One usable file. `header` names the kind's columns in the file's order; `lines` counts those after it."""

    path: Path
    kind: Kind
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    lines: int


def find_sources(paths: Iterable[Path], *, report: Path | None = None) -> tuple[list[Source], list[Unusable]]:
    """The files to import in the order of their kinds, whatever order was given, and the unusable ones.

    A directory stands for the `.csv` files in it, but for the `report` of an earlier import. Files of one kind keep the
    order of their names.
    """
    sources, unusable = [], []
    for path in dict.fromkeys(_files(paths, report)):
        try:
            sources.append(examine(path))
        except Unusable as reason:
            unusable.append(reason)
    sources.sort(key=lambda source: (KINDS.index(source.kind), source.path.name))
    return sources, unusable


def _files(paths: Iterable[Path], report: Path | None) -> Iterator[Path]:
    left_out = report.resolve() if report else None
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        files = [child for child in path.iterdir() if child.suffix.lower() == ".csv" and child.is_file()]
        # A directory without a file is given back itself, to be found unusable rather than passed over.
        yield from sorted(child for child in files if child.resolve() != left_out) or [path]


def examine(path: Path) -> Source:
    """What a file is, or Unusable."""
    if path.is_dir():
        raise Unusable(path, "Le dossier ne contient aucun fichier CSV.")
    try:
        with path.open("rb") as file:
            first = next(physical_lines(file), b"")
            encoding, lines = _census(file)
    except OSError:
        raise Unusable(path, "Le fichier est introuvable ou illisible.") from None
    text = _header_text(path, first, encoding)
    delimiter = ";" if text.count(";") >= text.count(",") else ","
    names = _header_names(path, text, delimiter)
    kind = _kind(path, names)
    return Source(path, kind, encoding, delimiter, _checked_header(path, kind, names), lines)


def physical_lines(file: BinaryIO) -> Iterator[bytes | None]:
    """The lines with their ends; None stands for one that is too long, which is passed over."""
    while line := file.readline(LONGEST_LINE):
        if line.endswith(b"\n") or len(line) < LONGEST_LINE:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)
        yield None


def _census(file: BinaryIO) -> tuple[str, int]:
    """The encoding that most accented lines of a file agree on, and the number of lines after the header.

    A vote, since one damaged line (a file cut within a character) must not turn every other accent into nonsense.
    """
    file.seek(0)
    lines = utf8 = other = 0
    for line in physical_lines(file):
        lines += 1
        if line is None or line.isascii():
            continue
        try:
            line.decode("utf-8")
            utf8 += 1
        except UnicodeDecodeError:
            other += 1
    return ("utf-8" if utf8 >= other else "cp1252"), max(lines - 1, 0)


def _header_text(path: Path, line: bytes | None, encoding: str) -> str:
    if not line:
        raise Unusable(path, "Le fichier est vide." if line is not None else "La première ligne est trop longue.")
    if line.startswith(_UTF16):
        raise Unusable(path, "Le fichier est en UTF-16 : enregistrez-le en CSV UTF-8.")
    if b"\0" in line:
        raise Unusable(path, "Ce n'est pas un fichier CSV : il contient des caractères nuls.")
    text = line.removeprefix(codecs.BOM_UTF8).decode(encoding, errors="replace").strip("\r\n")
    if not text.strip():
        raise Unusable(path, "La première ligne est vide : elle doit nommer les colonnes.")
    return text


def _header_names(path: Path, text: str, delimiter: str) -> list[str]:
    try:
        names = next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        raise Unusable(path, "La première ligne a un guillemet qui n'est pas refermé.") from None
    return [name.strip().casefold() for name in names]


def _kind(path: Path, names: list[str]) -> Kind:
    """By the file's name, else by the columns: the kind that has them all."""
    stem = path.name.casefold()
    for kind in KINDS:
        if stem.startswith(kind.prefixes):
            return kind
    fits = [kind for kind in KINDS if kind.required <= set(names) <= kind.by_name.keys()]
    if len(fits) != 1:
        known = ", ".join(kind.name for kind in KINDS)
        raise Unusable(path, f"Le contenu est inconnu : le nom du fichier doit commencer par l'un de : {known}.")
    return fits[0]


def _checked_header(path: Path, kind: Kind, names: list[str]) -> tuple[str, ...]:
    for place, name in enumerate(names, start=1):
        if name not in kind.by_name:
            raise Unusable(path, f"La colonne n° {place} porte un nom inconnu pour {kind.name}.")
        if names.index(name) != place - 1:
            raise Unusable(path, f"La colonne {name} figure deux fois.")
    if missing := sorted(kind.required - set(names)):
        raise Unusable(path, f"Il manque des colonnes obligatoires : {', '.join(missing)}.")
    return tuple(names)
