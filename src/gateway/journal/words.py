"""The French words of the journal's kinds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

KIND_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sign-in": "Connexion",
        "sign-out": "Déconnexion",
        "second-factor": "Second facteur",
        "refusal": "Action refusée",
        "password": "Mot de passe",
        "link": "Lien",
        "session": "Session",
        "token": "Jeton",
        "rights": "Droits",
        "mandate": "Mandat",
        "terms": "Conditions d'utilisation",
        "email": "Adresse e-mail",
        "registration": "Inscription",
        "oidc": "Connexion par l'organisation",
        "journal": "Consultation du journal",
        "document": "Document envoyé",
    }
)
