"""Every form that the pages have, found on them: nothing about a form is written down in a test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlencode, urljoin

from httpx import Response

from browser.ground import Ground
from browser.screens import SCREENS, Addresses
from support.browser import Browser
from support.html import Node, read
from support.reader import FORM, HTML
from support.uploading import END, TYPE, part

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ID = re.compile(rf"{_UUID}|(?<=/liens/)[^/]+|(?<=/pieces/)[a-z-]+|\?.*")
_TYPED = frozenset({"file", "text", "email", "password", "search", "date", "tel", "number", "url"})


@dataclass(frozen=True)
class Found:
    """A form of `page`, with what a browser would send of it as it stands. `typed`: fields that one types into."""

    who: str | None
    page: str
    action: str
    pairs: tuple[tuple[str, str], ...]
    typed: tuple[str, ...]
    secret: frozenset[str]
    files: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The form, whatever it is about: its address without ids."""
        return ID.sub("…", self.action)

    @property
    def token(self) -> str:
        """The field that says that the form is ours."""
        return next(name for name, _ in self.pairs if name in {"csrf_token", "form_token"})

    def filled(self, **changed: str | None) -> list[tuple[str, str]]:
        """The form with other texts; a field that is None is taken out."""
        kept = [(name, text) for name, text in self.pairs if name not in changed]
        return kept + [(name, text) for name, text in changed.items() if text is not None]


def forms_of(ground: Ground, addresses: Addresses) -> list[Found]:
    """Of all pages, each form once."""
    found: dict[tuple[str, tuple[str, ...]], Found] = {}
    for screen in SCREENS:
        if screen.status != 200:
            continue
        browser = ground.visitors[screen.who] if screen.who else ground.site.gateway.browser()
        path = addresses.of(screen)
        for form in forms_on(browser, path, screen.who):
            found.setdefault((form.name, form.typed), form)
    return list(found.values())


def forms_on(browser: Browser, path: str, who: str | None = None) -> Iterator[Found]:
    """The posted forms of one page."""
    answer = browser.get(path, headers={"Accept": HTML})
    if answer.status_code != 200:
        return
    for form in read(answer).all("form", method="post"):
        action = urljoin(path, form.attributes.get("action", ""))
        inputs = [each for each in form.all("input") if "name" in each.attributes]
        inputs = [each for each in inputs if each.attributes.get("type", "text") in _TYPED]
        typed = tuple(each.attributes["name"] for each in [*inputs, *form.all("textarea")])
        secret = frozenset(each.attributes["name"] for each in inputs if each.attributes.get("type") == "password")
        files = frozenset(each.attributes["name"] for each in inputs if each.attributes.get("type") == "file")
        yield Found(who, path, action, tuple(_pairs(form)), typed, secret, files)


def send(browser: Browser, form: Found, pairs: list[tuple[str, str]], *, raw: bytes = b"") -> Response:
    """As a browser without scripts sends it; `raw` comes after the fields as it is. What is typed into a file's field
    is its name.
    """
    browser.csrf = None
    if form.files:
        headers = {"Accept": HTML, "Content-Type": TYPE}
        return browser.send("POST", form.action, headers=headers, content=b"".join(_parts(form, pairs, raw)) + END)
    headers = {"Accept": HTML, "Content-Type": FORM}
    return browser.send("POST", form.action, headers=headers, content=urlencode(pairs).encode() + raw)


def _parts(form: Found, pairs: list[tuple[str, str]], raw: bytes) -> Iterator[bytes]:
    """Fields first, as they stand; then the files, which hold nothing that is taken."""
    fields = [(name, text.encode()) for name, text in pairs if name not in form.files]
    for name, value in fields + [(name.decode(), value) for name, value in _raw_pairs(raw)]:
        yield part(name, value)
    for name, text in pairs:
        if name in form.files:
            # No system has a file with a longer name.
            yield part(name, b"x", filename=text[:300].replace('"', "%22"))


def _raw_pairs(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    for each in filter(None, raw.split(b"&")):
        name, _, value = each.partition(b"=")
        yield name, unquote_to_bytes(value)


def _pairs(form: Node) -> Iterator[tuple[str, str]]:
    for each in form.everything():
        name, kind = each.attributes.get("name"), each.attributes.get("type", "text")
        if name is None or each.tag == "button":
            continue
        if each.tag == "select":
            options = each.all("option")
            chosen = next((option for option in options if "selected" in option.attributes), options[0])
            yield name, chosen.attributes.get("value", chosen.text)
        elif each.tag == "textarea":
            yield name, each.text
        elif kind not in {"checkbox", "radio"} or "checked" in each.attributes:
            yield name, each.attributes.get("value", "")
