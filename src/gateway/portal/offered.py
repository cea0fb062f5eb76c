"""The portal's own spaces, menus and links, told to other frontends by `/v1/me` and `/v1/fund`."""

from __future__ import annotations

from collections.abc import Callable, Collection

from gateway.api.offering import MenuEntry, PageLink, SpaceShown
from gateway.page_rights import PAGES
from gateway.portal.menu import COMING, Entry, foot, menu_of
from gateway.portal.spaces import Space, spaces_of


class Portal:
    """See `Offering`."""

    def spaces(self, kinds: Collection[str], *, portal: bool, may: Callable[[str], bool]) -> list[SpaceShown]:
        return [_space(each, may) for each in spaces_of(kinds, portal=portal)]

    def links(self) -> list[PageLink]:
        return [PageLink(label=label, path=path) for label, path in foot()]


def _space(space: Space, may: Callable[[str], bool]) -> SpaceShown:
    menu = menu_of(space, lambda name: may(PAGES.get(name, name)))
    # What is still to come begins no operation yet.
    entries = [_entry(each) for each in menu if each.name != COMING]
    return SpaceShown(kind=space.kind, label=space.title, path=space.prefix, entries=entries)


def _entry(entry: Entry) -> MenuEntry:
    return MenuEntry(name=entry.name, label=entry.label, action=PAGES[entry.name], path=entry.path)
