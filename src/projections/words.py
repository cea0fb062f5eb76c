"""Names as they are searched: without case or accents, word by word, by the beginning of each."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ledger.kit.errors import Invalid

_WORD: Final = re.compile(r"[^\W_]+")
_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
LAST: Final = chr(0x10FFFF)
"""Sorts after every character of a word: `word || LAST` ends the range of a prefix (collation "C")."""

MAX_WORDS: Final = 6


def words_of(*texts: str | None) -> frozenset[str]:
    """The searchable words of names: « Jean-François d'Œuvre » gives jean, francois, d, oeuvre. An erased one, none."""
    return frozenset(word for text in texts if text for word in _WORD.findall(plain(text)))


def plain(text: str) -> str:
    """Lower case, without accents."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter)).translate(_LIGATURES)


def prefixes(text: str, *, field: str) -> tuple[str, ...]:
    """The words that a search must all find the beginning of; Invalid, naming `field`, where it says too little.

    A prefix that begins another one asks nothing more and goes.
    """
    words = words_of(text)
    if not words or max(map(len, words)) < 2:
        raise Invalid(field=field, rule="La recherche demande au moins deux lettres ou chiffres.")
    if len(words) > MAX_WORDS:
        raise Invalid(field=field, rule=f"La recherche porte sur {MAX_WORDS} mots au plus.")
    asked = [word for word in words if not any(other != word and other.startswith(word) for other in words)]
    return tuple(sorted(asked, key=lambda word: (-len(word), word)))
