"""The documentation lists every route, with its body and its refusals, as the code has them."""

from __future__ import annotations

import pytest

from ledger.kit.command import handler_of
from ledger.kit.errors import Refusal
from support import routes_page
from support.routes_page import DOCS, PAGES, marked, refusals, sections


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_the_code_says(page: str):
    """After a wanted change: `PYTHONPATH=tests python -m support.routes_page`."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    for mark, section in sections()[page].items():
        assert marked(mark, section) in text, (
            f"docs/{page}.md is behind: PYTHONPATH=tests python -m support.routes_page"
        )


def test_every_command_route_is_on_a_page():
    written = "\n".join((DOCS / f"{page}.md").read_text(encoding="utf-8") for page in PAGES)
    for route in routes_page.build().state.orders:
        assert f"`POST /v1{route.path}`" in written
        assert handler_of(route.command).__doc__, route.command
        assert "refuse" in handler_of(route.command).__doc__.lower(), route.command


def test_every_refusal_has_a_code_of_its_own():
    """Two classes with one code could not be told apart by a caller; only bases share the general one."""
    codes: dict[str, type[Refusal]] = {}
    for refusal in refusals().values():
        if refusal.code != "refused":
            same = codes.setdefault(refusal.code, refusal)
            assert issubclass(refusal, same) or issubclass(same, refusal), (refusal, same)
