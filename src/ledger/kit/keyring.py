"""The keyring: one key per person, dossier or document, and what is done with it.

Keys live in a database of their own, wrapped under the master key. Destroying one erases for ever what was sealed under
it, in the log, in every read model and in every copy, while the log's hashes, made over the ciphertext, still verify.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.kit.errors import RuleBroken
from ledger.kit.key_cache import Held, KeyCache
from ledger.kit.key_store import KeyStore, migrate
from ledger.kit.master_key import Damaged, KeyringFault, MasterKey, MasterKeyFault
from ledger.kit.personal import ERASED, Erased, Personal

__all__ = ["Damaged", "Keyring", "KeyringFault", "MasterKey", "MasterKeyFault", "SubjectErased", "migrate"]

_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16


class SubjectErased(RuleBroken):
    """Nothing more can be written about a person (or a dossier) whose data was erased."""

    code = "erased"
    template = "Ces données personnelles ont été effacées : plus rien ne peut y être ajouté."


class Keyring:
    """Seals and opens personal data. Thread-safe; close it, or use it as a context manager.

    An unreachable database raises, always: only a missing or destroyed key opens to ERASED. A key destroyed by another
    process stays usable here for `ttl_seconds` at most. `retired` are the master keys of other epochs, given while a
    rotation is under way; `others` finds those that are put in place while this process runs.
    """

    def __init__(
        self,
        url: str,
        master: MasterKey,
        *,
        retired: Sequence[MasterKey] = (),
        others: Callable[[], Iterable[MasterKey]] = tuple,
        cache_size: int = 50_000,
        ttl_seconds: float = 60.0,
    ) -> None:
        self._store = KeyStore(url, master, retired, others)
        self._cache = KeyCache(cache_size, ttl_seconds)
        self._derived: dict[str, bytes] = {}

    def ensure(self, subjects: Iterable[UUID]) -> None:
        """Create the keys that are missing, committed when this returns: a key commits before its first event.

        Destroyed keys stay destroyed, silently: it is sealing under one that is refused.
        """
        wanted = set(subjects)
        missing = wanted - self._hold(wanted).keys()
        if missing:
            self._keep(self._cache.deadline(), self._store.create(missing))

    def seal(self, subject: UUID, text: str) -> Personal[str]:
        """`text` under the key of `subject`, made where it has none; SubjectErased where it was destroyed."""
        held = self._cache.get(subject) or self._ensured(subject)
        if held.cipher is None:
            raise SubjectErased
        nonce = os.urandom(_NONCE_BYTES)
        return Personal(subject, nonce + held.cipher.encrypt(nonce, text.encode(), held.bound))

    def open(self, sealed: Personal[Any]) -> str | Erased:
        """The clear text, or ERASED where the key is missing or destroyed; Damaged where the box is not its own."""
        return _opened(self._one(sealed.subject), sealed)

    def open_many(self, sealed: Iterable[Personal[Any]]) -> list[str | Erased]:
        """As `open`, in order, with one query for all the keys that are not in memory."""
        boxes = list(sealed)
        held = self._hold({box.subject for box in boxes})
        return [_opened(held.get(box.subject), box) for box in boxes]

    def key(self, subject: UUID) -> bytes | None:
        """The 32 bytes of a subject's key; None where it is missing or destroyed."""
        held = self._one(subject)
        return held.key if held else None

    def is_destroyed(self, subject: UUID) -> bool:
        """True where the key was destroyed: a subject that never had one, or whose row was lost, is no erasure."""
        held = self._one(subject)
        return held is not None and held.key is None

    def digest(self, kind: str, value: str) -> bytes:
        """32 bytes by which equal values of one kind are found without being stored: HMAC-SHA-256.

        Never a bare hash: the NIRs can all be tried in minutes. Each kind has its own key (HKDF), so that an e-mail and
        a login that are equal do not look it. Values are compared as they are: normalise before.
        """
        if kind not in self._derived:
            secret = self._store.secret("digest")
            self._derived[kind] = HKDF(SHA256(), 32, salt=None, info=f"digest:{kind}".encode()).derive(secret)
        return hmac.digest(self._derived[kind], value.encode(), hashlib.sha256)

    def destroy(self, subject: UUID) -> None:
        """Erase a subject's key for ever, also where it never had one. Repeating it changes nothing."""
        deadline = self._cache.deadline()
        self._store.destroy(subject)
        self._keep(deadline, {subject: None})

    def rotate(self, new: MasterKey) -> int:
        """Wrap every key anew under `new`: see `KeyStore.rotate`. Sealed values do not change."""
        return self._store.rotate(new)

    def close(self) -> None:
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _one(self, subject: UUID) -> Held | None:
        return self._cache.get(subject) or self._hold([subject]).get(subject)

    def _ensured(self, subject: UUID) -> Held:
        self.ensure([subject])
        return self._hold([subject])[subject]

    def _hold(self, subjects: Iterable[UUID]) -> dict[UUID, Held]:
        """The keys that exist, from memory or from one query; returned whole, since the cache may be smaller."""
        held: dict[UUID, Held] = {}
        absent: list[UUID] = []
        for subject in subjects:
            cached = self._cache.get(subject)
            if cached is None:
                absent.append(subject)
            else:
                held[subject] = cached
        if absent:
            held |= self._keep(self._cache.deadline(), self._store.load(absent))
        return held

    def _keep(self, deadline: float, keys: Mapping[UUID, bytes | None]) -> dict[UUID, Held]:
        held = {subject: Held.of(subject, key, deadline) for subject, key in keys.items()}
        self._cache.put(held.items())
        return held


def _opened(held: Held | None, sealed: Personal[Any]) -> str | Erased:
    if held is None or held.cipher is None:
        return ERASED
    if len(sealed.box) < _NONCE_BYTES + _TAG_BYTES:
        raise Damaged(f"a value sealed for {sealed.subject} is cut short")
    try:
        return held.cipher.decrypt(sealed.box[:_NONCE_BYTES], sealed.box[_NONCE_BYTES:], held.bound).decode()
    except InvalidTag:
        raise Damaged(f"a value sealed for {sealed.subject} does not open") from None
