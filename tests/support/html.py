"""What a person reads on a page, for tests that need no browser: texts, links, rows of tables, fields of forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from httpx import Response

_VOID = frozenset({"meta", "link", "input", "br", "img", "path", "rect", "hr"})


@dataclass
class Node:
    """An element and what is in it."""

    tag: str
    attributes: dict[str, str]
    inside: list[Node | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """As it is read aloud, spaces made one."""
        return " ".join("".join(self._texts()).split())

    def all(self, tag: str, **attributes: str) -> list[Node]:
        return [each for each in self._nodes() if each.tag == tag and attributes.items() <= each.attributes.items()]

    def one(self, tag: str, **attributes: str) -> Node:
        (found,) = self.all(tag, **attributes)
        return found

    def everything(self) -> Iterator[Node]:
        """Each element inside, in the order of the page."""
        return self._nodes()

    def headings(self) -> list[Node]:
        return [each for each in self._nodes() if re.fullmatch("h[1-6]", each.tag)]

    def _texts(self) -> Iterator[str]:
        for each in self.inside:
            if isinstance(each, str):
                yield each
            else:
                yield from each._texts()

    def _nodes(self) -> Iterator[Node]:
        for each in self.inside:
            if isinstance(each, Node):
                yield each
                yield from each._nodes()


class _Reader(HTMLParser):
    """Strict: an element that is closed by another's end is a fault of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Node("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].inside.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def read(answer: Response) -> Node:
    """The page of an answer."""
    assert answer.headers["content-type"].startswith("text/html"), answer.headers
    reader = _Reader()
    reader.feed(answer.text)
    reader.close()
    assert reader._open == [reader.root], "an element is left open"
    return reader.root


def rows(page: Node) -> list[list[str]]:
    """The cells of the body of the page's only table."""
    body = page.one("table").one("tbody")
    return [[cell.text for cell in row.inside if isinstance(cell, Node)] for row in body.all("tr")]


def fields_of(form: Node) -> dict[str, str]:
    """What a browser would send of the form as it stands."""
    sent = {
        each.attributes["name"]: each.attributes.get("value", "")
        for each in form.all("input")
        if "name" in each.attributes
    }
    for select in form.all("select"):
        options = select.all("option")
        chosen = next((each for each in options if "selected" in each.attributes), options[0])
        sent[select.attributes["name"]] = chosen.attributes["value"]
    return sent
