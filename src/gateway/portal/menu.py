"""The menu of a space: what the reader may open there, in the order of row O10. What is not built is not shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from gateway.portal.spaces import ADHERENT, OF, Space, address, exists


class Entry(NamedTuple):
    """One line: its text, its address, the name of its icon (parts/boxes.html), whether one is there; the page's name
    is what `/v1/me` tells other frontends of it.
    """

    label: str
    path: str
    icon: str
    current: bool = False
    name: str = ""


_ENTRIES: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    OF.prefix: (
        ("Accueil", "show_home", "home"),
        ("Gérer mes utilisateurs", "show_users", "users"),
        ("Suivre mes dossiers de formation", "show_dossiers", "dossiers"),
        ("Consulter mes règlements", "show_transfers", "transfers"),
        ("Voir mes établissements / mes avis de virement", "show_establishments", "establishments"),
    ),
    ADHERENT.prefix: (("Gérer les utilisateurs", "show_users", "users"),),
}
_OWN: Final = (
    ("RGPD et CGU", "show_terms", "terms"),
    ("Mon profil", "show_profile", "profile"),
)


_FOOT: Final = (
    ("Accessibilité : partiellement conforme", "show_accessibility"),
    ("Mentions légales", "show_legal_notice"),
    ("Données personnelles", "show_personal_data"),
    ("Plan du site", "show_site_map"),
    ("Contacts", "show_contacts"),
)


def menu_of(space: Space | None, may: Callable[[str], bool], here: str = "") -> list[Entry]:
    """The entries of `space` for whom `may` speaks; outside of any space, one's own alone. Signing out is a form.

    `here` is the path of the page: the entry that it belongs to is the current one.
    """
    told = (*_ENTRIES.get(space.prefix if space else "", ()), *_OWN)
    shown = [
        (label, address(name, space), icon, name) for label, name, icon in told if exists(name, space) and may(name)
    ]
    held = [path for _, path, _, _ in shown if here == path or here.startswith(f"{path}/")]
    current = max(held, key=len, default=None)
    return [Entry(label, path, icon, path == current, name) for label, path, icon, name in shown]


def foot() -> list[tuple[str, str]]:
    """The links of every page's foot: (text, address)."""
    return [(label, address(name)) for label, name in _FOOT if exists(name)]
