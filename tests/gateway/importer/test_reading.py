"""Files as they come: encodings, delimiters, and all that is wrong with them (row B7)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.importer import kinds
from gateway.importer.documented import table
from gateway.importer.rows import DamagedRow, Row, rows
from gateway.importer.sources import LONGEST_LINE, Unusable, examine, find_sources
from ledger.kit.fictitious import fictitious_siren

HEADER = "siren;name;kinds\n"
LINE = f"{fictitious_siren(1)};Atelier Éclair à Zélie;provider\n"


def write(path: Path, content: bytes | str, name: str = "organisations.csv") -> Path:
    file = path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def read(path: Path) -> list[Row | DamagedRow]:
    return list(rows(examine(path)))


def rule_of(row: Row | DamagedRow) -> str:
    assert isinstance(row, DamagedRow)
    return row.faults.found[0][1]


def test_the_documentation_shows_the_columns_as_they_are():
    page = Path(__file__).parents[3].joinpath("docs/import.md").read_text(encoding="utf-8")
    for kind in kinds.KINDS:
        assert table(kind) in page, kind.name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_delimiters_and_line_ends_are_found_out(tmp_path, encoding, delimiter, end):
    text = (HEADER + LINE).replace(";", delimiter).replace("\n", end)
    [row] = read(write(tmp_path, text.encode(encoding)))
    assert isinstance(row, Row)
    assert row.values["name"] == "Atelier Éclair à Zélie"
    assert row.line == 2


def test_a_character_cut_in_two_does_not_change_the_encoding_of_the_others(tmp_path):
    cut = (HEADER + LINE + LINE).encode() + f"{fictitious_siren(2)};Caf".encode() + "é".encode()[:1]
    first, second, last = read(write(tmp_path, cut))
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert second.values["name"] == "Atelier Éclair à Zélie"
    assert isinstance(last, DamagedRow)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("999;x\n", "La ligne a 2 colonnes au lieu de 3."),
        ('999;"x;provider\n', "La ligne a un guillemet mal placé ou qui n'est pas refermé sur la même ligne."),
        ("999;a\0b;provider\n", "La ligne contient un caractère nul."),
        ("x" * (LONGEST_LINE + 10) + "\n", "La ligne est trop longue."),
        ("999;a\rb;provider\n", "La ligne a un guillemet mal placé ou qui n'est pas refermé sur la même ligne."),
        (";x;provider\n", "Cette colonne est obligatoire et la cellule est vide."),
    ],
)
def test_a_damaged_line_is_refused_alone(tmp_path, line, rule):
    """An unclosed quote, above all, does not swallow the lines after it."""
    before, damaged, after = read(write(tmp_path, HEADER + LINE + line + LINE))
    assert isinstance(before, Row)
    assert isinstance(after, Row)
    assert rule_of(damaged) == rule
    assert (damaged.line, after.line) == (3, 4)


def test_every_fault_of_a_line_is_told_and_no_value_with_it(tmp_path):
    [row] = read(write(tmp_path, HEADER + "123456789;a\u0007b;secret\n"))
    assert isinstance(row, DamagedRow)
    assert [column for column, _ in row.faults.found] == ["siren", "name", "kinds"]
    assert not any("123456789" in rule or "secret" in rule for _, rule in row.faults.found)


def test_blank_lines_are_passed_over(tmp_path):
    found = read(write(tmp_path, HEADER + "\n;;\r\n" + LINE + "   \n"))
    assert [row.line for row in found] == [4]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "Le fichier est vide."),
        (b"\n" + LINE.encode(), "La première ligne est vide : elle doit nommer les colonnes."),
        (HEADER.encode("utf-16"), "Le fichier est en UTF-16 : enregistrez-le en CSV UTF-8."),
        (b"siren\0;name;kinds\n", "Ce n'est pas un fichier CSV : il contient des caractères nuls."),
        (b"siren;nom;kinds\n", "La colonne n° 2 porte un nom inconnu pour organisations."),
        (b"siren;name;kinds;name\n", "La colonne name figure deux fois."),
        (b"siren;kinds\n", "Il manque des colonnes obligatoires : name."),
        (b'siren;"name;kinds\n', "La première ligne a un guillemet qui n'est pas refermé."),
        (b"x" * (LONGEST_LINE + 1), "La première ligne est trop longue."),
    ],
)
def test_a_file_without_a_usable_header_is_unusable(tmp_path, content, rule):
    with pytest.raises(Unusable) as refused:
        examine(write(tmp_path, content))
    assert refused.value.rule == rule


def test_a_missing_file_is_unusable(tmp_path):
    _, [unusable] = find_sources([tmp_path / "dossiers.csv"])
    assert unusable.rule == "Le fichier est introuvable ou illisible."


def test_a_directory_without_files_is_unusable(tmp_path):
    _, [unusable] = find_sources([tmp_path])
    assert unusable.rule == "Le dossier ne contient aucun fichier CSV."


def test_the_report_of_an_earlier_import_is_no_file_to_import(tmp_path):
    write(tmp_path, HEADER)
    report = write(tmp_path, "file;line;field;rule\n", "refus.csv")
    sources, unusable = find_sources([tmp_path], report=report)
    assert [source.path.name for source in sources] == ["organisations.csv"]
    assert unusable == []


def test_the_kind_is_the_files_name_else_its_columns(tmp_path):
    assert examine(write(tmp_path, HEADER, "Organisations-2024.CSV")).kind is kinds.ORGANISATIONS
    assert examine(write(tmp_path, HEADER, "tiers.csv")).kind is kinds.ORGANISATIONS
    assert examine(write(tmp_path, "file;name;category;deposited_on\n", "avis.csv")).kind is kinds.DOCUMENTS
    with pytest.raises(Unusable, match="contenu est inconnu"):
        examine(write(tmp_path, "a;b;c\n", "divers.csv"))


def test_files_come_in_the_order_of_their_kinds(tmp_path):
    paths = [
        write(tmp_path, "dossier_number;last_name;first_name;starts_on;ends_on\n", "trainees.csv"),
        write(tmp_path, HEADER, "organisations-2.csv"),
        write(tmp_path, HEADER, "organisations-1.csv"),
    ]
    sources, unusable = find_sources(paths)
    assert [source.path.name for source in sources] == ["organisations-1.csv", "organisations-2.csv", "trainees.csv"]
    assert unusable == []
    assert find_sources([tmp_path])[0] == sources


@given(cut=st.integers(min_value=len(HEADER), max_value=len((HEADER + LINE + LINE).encode()) - 1))
def test_a_file_cut_anywhere_never_gives_a_shortened_line(tmp_path_factory, cut):
    """Every row that is read is one that was written; the one that was cut is refused."""
    whole = (HEADER + LINE + LINE).encode()
    found = read(write(tmp_path_factory.mktemp("cut"), whole[:cut]))
    names = [row.values["name"] for row in found if isinstance(row, Row)]
    assert names == ["Atelier Éclair à Zélie"] * whole[len(HEADER) : cut].count(b"\n")
