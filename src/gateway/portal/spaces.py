"""The spaces of the portal: the first part of a page's path says in which one the reader is, and nothing else does.

Two windows, the back button and a copied address then just work. Pages that are in no space (the entrance, one's own
profile, the terms) are mounted as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.routing import APIRoute

from gateway.rights import PUBLIC


@dataclass(frozen=True)
class Space:
    """A part of the portal for readers of one kind (`kind` of their memberships)."""

    prefix: str
    title: str
    kind: str


OF: Final = Space("/of", "Espace Organisme de formation", "provider")
ADHERENT: Final = Space("/adherent", "Espace adhérent", "member")
SPACES: Final = (OF, ADHERENT)
NOWHERE: Final = "/profil"
"""Where one is led to who has no space of one's own yet."""

_PLACE: Final = re.compile(r"{([a-z_]+)(:[a-z]+)?}")
_SAFE_QUERY: Final = re.compile(r"[A-Za-z0-9_.~=&%+:-]*")
_LONGEST: Final = 4000
AUTHORIZE: Final = "/v1/oauth/authorize"
"""What a frontend of another origin sends a browser to: no page, but where a sign-in may end."""

_addresses: dict[tuple[str, str], str] = {}
_asked: set[tuple[str, str]] = set()


def mount(router: APIRouter, space: Space | None = None) -> APIRouter:
    """The pages of `router` in a space, or outside of any. Their addresses are known from then on."""
    prefix = space.prefix if space else ""
    mounted = APIRouter(route_class=router.route_class, include_in_schema=False)
    for route in router.routes:
        if not isinstance(route, APIRoute):
            raise TypeError(f"{route!r} is no page")
        path = prefix + route.path
        methods = route.methods or set()
        mounted.add_api_route(path, route.endpoint, methods=sorted(methods), name=route.name)
        _addresses[prefix, route.name] = path
        if "GET" in methods and route.name not in PUBLIC:
            _asked.add((prefix, path))
    return mounted


def address(name: str, space: Space | None = None, **ids: Any) -> str:
    """The path of a page in this space, where it is there, else outside of any. KeyError where there is none."""
    template = _addresses.get((space.prefix if space else "", name)) or _addresses.get(("", name))
    if template is None:
        # A page outside of any space links into the first that has it.
        template = next(_addresses[each.prefix, name] for each in SPACES if (each.prefix, name) in _addresses)
    return _PLACE.sub(lambda found: quote(str(ids[found[1]]), safe=""), template)


def exists(name: str, space: Space | None = None) -> bool:
    """Whether the page is there: what is not built yet is in no menu."""
    return (space.prefix if space else "", name) in _addresses or ("", name) in _addresses


def space_of(path: str) -> Space | None:
    """Where a path is."""
    return next((each for each in SPACES if path == each.prefix or path.startswith(f"{each.prefix}/")), None)


def spaces_of(kinds: Collection[str], *, portal: bool) -> list[Space]:
    """The spaces of an account: a portal account without any membership is a provider's, who waits for one."""
    if not portal:
        return []
    return [each for each in SPACES if each.kind in kinds or not kinds]


def home_of(spaces: list[Space]) -> str:
    """Where the account's own name leads: a space that has a home."""
    return next((each.prefix for each in spaces if exists("show_home", each)), NOWHERE)


def page_of_ours(text: str) -> str | None:
    """An address to go back to: the text where it is that of a page of ours that one asks for, and nothing else.

    Never another origin, whatever a browser makes of slashes, backslashes or percent signs; never a link of a mail.
    """
    path, mark, query = text.partition("?")
    known = path == AUTHORIZE or any(pattern.fullmatch(path) for pattern in _patterns())
    return text if len(text) <= _LONGEST and known and _SAFE_QUERY.fullmatch(query) and (query or not mark) else None


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Of the paths that may be gone back to. An id in one has letters, digits, dots and dashes only."""
    return tuple(re.compile(_PLACE.sub("[A-Za-z0-9_-][A-Za-z0-9._-]*", path)) for _, path in sorted(_asked))
