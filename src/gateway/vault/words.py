"""What an operator is told of the documents' store, in French."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.vault.store import LockRefused, StoreUnavailable, StoreUnfit, VaultFault

_LACKING: Final[Mapping[str, str]] = {
    "hard-links": "les liens physiques : DATA_DIR/vault doit tenir sur un seul système de fichiers, qui en ait",
    "versioning": "les versions du compartiment (bucket versioning), à activer",
    "versions": "une version pour ce qui vient d'être écrit",
    "ranges": "la lecture par plages",
    "object-lock": "le verrou d'objets, qui se choisit à la création du compartiment (S3_LOCK)",
    "lock-read-back": "un verrou qui se relit tel qu'il a été posé",
    "lock-not-shortened": "le refus de raccourcir un verrou",
    "lock-not-deleted": "le refus de supprimer ce qui est verrouillé",
}
_REASONS: Final[Mapping[str, str]] = {
    "refused": "personne ne répond à l'adresse de S3_ENDPOINT",
    "timeout": "il ne répond pas à temps",
    "tls": "son certificat n'est pas reconnu",
    "cut": "la connexion est coupée",
    "lost": "ce qui lui a été confié n'y est pas",
    "secret": "il refuse S3_ACCESS_KEY ou la clé secrète",
    "denied": "il refuse l'opération à S3_ACCESS_KEY",
    "skew": "son horloge et celle de cette machine diffèrent de plus d'un quart d'heure",
    "bucket": "le compartiment de S3_ENDPOINT n'existe pas",
    "full": "il n'a plus de place",
    "disk": "le disque est en panne, en lecture seule ou interdit",
    "server": "il est en erreur",
}


def told(fault: VaultFault) -> str:
    """A fault of the store in a few words that go after « : », no full stop."""
    if isinstance(fault, StoreUnfit):
        return f"il lui manque {_LACKING.get(fault.lacking, fault.lacking)}"
    if isinstance(fault, StoreUnavailable):
        return _REASONS.get(fault.reason, _REASONS["server"])
    if isinstance(fault, LockRefused):
        return "un verrou n'a pas pu être posé"
    return "un document manque ou y est déjà"
