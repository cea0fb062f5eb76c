"""Natural keys (SIRET, dossier number, lot) to the ids of what is there already, a batch at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from ledger.application import Ledger
from ledger.kit.errors import Invalid
from ledger.kit.keyring import Keyring

_HELD: Final = 200_000

Name = tuple[str, str]
"""A kind of claim and a value: `("siret", "…")`."""

_UNKNOWN: Final = {
    "siren": "Aucune organisation de ce SIREN n'est enregistrée.",
    "siret": "Aucun établissement de ce SIRET n'est enregistré.",
    "dossier-number": "Aucun dossier de ce numéro n'est enregistré.",
    "invoice": "Aucune facture de ce bénéficiaire n'a cette référence pour ce dossier et cette période.",
    "lot": "Aucun lot de cette référence n'est enregistré.",
}


class References:
    """What a natural key stands for. It remembers what it found, within bounds, and never what it did not find."""

    def __init__(self, ledger: Ledger, keyring: Keyring) -> None:
        self._ledger = ledger
        self._keyring = keyring
        self._found: OrderedDict[Name, UUID] = OrderedDict()

    def look_up(self, names: Iterable[Name]) -> None:
        """Fetch many names with one query for each kind."""
        digests: dict[str, dict[bytes, Name]] = {}
        for name in set(names) - self._found.keys():
            digests.setdefault(name[0], {})[self._keyring.digest(*name)] = name
        for kind, wanted in digests.items():
            self._keep(kind, wanted)
        while len(self._found) > _HELD:
            self._found.popitem(last=False)

    def find(self, kind: str, value: str) -> UUID | None:
        """The stream that a natural key stands for, or None."""
        if (kind, value) not in self._found:
            self.look_up([(kind, value)])
        return self._found.get((kind, value))

    def __call__(self, kind: str, value: str, *, field: str) -> UUID:
        """The stream that a natural key stands for; Invalid, naming `field`, where there is none."""
        found = self.find(kind, value)
        if found is None:
            raise Invalid(field=field, rule=_UNKNOWN[kind])
        return found

    def _keep(self, kind: str, wanted: dict[bytes, Name]) -> None:
        for digest, stream_id in self._ledger.log_recorder.select_claims(kind, wanted).items():
            self._found[wanted[digest]] = stream_id
