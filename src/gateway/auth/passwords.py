"""Passwords: the rules of row O7, and argon2id with a bounded number of them in work at once."""

from __future__ import annotations

import asyncio
import re
import string
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from importlib import resources
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.settings import Settings
from ledger.log.database import Database, Role

T = TypeVar("T")
LEAST: Final = 12
MOST: Final = 50
QUEUE: Final = 50
"""Passwords that may wait for their turn: beyond, whoever comes is asked to come back."""

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_EDGES: Final = string.digits + string.punctuation + " "
_LEET: Final = str.maketrans("@4310$5!7", "aaeiossit")


class Rule(NamedTuple):
    """A rule of a password: its stable code, what a person reads, and whether a password (in NFC) meets it."""

    code: str
    text: str
    met: Callable[[str, Sequence[str]], bool]


class Busy(Exception):
    """Too many passwords wait already."""


def _special(character: str) -> bool:
    return not character.isalpha() and not character.isdigit()


RULES: Final[tuple[Rule, ...]] = (
    Rule("length", f"De {LEAST} à {MOST} caractères.", lambda text, _: LEAST <= len(text) <= MOST),
    Rule("lower-case", "Au moins une lettre minuscule.", lambda text, _: any(map(str.islower, text))),
    Rule("upper-case", "Au moins une lettre majuscule.", lambda text, _: any(map(str.isupper, text))),
    Rule("digit", "Au moins un chiffre.", lambda text, _: any(map(str.isdigit, text))),
    Rule("special", "Au moins un caractère spécial, ni lettre ni chiffre.", lambda text, _: any(map(_special, text))),
    Rule("common", "Pas un mot de passe courant, même complété.", lambda text, _: not _is_common(text)),
    Rule("own-name", "Ni votre nom, ni votre prénom, ni votre adresse.", lambda text, names: not _holds(text, names)),
)
"""In the order in which a page shows them. A special character is neither letter nor digit; a space is one."""


def broken(password: str, names: Sequence[str]) -> list[Rule]:
    """The rules that a password does not meet. `names` are the person's own, and the e-mail.

    Its length is counted in characters after NFC: an accent typed apart counts as it would composed, and what no
    composition has counts for each.
    """
    text = unicodedata.normalize("NFC", password)
    return [rule for rule in RULES if not rule.met(text, names)]


class Passwords:
    """Hashes and verifies, never more than `argon2_concurrency` at once, off the event loop.

    Source of the parameters: OWASP, Password Storage; RFC 9106. Memory is 64 MiB each, so the bound is one of memory.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._hasher = PasswordHasher(time_cost=3, memory_cost=settings.argon2_memory_kib, parallelism=1, salt_len=16)
        self._pool = ThreadPoolExecutor(settings.argon2_concurrency, thread_name_prefix="argon2")
        self._most = settings.argon2_concurrency + QUEUE
        self._inside = 0

    async def hash(self, password: str) -> str:
        """Its argon2id, in PHC form. Busy where too many wait."""
        return await self._run(lambda: self._hasher.hash(_normal(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password; None is nobody's hash, and takes as long. Busy where too many wait."""
        return await self._run(lambda: self._matches(password_hash, password)) and bool(password_hash)

    async def set(self, account_id: UUID, password: str) -> None:
        """Make it the account's password. The rules are the caller's to ask about (`broken`)."""
        await self._run(lambda: self._write(account_id, password))

    async def raise_cost(self, account_id: UUID, password_hash: str, password: str) -> None:
        """Hash anew a password that was just verified, where it was hashed with less than today's parameters."""
        if self._hasher.check_needs_rehash(password_hash):
            await self.set(account_id, password)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._inside >= self._most:
            raise Busy
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._inside -= 1

    def _matches(self, password_hash: str | None, password: str) -> bool:
        nobodys = self._nobodys  # asked in both cases: the first one of a process makes it, whoever is named
        try:
            return self._hasher.verify(password_hash or nobodys, _normal(password))
        except (VerificationError, InvalidHashError):
            return False

    def _write(self, account_id: UUID, password: str) -> None:
        hashed = self._hasher.hash(_normal(password))
        with self._database.transaction(Role.AUTH) as connection:
            connection.execute(
                "insert into auth.credential (account_id, password_hash, set_at) values (%s, %s, now()) "
                "on conflict (account_id) do update set password_hash = excluded.password_hash, set_at = now()",
                (account_id, hashed),
            )

    @cached_property
    def _nobodys(self) -> str:
        """A hash of the same parameters for accounts that are not there, so that they take as long."""
        return self._hasher.hash("nobody's password, made when the process began")


def _normal(password: str) -> str:
    """One text for what two keyboards compose differently."""
    return unicodedata.normalize("NFC", password)


def _folded(text: str) -> str:
    """Without case and accents."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def _holds(password: str, names: Sequence[str]) -> bool:
    """Whether a word of three letters or more of the names is in it."""
    folded = _folded(password)
    return any(word in folded for name in names for word in _WORD.findall(_folded(name.partition("@")[0])))


def _is_common(password: str) -> bool:
    """Whether it is a common password, or one dressed up: capitals, look-alike signs, digits and signs around it."""
    plain = _folded(password)
    stripped = plain.rstrip(_EDGES)
    forms = (plain, stripped, stripped.lstrip(_EDGES))
    return any(_bare(dressed) in _common() for text in forms for dressed in (text, text.translate(_LEET)))


def _bare(text: str) -> str:
    """Of letters and digits alone, as the list has them."""
    return re.sub(r"[^a-z0-9]", "", text)


@cache
def _common() -> frozenset[str]:
    """The vendored list (its source and licence are at its head)."""
    text = resources.files(__package__).joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
