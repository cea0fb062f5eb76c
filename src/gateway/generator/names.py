"""Invented names: syllables that no register holds, so that nobody real is ever named."""

from __future__ import annotations

from random import Random
from typing import Final

_HEADS: Final = (
    "Zorv",
    "Quil",
    "Xand",
    "Ymb",
    "Wex",
    "Vrul",
    "Tchaz",
    "Sklo",
    "Drouz",
    "Plem",
    "Krav",
    "Jolm",
    "Gwer",
    "Fluz",
)
_HEARTS: Final = ("ou", "é", "i", "a", "au", "e", "ai", "oi", "u", "an")
_TAILS: Final = (
    "lune",
    "brac",
    "gnolle",
    "zeul",
    "querte",
    "mouche",
    "vrault",
    "ziac",
    "ploc",
    "drin",
    "rhuc",
    "ssandre",
)
_FIRST: Final = (
    "Zélie-Mirte",
    "Oxandre",
    "Iloué",
    "Quérine",
    "Vadimion",
    "Yselle",
    "Trufald",
    "Noxane",
    "Bérylle",
    "Uldaric",
    "Fargane",
    "Elvinthe",
    "Japhide",
    "Mirabeline",
    "Oriolin",
    "Sylvarine",
)
_TOWNS: Final = (
    "Valmirande-les-Songes",
    "Sorbelac",
    "Brumecourt-le-Haut",
    "Saint-Imaginaire",
    "Port-Chimère",
    "Ronceval-Neuf",
    "Clairfable",
    "Montfictif",
    "Aigues-Feintes",
    "Villeneuve-d'Ailleurs",
)
_TRADES: Final = (
    "Maçonnerie",
    "Charpente",
    "Couverture",
    "Peinture",
    "Plomberie",
    "Électricité",
    "Menuiserie",
    "Terrassement",
)
_SCHOOLS: Final = ("Centre de formation", "Institut des métiers", "Atelier-école", "Campus", "Académie technique")
_STREETS: Final = (
    "rue des Exemples",
    "allée de l'Essai",
    "place du Modèle",
    "chemin de la Maquette",
    "quai du Prototype",
)


def last_name(chance: Random) -> str:
    return chance.choice(_HEADS) + chance.choice(_HEARTS) + chance.choice(_TAILS)


def first_name(chance: Random) -> str:
    return chance.choice(_FIRST)


def school(chance: Random) -> str:
    return f"{chance.choice(_SCHOOLS)} {last_name(chance)}"


def company(chance: Random) -> str:
    return f"{chance.choice(_TRADES)} {last_name(chance)}"


def street(chance: Random) -> str:
    return f"{chance.randint(1, 120)} {chance.choice(_STREETS)}"


def town(chance: Random) -> tuple[str, str]:
    """A postcode and a town. No French postcode begins with 00."""
    place = chance.randrange(len(_TOWNS))
    return f"00{place * 10 + 100:03d}", _TOWNS[place]
