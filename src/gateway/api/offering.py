"""What the portal offers somebody, as `/v1/me` and `/v1/fund` tell it to other frontends: the same spaces, menus and
links as on its own pages, so that no two portals of a fund differ in what they let one open.

The portal knows the API, and not the other way round: it says what it offers to whoever assembles the application.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from fastapi import Request
from pydantic import BaseModel


class MenuEntry(BaseModel):
    """A line of a menu. `name` and `action` are stable: the page, and the operation that it begins with; `path`
    is the page's address on the gateway's own portal.
    """

    name: str
    label: str
    action: str
    path: str


class SpaceShown(BaseModel):
    """A part of the portal. `kind` is that of the memberships that it is for, `staff` for the fund's own people."""

    kind: str
    label: str
    path: str
    entries: list[MenuEntry]


class PageLink(BaseModel):
    """A page that everybody may read, on the gateway's own portal."""

    label: str
    path: str


class Offering(Protocol):
    """What a portal says of itself."""

    def spaces(self, kinds: Collection[str], *, portal: bool, may: Callable[[str], bool]) -> list[SpaceShown]:
        """The spaces of an account with memberships of these kinds; `may` answers for actions."""

    def links(self) -> list[PageLink]:
        """Those of every page's foot: accessibility, legal notice, personal data, contacts."""


def offering_of(request: Request) -> Offering:
    found: Offering = request.app.state.offering
    return found
