"""The texts of the terms: one file for each version, named by the day from which it is in force.

The hash that a person's answer records is of the very bytes of the file, which are what is shown: whoever doubts later
what was accepted hashes the file again. So a version is never edited once it is in force: another day, another file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final, Self

from gateway.settings import Settings
from gateway.settings_values import SettingsError
from ledger.kit.clock import PARIS, Clock, system_clock

MAX_BYTES: Final = 256 * 1024
_SUFFIX: Final = ".fr.md"
_NAME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.fr\.md")
_UNDERTAKINGS: Final = "## Vos engagements"


@dataclass(frozen=True)
class TermsText:
    """One version. `text` is Markdown, whole, as its file has it; `sha256` (64 hex) is of its UTF-8 bytes."""

    version: str
    sha256: str
    text: str
    undertakings: tuple[str, ...]


class Terms:
    """The versions of a deployment, oldest first; which one is in force depends on the day, in Paris."""

    def __init__(self, texts: Sequence[TermsText], *, clock: Clock = system_clock) -> None:
        self._texts = sorted(texts, key=lambda text: text.version)
        self._clock = clock

    @classmethod
    def of(cls, settings: Settings, *, clock: Clock = system_clock) -> Self:
        """The texts of TERMS_DIR, or those that come with the ledger. SettingsError where none is in force today."""
        place = settings.terms_dir or resources.files("gateway.terms") / "versions"
        terms = cls(_read(place), clock=clock)
        # Our own text is good on a machine whose clock is wrong as well; a deployment's is a promise with a date.
        if not terms._in_force() and settings.terms_dir:
            raise SettingsError("TERMS_DIR has no text in force: files are named by their first day, 2026-11-01.fr.md")
        return terms

    @property
    def current(self) -> TermsText:
        """The version in force today."""
        return (self._in_force() or self._texts[:1])[-1]

    def version(self, version: str) -> TermsText | None:
        """A version that is in force or has been; None for any other."""
        return next((text for text in (self.current, *self._in_force()) if text.version == version), None)

    def _in_force(self) -> list[TermsText]:
        today = self._clock().astimezone(PARIS).date().isoformat()
        return [text for text in self._texts if text.version <= today]


def _read(place: Traversable) -> list[TermsText]:
    try:
        files = [file for file in place.iterdir() if file.name.endswith(_SUFFIX)]
        return [_text(file.name, file.read_bytes()) for file in files]
    except OSError:
        raise SettingsError("TERMS_DIR cannot be read") from None


def _text(name: str, raw: bytes) -> TermsText:
    """A file whose name is no day, or whose bytes are no text, stops the start: nobody could tell what was shown."""
    match = _NAME.fullmatch(name)
    try:
        version = date.fromisoformat(match[1]).isoformat() if match else None
        text = raw.decode()
    except ValueError:
        version = None
    if version is None or not text.strip() or len(raw) > MAX_BYTES:
        raise SettingsError(
            "TERMS_DIR: a text is named by its first day (2026-11-01.fr.md) and is UTF-8, 256 KiB at most"
        )
    return TermsText(version, hashlib.sha256(raw).hexdigest(), text, _undertakings(text))


def _undertakings(text: str) -> tuple[str, ...]:
    """The items of the list under « Vos engagements »; a line that is indented goes on with its item."""
    _, _, after = text.partition(f"{_UNDERTAKINGS}\n")
    section, _, _ = after.partition("\n#")
    items = re.findall(r"^[-*] (.+(?:\n[ \t]+\S.*)*)", section, re.MULTILINE)
    return tuple(" ".join(item.split()) for item in items)
