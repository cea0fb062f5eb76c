"""Somebody who reads the portal's pages without a script: opens addresses, fills in the forms that are there.

What a form is sent with is what its page holds, hidden fields included: nothing is made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urlencode

from httpx import Response

from support.browser import Browser

HTML: Final = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
FORM: Final = "application/x-www-form-urlencoded"


@dataclass
class PageForm:
    """A form of a page: where it goes, and what it holds."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Parser(HTMLParser):
    """Forms, links, headings and the text outside of any form's fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self.texts: dict[str, list[str]] = {"title": [], "h1": []}
        self.alerts: list[str] = []
        self._inside: str | None = None
        self._alert = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(PageForm(told.get("action", "")))
        elif tag == "a" and "href" in told:
            self.links.append(told["href"])
        elif tag in self.texts:
            self._inside = tag
            self.texts[tag].append("")
        if tag == "input" and self.forms and "name" in told:
            ticked = told.get("type") not in {"checkbox", "radio"} or "checked" in told
            self.forms[-1].fields.update({told["name"]: told.get("value", "")} if ticked else {})
        if self._alert or told.get("role") == "alert":
            self._alert += tag not in {"input", "br", "path", "meta", "link"}

    def handle_endtag(self, tag: str) -> None:
        self._inside = None if tag == self._inside else self._inside
        self._alert -= bool(self._alert)

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self.texts[self._inside][-1] += data
        if self._alert and data.strip():
            self.alerts.append(data.strip())


@dataclass
class Page:
    """What came back."""

    answer: Response
    forms: list[PageForm]
    links: list[str]
    title: str
    heading: str
    alerts: list[str]

    @classmethod
    def of(cls, answer: Response) -> Page:
        parser = _Parser()
        if "html" in answer.headers.get("content-type", ""):
            parser.feed(answer.text)
        title, heading = ("".join(parser.texts[name]).strip() for name in ("title", "h1"))
        return cls(answer, parser.forms, parser.links, title, heading, parser.alerts)

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def location(self) -> str:
        """Where it leads: a detour, or what comes after an order."""
        assert self.status == 303, f"{self.status} {self.title}: {self.alerts}"
        return self.answer.headers["location"]

    def form(self, action: str) -> PageForm:
        found = next((each for each in self.forms if each.action == action), None)
        assert found is not None, f"no form to {action!r} on « {self.title} »: {[each.action for each in self.forms]}"
        return found


class Reader:
    """A browser without scripts. `browser` holds its cookies; it sends no token but the forms' own."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        browser.csrf = None

    def open(self, path: str, *, follow: bool = True, headers: dict[str, str] | None = None) -> Page:
        """The page of an address; redirects are followed unless told otherwise."""
        page = Page.of(self.browser.send("GET", path, headers={"Accept": HTML, **(headers or {})}))
        return self._followed(page) if follow else page

    def send(
        self, form: PageForm, *, to: str | None = None, follow: bool = False, headers: dict[str, str] | None = None,
        **filled: Any,
    ) -> Page:  # fmt: skip
        """Send a form of a page, filled in; a field that is None is taken out."""
        fields = {name: text for name, text in {**form.fields, **filled}.items() if text is not None}
        told = {"Accept": HTML, "Content-Type": FORM, **(headers or {})}
        page = Page.of(self.browser.send("POST", to or form.action, headers=told, content=urlencode(fields).encode()))
        return self._followed(page) if follow else page

    def sign_in(self, email: str, password: str, *, path: str = "/connexion", follow: bool = False) -> Page:
        form = self.open(path).form("/connexion")
        return self.send(form, follow=follow, email=email, password=password)

    def copy(self) -> Reader:
        """A second window, or somebody who has stolen the cookies."""
        return Reader(self.browser.copy())

    def _followed(self, page: Page) -> Page:
        for _ in range(6):
            if page.status != 303:
                return page
            page = self.open(page.location, follow=False)
        raise AssertionError("it goes round in circles")
