"""Forms with boxes, filled in and sent as a browser without scripts sends them: an unticked box is not there at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from httpx import Response

from support.browser import Browser
from support.html import Node
from support.reader import FORM, HTML


@dataclass
class Sheet:
    """A form of a page as it stands: where it goes, and what would be sent."""

    action: str
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        return [text for told, text in self.pairs if told == name]

    def fill(self, **texts: str) -> Sheet:
        """Type into fields that are there."""
        for name, text in texts.items():
            assert name in dict(self.pairs), f"no field {name}"
            self.pairs = [(told, text if told == name else held) for told, held in self.pairs]
        return self

    def tick(self, name: str, value: object = "1") -> Sheet:
        self.untick(name, value)
        self.pairs.append((name, str(value)))
        return self

    def untick(self, name: str, value: object = "1") -> Sheet:
        self.pairs = [pair for pair in self.pairs if pair != (name, str(value))]
        return self


def sheet(page: Node, action: str) -> Sheet:
    """The page's form to `action`, whatever that asks after its path."""
    found = [each for each in page.all("form") if each.attributes.get("action", "").partition("?")[0] == action]
    assert len(found) == 1, f"{len(found)} forms to {action}"
    return Sheet(found[0].attributes["action"], list(_pairs(found[0])))


def _pairs(form: Node) -> list[tuple[str, str]]:
    found = []
    for each in form.everything():
        name = each.attributes.get("name")
        if name is None:
            continue
        if each.tag == "input" and (each.attributes.get("type") != "checkbox" or "checked" in each.attributes):
            found.append((name, each.attributes.get("value", "")))
        elif each.tag == "select":
            options = each.all("option")
            chosen = next((option for option in options if "selected" in option.attributes), options[0])
            found.append((name, chosen.attributes["value"]))
    return found


def send(browser: Browser, sent: Sheet, *, to: str | None = None) -> Response:
    """As its button does; `to` is a button's own address."""
    browser.csrf = None  # no header: the form's own token alone
    body = urlencode(sent.pairs).encode()
    return browser.send("POST", to or sent.action, headers={"Accept": HTML, "Content-Type": FORM}, content=body)
