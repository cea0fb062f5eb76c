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
    """A part of the portal for readers of one kind (`kind` of their memberships, or STAFF).

    `home` is the name of its first page. `about` says in a sentence what one does there.
    """

    prefix: str
    title: str
    kind: str
    home: str
    about: str


STAFF: Final = "staff"
OF: Final = Space(
    "/of", "Espace Organisme de formation", "provider", "show_home",
    "Suivre les dossiers dont vous assurez la formation, vos règlements et vos établissements.",
)  # fmt: skip
ADHERENT: Final = Space(
    "/adherent", "Espace adhérent", "member", "show_member_home",
    "Suivre les dossiers de formation de vos salariés, les règlements et vos établissements.",
)  # fmt: skip
GESTION: Final = Space(
    "/gestion", "Espace gestion", STAFF, "show_staff_home", "Instruire, payer, contrôler et exploiter."
)
SERVICES: Final = Space(
    "/services", "Portail de services", "member", "show_services",
    "Découvrir l'offre de services et retrouver vos outils favoris.",
)  # fmt: skip
SPACES: Final = (OF, ADHERENT, GESTION, SERVICES)
DOORS: Final = frozenset({SERVICES})
"""What stands in front of another space: nobody has to choose between the two."""

CHOICE: Final = "show_spaces"
NOWHERE: Final = "/profil"
"""Where one is led to who has no space of one's own yet."""

_PLACE: Final = re.compile(r"{([a-z_]+)(:[a-z]+)?}")
_SAFE_QUERY: Final = re.compile(r"[A-Za-z0-9_.~=&%+:-]*")
_LONGEST: Final = 4000
AUTHORIZE: Final = "/v1/oauth/authorize"
"""What a frontend of another origin sends a browser to: no page, but where a sign-in may end."""

_addresses: dict[tuple[str, str], str] = {}
_asked: set[tuple[str, str]] = set()
_names: dict[str, str] = {}


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
        if "GET" in methods:
            _names[path] = route.name
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
    held = (kinds or {OF.kind}) if portal else {STAFF}
    return [each for each in SPACES if each.kind in held]


def mains(spaces: Collection[Space]) -> list[Space]:
    """Those between which somebody who has several chooses."""
    return [each for each in spaces if each not in DOORS]


def home_of(spaces: Collection[Space]) -> str:
    """Where the account's own name leads: its space, or the choice between several."""
    found = [each for each in mains(spaces) if exists(each.home, each)]
    if len(found) > 1 and exists(CHOICE):
        return address(CHOICE)
    return found[0].prefix if found else NOWHERE


def page_of_ours(text: str) -> str | None:
    """An address to go back to: the text where it is that of a page of ours that one asks for, and nothing else.

    Never another origin, whatever a browser makes of slashes, backslashes or percent signs; never a link of a mail.
    """
    path, mark, query = text.partition("?")
    known = path == AUTHORIZE or any(pattern.fullmatch(path) for pattern in _patterns())
    return text if len(text) <= _LONGEST and known and _SAFE_QUERY.fullmatch(query) and (query or not mark) else None


def page_at(path: str) -> str | None:
    """The name of the page that answers at this path: a fund's file links to some. None where there is none."""
    return next((name for pattern, name in _named() if pattern.fullmatch(path)), None)


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Of the paths that may be gone back to."""
    return tuple(_pattern(path) for _, path in sorted(_asked))


@cache
def _named() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_pattern(path), name) for path, name in sorted(_names.items()))


def _pattern(path: str) -> re.Pattern[str]:
    """An id in a path has letters, digits, dots and dashes only."""
    return re.compile(_PLACE.sub("[A-Za-z0-9_-][A-Za-z0-9._-]*", path))
