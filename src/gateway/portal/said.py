"""What a page says once of what was just done: a code in the address, from this closed table alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

PARAMETER: Final = "fait"


class Said(NamedTuple):
    """`kind` is a banner's: good, mark or wrong."""

    kind: str
    text: str


SAID: Final[Mapping[str, Said]] = MappingProxyType(
    {
        "deconnexion": Said("good", "Vous êtes déconnecté."),
        "session-finie": Said("mark", "Votre session est terminée, rien n'a été enregistré. Connectez-vous à nouveau."),
        "trop-d-essais": Said("wrong", "Trop de codes erronés : reprenez la connexion depuis le début."),
        "conditions-acceptees": Said("good", "Vous avez accepté les conditions d'utilisation."),
        "conditions-refusees": Said(
            "mark", "Vous avez refusé les conditions d'utilisation : l'espace reste fermé. Vous pouvez changer d'avis."
        ),
        "conditions-changees": Said("mark", "Le texte des conditions a changé : relisez-le avant de répondre."),
        "session-prolongee": Said("good", "Votre session est prolongée."),
        "session-close": Said("good", "La session est terminée."),
        "sessions-closes": Said("good", "Vos autres sessions sont terminées."),
        "mot-de-passe": Said("good", "Votre mot de passe est changé ; vos autres sessions sont terminées."),
        "adresse-demandee": Said(
            "mark",
            "Un message vient d'être envoyé à votre adresse actuelle et à la nouvelle. "
            "L'adresse ne changera qu'une fois confirmée aux deux.",
        ),
        "cle": Said("good", "La clé d'accès est enregistrée."),
        "cle-retiree": Said("good", "La clé d'accès est retirée."),
        "application": Said("good", "L'application d'authentification est enregistrée."),
        "application-retiree": Said("good", "L'application d'authentification est retirée."),
        "invitation": Said("good", "L'invitation est envoyée : le lien qu'elle contient est valable 24 heures."),
        "invitation-relancee": Said("good", "L'invitation est renvoyée : les liens précédents n'ouvrent plus rien."),
        "invitation-retiree": Said("good", "L'invitation est retirée : ses liens n'ouvrent plus."),
        "salarie": Said("good", "Le salarié est ajouté à votre liste. Vous pouvez maintenant lui donner un accès."),
        "utilisateur": Said("good", "Les modifications de l'utilisateur sont enregistrées."),
        "utilisateur-desactive": Said("good", "L'utilisateur est désactivé : son accès est fermé dès maintenant."),
        "utilisateur-reactive": Said("good", "L'utilisateur est réactivé."),
        "utilisateur-retire": Said("good", "L'utilisateur n'a plus d'accès à votre organisation."),
        "utilisateurs": Said("good", "Les modifications sont enregistrées."),
        "depot": Said("good", "Les fichiers sont déposés : leur état est dans la liste."),
        "depot-deja": Said("mark", "Ces fichiers étaient déjà déposés ici : rien n'a été ajouté."),
        "document-retire": Said("good", "Le document est retiré : il n'est plus montré qu'au fonds et à l'auditeur."),
        "favoris": Said("good", "Vos outils favoris sont enregistrés."),
        "apparence": Said("good", "L'apparence est enregistrée pour ce navigateur."),
        "pieces": Said("good", "Vos fichiers sont déposés : leur état est dans la liste."),
        "pieces-deja": Said("mark", "Ces fichiers étaient déjà déposés : rien n'a été ajouté."),
        "rien-a-changer": Said("mark", "Aucune case n'avait changé : rien n'a été enregistré."),
    }
)
