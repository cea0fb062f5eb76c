"""The documentation shows the rights table as the code has it."""

from __future__ import annotations

from gateway.rights import RIGHTS
from support.rights_page import MARK, PAGE, section
from support.routes_page import marked


def test_the_page_says_what_the_code_says():
    """After a wanted change: `PYTHONPATH=tests python -m support.rights_page`."""
    assert marked(MARK, section()) in PAGE.read_text(encoding="utf-8"), "docs/rights.md is behind"


def test_every_action_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    assert not [action for action in RIGHTS if f"`{action}`" not in text]
