"""The « Routes » sections of the nouns' pages and the tables of `docs/api.md`, written from the code.

    PYTHONPATH=tests python -m support.routes_page

writes them again, between their marks; a test fails where a page and the code differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from gateway.api.app import build
from gateway.api.openapi import as_text
from gateway.api.orders import OrderRoute
from gateway.api.problems import CODES, STATUSES
from gateway.rights import RIGHTS
from ledger.document.commands import RecordDeposit
from ledger.kit.command import Command, handler_of
from ledger.kit.errors import NotFound, Refusal

HOUSE: Final = ("ledger.", "projections.", "gateway.")
DOCS: Final = Path(__file__).parents[2] / "docs"
PAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "account": ("accounts", "teams"),
    "document": ("documents",),
    "dossier": ("dossiers",),
    "establishment": ("establishments",),
    "frontends": ("oauth", "oidc", "tokens"),
    "invitation": ("invitations", "registrations"),
    "invoice": ("invoices",),
    "organisation": ("organisations",),
    "person": ("persons",),
    "security-journal": ("journal",),
    "sign-in": ("sign-in",),
    "terms": ("terms",),
    "transfer": ("transfers", "lots"),
    "api": ("changes", "reference", "fund", "operations"),
}
_REFUSED: Final = re.compile(r"Refused:(?P<list>.*?)(?:\.\s|\.$)", re.DOTALL)
_NAMED: Final = re.compile(r"(?P<name>[A-Z][A-Za-z]+)(?: \((?P<note>[^)]*)\))?")


def sections() -> dict[str, dict[str, str]]:
    """What each page must hold, by page and mark."""
    app = build()
    described = json.loads(as_text(app))
    orders = {route.action: route for route in app.state.orders}
    pages = {page: {"routes": _routes(described, orders, tags)} for page, tags in PAGES.items()}
    pages["api"]["problems"] = _problems()
    return pages


def marked(mark: str, text: str) -> str:
    return f"<!-- {mark}: written from the code -->\n{text}\n<!-- /{mark} -->"


def refusals() -> dict[str, type[Refusal]]:
    """Every refusal of the house, by the name of its class."""
    return {refusal.__name__: refusal for refusal in _below(Refusal) if refusal.__module__.startswith(HOUSE)}


def _below(base: type[Refusal]) -> Iterator[type[Refusal]]:
    for refusal in base.__subclasses__():
        yield refusal
        yield from _below(refusal)


def _routes(described: Mapping[str, Any], orders: Mapping[str, OrderRoute], tags: tuple[str, ...]) -> str:
    questions, ordered = [], []
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if operation["tags"][-1] not in tags:
                continue
            if (route := orders.get(operation["operationId"])) is not None:
                ordered.append(_order(path, operation, route, described))
            elif operation["operationId"] in {"deposit_document", "deposit_piece"}:
                ordered.append(_deposit(path, operation))
            else:
                questions.append(_question(f"{method.upper()} {path}", operation, described))
    asked = ["| request | parameters, body | who |", "|---|---|---|", *questions] if questions else []
    told = ["| order | body | refusals | who |", "|---|---|---|---|", *ordered] if ordered else []
    return "\n\n".join("\n".join(table) for table in (asked, told) if table)


def _question(route: str, operation: Mapping[str, Any], described: Mapping[str, Any]) -> str:
    names = [f"`{each['name']}`" for each in operation.get("parameters", []) if each["in"] == "query"]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    bodies = [f"body: {_fields(content['schema'], described)}"] if content else []
    return _row(f"`{route}`<br>{operation['summary']}", ", ".join(names + bodies), _roles(operation))


def _fields(schema: Mapping[str, Any], described: Mapping[str, Any]) -> str:
    """The names of a body's fields; of a choice of bodies, of each."""
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return " or ".join(_fields(each, described) for each in schema["anyOf"])
    return _body(list(schema.get("properties", {})), schema) or "empty"


def _order(path: str, operation: Mapping[str, Any], route: OrderRoute, described: Mapping[str, Any]) -> str:
    schema = described["components"]["schemas"][route.command.__name__]
    fields = [name for name in route.command.model_fields if name in schema["properties"]]
    refused = _refusals(route.command, in_path=bool(route.path_names))
    return _row(f"`POST {path}`<br>{operation['summary']}", _body(fields, schema), refused, _roles(operation))


def _deposit(path: str, operation: Mapping[str, Any]) -> str:
    schema = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
    refused = f"{_refusals(RecordDeposit, in_path=False)}, `too-large`, `malformed-form`"
    form = f"multipart form: {_body(list(schema['properties']), schema)}"
    return _row(f"`POST {path}`<br>{operation['summary']}", form, refused, _roles(operation))


def _body(fields: list[str], schema: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}`" if name in schema.get("required", []) else f"`{name}`?" for name in fields)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _roles(operation: Mapping[str, Any]) -> str:
    return ", ".join(RIGHTS[operation["operationId"]].audiences)


def _refusals(command: type[Command], *, in_path: bool) -> str:
    """The codes of what the handler's docstring says that it refuses."""
    said = _REFUSED.search(handler_of(command).__doc__ or "")
    known = refusals()
    codes: list[str] = []
    for each in _NAMED.finditer(" ".join(said["list"].split()) if said else ""):
        refusal, note = known.get(each["name"]), each["note"]
        if refusal is NotFound:
            codes += ["`not-found`"] if in_path else []
            codes += ["`unknown-reference`"] if note else []
        elif refusal is not None:
            codes.append(f"`{refusal.code}` ({note})" if note else f"`{refusal.code}`")
    return ", ".join(codes)


def _problems() -> str:
    rows = dict(CODES)
    for refusal in refusals().values():
        if refusal.code != Refusal.code:
            status = STATUSES[next(base for base in refusal.__mro__ if base in STATUSES)]
            rows.setdefault(refusal.code, (status, re.sub(r"{[a-z_]+}", "…", refusal.template)))
    lines = [_row(f"`/problems/{code}`", str(status), text) for code, (status, text) in sorted(rows.items())]
    return "\n".join(["| type | status | text |", "|---|---|---|", *lines])


def write() -> None:
    for page, marks in sections().items():
        path = DOCS / f"{page}.md"
        text = path.read_text(encoding="utf-8") if path.exists() else f"# {page.capitalize()}\n"
        for mark, section in marks.items():
            block = marked(mark, section)
            pattern = re.compile(rf"<!-- {mark}: .*?<!-- /{mark} -->", re.DOTALL)
            if pattern.search(text):
                text = pattern.sub(lambda _, block=block: block, text)
            else:
                text = f"{text.rstrip()}\n\n## {mark.capitalize()}\n\n{block}\n"
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
