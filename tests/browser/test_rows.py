"""Each row of the provider's guide is walked in a browser: quoted by a story that opens its screen.

What the rows ask for is the first user guide; its ids are the ones that all tests quote.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from browser.screens import SCREENS

PARTS = (range(1, 8), range(10, 12), range(20, 26), range(30, 36), range(40, 43), range(50, 52))
ROWS = {f"O{number}" for part in PARTS for number in part}
QUOTED = re.compile(r"\bO(\d+)(?:(?: to |[–-])O?(\d+))?\b")


def quoted(text: str) -> set[str]:
    """The rows that a text names; « O20 to O23 » is four of them."""
    found = ((int(first), int(last or first)) for first, last in QUOTED.findall(text))
    return {f"O{number}" for first, last in found for number in range(first, last + 1)} & ROWS


def stories() -> Iterator[tuple[str, str]]:
    """Each test of a browser, with what it says of itself."""
    for place in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(place.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{place.name}::{node.name}", ast.get_docstring(node) or ""


def test_ranges_are_read():
    assert quoted("O20 to O22, O5, E1; O52") == {"O20", "O21", "O22", "O5"}


def test_every_row_is_walked_in_a_browser():
    """By a story's own words, and by a screen that all pages' tests look at."""
    told = {row for name, text in stories() for row in quoted(text) if not name.startswith("test_rows.py")}
    assert sorted(ROWS - told) == []
    shown = {row for screen in SCREENS for row in screen.rows}
    # What has no screen of its own: signing out of the terms, a mail.
    assert sorted(ROWS - shown - {"O5", "O24"}) == []
