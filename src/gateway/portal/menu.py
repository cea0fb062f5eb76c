"""The menu of a space: what the reader may open there, in the order of the guides (rows O10, E4). What is not built is
not shown, or shown as still to come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from gateway.portal.spaces import ADHERENT, CHOICE, GESTION, OF, SERVICES, Space, address, exists
from gateway.portal.upcoming import UPCOMING


class Entry(NamedTuple):
    """One line: its text, its address, the name of its icon (parts/boxes.html), whether one is there, its page."""

    label: str
    path: str
    icon: str
    current: bool = False
    name: str = ""


@dataclass(frozen=True)
class _Told:
    """An entry as it stands in the table. `action`: the right that shows it, where the page's own says too little;
    `space`: where the page is, if not in the menu's own space; `part`: of what is still to come, which part.
    """

    label: str
    page: str
    icon: str
    action: str = ""
    space: Space | None = None
    part: str = ""


COMING: Final = "show_coming"
_DOSSIERS: Final = _Told("Suivre les dossiers de formation", "show_dossiers", "dossiers")
_ESTABLISHMENTS: Final = _Told("Voir mes établissements", "show_establishments", "establishments")


def _coming(space: Space, code: str) -> _Told:
    found = next(each for each in UPCOMING[space.prefix] if each.code == code)
    return _Told(found.label, COMING, found.icon, found.action, part=found.code)


_ENTRIES: Final[Mapping[str, tuple[_Told, ...]]] = MappingProxyType(
    {
        OF.prefix: (
            _Told("Accueil", OF.home, "home"),
            _Told("Gérer mes utilisateurs", "show_users", "users"),
            _Told("Suivre mes dossiers de formation", "show_dossiers", "dossiers"),
            _Told("Consulter mes règlements", "show_transfers", "transfers"),
            _Told("Voir mes établissements / mes avis de virement", "show_establishments", "establishments"),
        ),
        ADHERENT.prefix: (
            _Told("Accueil", ADHERENT.home, "home"),
            _coming(ADHERENT, "messagerie"),
            _coming(ADHERENT, "demande-de-prise-en-charge"),
            _DOSSIERS,
            _Told("Consulter les règlements", "show_transfers", "transfers"),
            _coming(ADHERENT, "contributions"),
            _coming(ADHERENT, "bordereau"),
            _coming(ADHERENT, "versements"),
            _ESTABLISHMENTS,
            _Told("Gérer les utilisateurs", "show_users", "users"),
            _Told("Portail de services", SERVICES.home, "services", space=SERVICES),
        ),
        GESTION.prefix: (
            _Told("Accueil", GESTION.home, "home"),
            _coming(GESTION, "liste-de-travail"),
            _Told("Dossiers de formation", "show_dossiers", "dossiers"),
            _coming(GESTION, "factures"),
            _coming(GESTION, "lots"),
            _Told("Règlements", "show_transfers", "transfers"),
            _Told("Établissements", "show_establishments", "establishments"),
            _coming(GESTION, "comptes"),
            _coming(GESTION, "journal"),
            _coming(GESTION, "modeles-de-lecture"),
        ),
        SERVICES.prefix: (
            _Told("Accueil du portail", SERVICES.home, "home"),
            _Told("Gérer mes favoris", "show_favourites", "services"),
            _Told("Espace adhérent", ADHERENT.home, "establishments", space=ADHERENT),
        ),
    }
)
_SEVERAL: Final = _Told("Changer d'espace", CHOICE, "spaces")
_OWN: Final = (
    _Told("RGPD et CGU", "show_terms", "terms"),
    _Told("Mon profil", "show_profile", "profile"),
)
_FOOT: Final = (
    ("Accessibilité", "show_accessibility"),
    ("Mentions légales", "show_legal_notice"),
    ("Données personnelles", "show_personal_data"),
    ("Plan du site", "show_site_map"),
    ("Aide", "show_help"),
    ("Contacts", "show_contacts"),
    ("Apparence", "show_appearance"),
)


def menu_of(space: Space | None, may: Callable[[str], bool], here: str = "", *, several: bool = False) -> list[Entry]:
    """The entries of `space` for whom `may` speaks; outside of any space, one's own alone. Signing out is a form.

    `here` is the path of the page: the entry that it belongs to is the current one. `several`: whose account has
    another space to change to.
    """
    own = (_SEVERAL, *_OWN) if several else _OWN
    shown = [each for each in (*_told(space), *own) if _there(each, space) and may(each.action or each.page)]
    open_ = [Entry(each.label, _path(each, space), each.icon, name=each.page) for each in shown]
    held = [each.path for each in open_ if here == each.path or here.startswith(f"{each.path}/")]
    current = max(held, key=len, default=None)
    return [each._replace(current=each.path == current) for each in open_]


def label_of(page: str, space: Space | None) -> str:
    """What the menu of the space calls a page, without what else is found there. KeyError where no menu has it."""
    for told in (*_told(space), *_OWN, *_others()):
        if told.page == page:
            return told.label.partition(" / ")[0]
    raise KeyError(page)


def foot() -> list[tuple[str, str]]:
    """The links of every page's foot: (text, address)."""
    return [(label, address(name)) for label, name in _FOOT if exists(name)]


def _told(space: Space | None) -> tuple[_Told, ...]:
    return _ENTRIES.get(space.prefix if space else "", ())


def _others() -> Iterator[_Told]:
    for entries in _ENTRIES.values():
        yield from entries


def _there(told: _Told, space: Space | None) -> bool:
    return exists(told.page, told.space or space)


def _path(told: _Told, space: Space | None) -> str:
    return address(told.page, told.space or space, **({"part": told.part} if told.part else {}))
