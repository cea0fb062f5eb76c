"""`docs/rights.md`: the rights table, written from the code.

    PYTHONPATH=tests python -m support.rights_page

writes it again, between its marks; a test fails where the page and the code differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.api.app import build
from gateway.api.openapi import as_text
from gateway.audiences import Audience, Right, Stage
from gateway.rights import RIGHTS
from support.routes_page import DOCS, marked
from support.walking import Walked, walk

PAGE: Final = DOCS / "rights.md"
MARK: Final = "rights"
_HEAD: Final = ["action", "route", *Audience, "asks for"]


def section() -> str:
    """One row for each action, in the order of `src/gateway/rights.py`."""
    app = build()
    summaries = _summaries(json.loads(as_text(app)))
    routes: dict[str, list[Walked]] = {}
    for route in walk(app):
        routes.setdefault(route.action, []).append(route)
    rows = [_row(action, right, routes[action], summaries) for action, right in RIGHTS.items()]
    return "\n".join([_line(_HEAD), _line(["---"] * len(_HEAD)), *rows])


def _summaries(described: Mapping[str, Any]) -> dict[str, str]:
    return {
        operation["operationId"]: operation["summary"]
        for operations in described["paths"].values()
        for operation in operations.values()
    }


def _row(action: str, right: Right, routes: Sequence[Walked], summaries: Mapping[str, str]) -> str:
    """A page has an address in each space that it is mounted in."""
    named = f"{summaries[action]}<br>`{action}`" if action in summaries else f"`{action}`"
    scopes = [_scope(right, audience) for audience in Audience]
    addresses = "<br>".join(f"`{route.method} {route.path}`" for route in routes)
    return _line([named, addresses, *scopes, ", ".join(_asked(right))])


def _scope(right: Right, audience: Audience) -> str:
    """A référent has a user's rights too."""
    as_user = right.audiences.get(Audience.USER, "") if audience is Audience.REFERENT else ""
    return str(right.audiences.get(audience, as_user))


def _asked(right: Right) -> list[str]:
    if Audience.ANONYMOUS in right.audiences:
        return []
    asked = ["fresh proof"] if right.grave else []
    if right.stage is not Stage.FULL:
        asked.append("any stage" if right.stage is Stage.SECOND_FACTOR else "enrolment is enough")
    if right.before_terms:
        asked.append("before the terms too")
    return [*asked, f"menu `{right.menu}`"] if right.menu else asked


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write() -> None:
    text = PAGE.read_text(encoding="utf-8")
    block = marked(MARK, section())
    PAGE.write_text(re.sub(rf"<!-- {MARK}: .*?<!-- /{MARK} -->", lambda _: block, text, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    write()
