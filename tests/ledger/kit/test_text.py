"""Texts that people write: what is kept, and what is refused without being quoted."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from ledger.kit.text import FileName, FreeText

FREE, NAME = TypeAdapter(FreeText), TypeAdapter(FileName)


def test_a_reason_has_lines_accents_and_french_spaces():
    assert FREE.validate_python("  Motif :\r\nformation « hors\u202fchamp »\u00a0! \n") == (
        "Motif :\nformation « hors\u202fchamp »\u00a0!"
    )
    assert FREE.validate_python("e\u0301") == "\u00e9"


@pytest.mark.parametrize("wrong", ["", " \n ", "a\x00b", "a\x1bb", "a\ud800b", "a\u202eb", "x" * 4_001, 12, None])
def test_a_reason_has_no_control_character(wrong):
    with pytest.raises(ValidationError):
        FREE.validate_python(wrong)


def test_a_file_name_is_kept_as_it_was():
    """Row O42: an imported avis keeps its name."""
    name = "Avis de virement - Lot 550 - Page 1.pdf"
    assert NAME.validate_python(name) == name


@pytest.mark.parametrize("wrong", ["", "..", ".", "a/b.pdf", "..\\b.pdf", "a\nb.pdf", "a\x00.pdf", "x" * 256])
def test_a_file_name_is_no_path(wrong):
    with pytest.raises(ValidationError):
        NAME.validate_python(wrong)
