"""Parts of a space that are still to come: what they will be for, and what one does until then.

They stand in the menu, since those who use the portal know them by name; their pages say plainly that they are not
there yet, and whom to ask. A part that is built leaves this list, and its menu entry leads to its page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gateway.portal.spaces import ADHERENT, GESTION


@dataclass(frozen=True)
class Part:
    """`code` stands in the address. `action` is what its menu entry is shown for: the right that it will build on."""

    code: str
    label: str
    icon: str
    action: str
    what: str
    meanwhile: str


_MEMBER: Final = (
    Part(
        "messagerie",
        "Messagerie",
        "messages",
        "list_sessions",
        "Écrire au gestionnaire de chacun de vos dossiers, et retrouver tous les échanges, lus ou non.",
        "Adressez-vous à votre contact en rappelant le numéro du dossier.",
    ),
    Part(
        "demande-de-prise-en-charge",
        "Faire une demande de prise en charge",
        "request",
        "list_dossiers",
        "Saisir une demande, la garder en brouillon, vérifier qu'elle est complète et la transmettre avec ses pièces.",
        "Transmettez votre demande et ses pièces à votre contact. Le dossier apparaît ici dès qu'il est ouvert.",
    ),
    Part(
        "contributions",
        "Déclarer mes contributions",
        "contributions",
        "list_transfers",
        "Déclarer la masse salariale, l'effectif et les contributions de l'année.",
        "Déclarez vos contributions par la voie habituelle ; votre contact vous l'indique.",
    ),
    Part(
        "bordereau",
        "Saisie de votre bordereau de collecte",
        "documents",
        "list_transfers",
        "Remplir le bordereau de collecte, par nature de contribution, avec son total.",
        "Remplissez le bordereau que vous avez reçu ; votre contact répond à vos questions.",
    ),
    Part(
        "versements",
        "Suivre mes versements",
        "history",
        "list_transfers",
        "Voir les versements reçus et ce qui reste à verser.",
        "Demandez l'état de vos versements à votre contact.",
    ),
)
_STAFF: Final = (
    Part(
        "liste-de-travail",
        "Ma liste de travail",
        "request",
        "open_dossier",
        "Les demandes à instruire : les miennes, celles que personne n'a prises, par échéance.",
        "Les ordres sur un dossier (accord, refus, avenant, clôture) sont donnés par l'interface de programmation.",
    ),
    Part(
        "factures",
        "Factures et service fait",
        "documents",
        "receive_invoice",
        "Recevoir une facture, attester le service fait, l'approuver, la mettre en litige et lever le litige.",
        "Ces ordres sont donnés par l'interface de programmation, chacun par la personne qui en a le droit.",
    ),
    Part(
        "comptes",
        "Comptes et accès",
        "users",
        "get_account",
        "Créer un compte, donner et retirer un accès, désactiver un compte.",
        "Ces ordres sont donnés par l'interface de programmation, ou par la commande « dossier-ledger account ».",
    ),
    Part(
        "lots",
        "Lots de virement",
        "transfers",
        "list_lots",
        "Voir les lots de la semaine : montants, bénéficiaires, réponses de la banque.",
        "Les lots se lisent par l'interface de programmation ; les règlements qui en viennent sont dans cet espace.",
    ),
    Part(
        "journal",
        "Journal de sécurité",
        "history",
        "list_journal",
        "Lire qui s'est connecté, qui a été refusé, quel droit a changé.",
        "Le journal se lit par la commande « dossier-ledger journal list », ou par l'interface de programmation.",
    ),
    Part(
        "modeles-de-lecture",
        "Modèles de lecture",
        "lots",
        "list_projections",
        "Voir le retard de chaque modèle de lecture et ce qui a échoué.",
        "L'état se lit par la commande « dossier-ledger projections status ».",
    ),
)

UPCOMING: Final[Mapping[str, tuple[Part, ...]]] = MappingProxyType({ADHERENT.prefix: _MEMBER, GESTION.prefix: _STAFF})
"""By the prefix of the space."""


def part(prefix: str, code: str) -> Part | None:
    """The part of this address; None where there is none."""
    return next((each for each in UPCOMING.get(prefix, ()) if each.code == code), None)
