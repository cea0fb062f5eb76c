"""The bytes of a ZIP: whole for every tool, or for none; names that any file system takes."""

from __future__ import annotations

import io
import shutil
import subprocess
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Iterator
from datetime import date
from functools import partial

import pytest

from gateway.vault.archive import Member, archive, names_of, size_of

DAY = date(2026, 11, 22)


def member(name: str, content: bytes) -> Member:
    return Member(name, DAY, len(content), partial(pieces, content))


def pieces(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


def test_every_document_comes_out_as_it_was():
    """An empty one and a French name as well; its length is known before it is made."""
    contents = {"a.pdf": b"%PDF-" + bytes(70_000), "Été – reçu n° 2.pdf": b"deux", "vide.txt": b""}
    members = [member(*each) for each in contents.items()]
    made = b"".join(archive(members))
    assert len(made) == size_of(members)
    with zipfile.ZipFile(io.BytesIO(made)) as read:
        assert read.testzip() is None
        assert {each.filename: read.read(each) for each in read.infolist()} == contents
        assert {each.date_time for each in read.infolist()} == {(2026, 11, 22, 0, 0, 0)}


@pytest.mark.parametrize(("day", "told"), [(date(1975, 3, 1), (1980, 1, 1)), (date(2150, 3, 1), (2107, 12, 31))])
def test_a_day_that_the_format_cannot_say_breaks_nothing(day: date, told: tuple[int, int, int]):
    """Papers of the fund's archive may be older than 1980, where a ZIP's calendar begins; it ends with 2107."""
    members = [member("Avant.pdf", b"un"), Member("Ancien.pdf", day, 4, partial(pieces, b"deux"))]
    made = b"".join(archive(members))
    assert len(made) == size_of(members)
    with zipfile.ZipFile(io.BytesIO(made)) as read:
        assert read.testzip() is None
        assert read.getinfo("Ancien.pdf").date_time == (*told, 0, 0, 0)


def test_nothing_but_a_piece_is_held():
    """A hundred documents of a mebibyte each, in less than one."""
    block = bytes(64 * 1024)

    def blocks() -> Iterator[bytes]:
        for _ in range(16):
            yield block

    members = [Member(f"{number}.pdf", DAY, 1 << 20, blocks) for number in range(100)]
    tracemalloc.start()
    try:
        made = sum(map(len, archive(members)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert made == size_of(members) > 100 << 20
    assert peak < 1 << 20


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_broken_one_is_whole_for_no_tool(tmp_path, broken: int):
    """The first, one between and the last: what was given before is an archive neither for us nor for `unzip`."""

    def fails() -> Iterator[bytes]:
        yield b"x" * 10
        raise OSError

    members = [member(f"{number}.txt", b"y" * 5000) for number in range(3)]
    members[broken] = Member("abîmé.txt", DAY, 5000, fails)
    given = bytearray()
    with pytest.raises(OSError):  # noqa: PT011 - the very one of above
        collect(archive(members), given)
    assert len(given) < size_of(members)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(given))
    if unzip := shutil.which("unzip"):
        file = tmp_path / "archive.zip"
        file.write_bytes(given)
        assert subprocess.run([unzip, "-t", file], capture_output=True, check=False).returncode != 0


def collect(given: Iterator[bytes], into: bytearray) -> None:
    for piece in given:
        into += piece


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["nom.pdf", "nom.pdf", "nom.pdf"], ["nom.pdf", "nom (2).pdf", "nom (3).pdf"]),
        (["nom.pdf", "NOM.PDF"], ["nom.pdf", "NOM (2).PDF"]),
        (["nom (2).pdf", "nom.pdf", "nom.pdf"], ["nom (2).pdf", "nom.pdf", "nom (3).pdf"]),
        (["é.pdf", unicodedata.normalize("NFD", "é.pdf")], ["é.pdf", "é (2).pdf"]),
        (["../../etc/passwd", "a\\b:c.pdf"], ["_.._etc_passwd", "a_b_c.pdf"]),
        (["\u202efdp.exe", "a\r\nb\x00.pdf"], ["fdp.exe", "ab.pdf"]),
        (["CON.pdf", "lpt1", "console.pdf"], ["_CON.pdf", "_lpt1", "console.pdf"]),
        (["com¹.txt", "LPT³", "CON .pdf"], ["_com¹.txt", "_LPT³", "_CON.pdf"]),
        (["", ".", " .pdf"], ["document", "document (2)", "pdf"]),
        (["مستند.pdf"], ["مستند.pdf"]),
    ],
)
def test_names_are_safe_and_each_its_own(wanted: list[str], expected: list[str]):
    assert names_of(wanted) == expected


def test_a_long_name_keeps_its_ending():
    [name] = names_of(["é" * 300 + ".pdf"])
    assert name.endswith("é.pdf")
    assert len(name.encode()) <= 180
