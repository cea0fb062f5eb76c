"""The text of the terms as a page shows it: a small part of Markdown, everything escaped.

Titles (`#`, `##`), lists (`-` or `*`, a line that is indented goes on with its item) and paragraphs; nothing else has a
meaning, so that no text can bring elements or addresses of its own into a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

_TITLE: Final = re.compile(r"(#{1,4}) +(.+?) *#*")
_ITEM: Final = re.compile(r"[-*] +(.+)")
# `Markup.format` escapes what it is given.
_TITLES: Final = {
    1: Markup("<h2>{}</h2>"),
    2: Markup("<h3>{}</h3>"),
    3: Markup("<h4>{}</h4>"),
    4: Markup("<h5>{}</h5>"),
}
_PARAGRAPH: Final = Markup("<p>{}</p>")
_LIST: Final = Markup("<ul>{}</ul>")
_ENTRY: Final = Markup("<li>{}</li>")


def html_of(text: str) -> Markup:
    """The elements of a Markdown text. Its `#` is a page's `h2`, since the page has a title of its own."""
    return Markup("\n").join(_blocks(text))


def _blocks(text: str) -> Iterator[Markup]:
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        lines = [line for line in block.split("\n") if line.strip()]
        while lines and (title := _TITLE.fullmatch(lines[0].strip())):
            yield _TITLES[len(title[1])].format(title[2])
            del lines[0]
        if lines:
            yield _list(lines) if _ITEM.fullmatch(lines[0]) else _PARAGRAPH.format(_one_line(lines))


def _list(lines: list[str]) -> Markup:
    items: list[list[str]] = []
    for line in lines:
        item = _ITEM.fullmatch(line)
        if item:
            items.append([item[1]])
        else:
            items[-1].append(line)
    return _LIST.format(Markup().join(_ENTRY.format(_one_line(item)) for item in items))


def _one_line(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())
