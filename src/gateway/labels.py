"""The French label of each published event: what a person reads in a dossier's history and in a replay.

One table for every place that shows events, so that the same fact bears the same words everywhere. The glossary
(`docs/glossary.md`) is the arbiter of the terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EVENT_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "account.created.v1": "Compte créé",
        "account.disabled.v1": "Compte désactivé",
        "account.email-changed.v1": "Adresse électronique du compte modifiée",
        "account.enabled.v1": "Compte réactivé",
        "account.membership-changed.v1": "Rattachement modifié",
        "account.membership-ended.v1": "Rattachement terminé",
        "account.membership-granted.v1": "Rattachement accordé",
        "account.membership-resumed.v1": "Utilisateur réactivé dans l'organisme",
        "account.membership-suspended.v1": "Utilisateur désactivé dans l'organisme",
        "account.menu-rights-set.v1": "Rubriques de l'utilisateur choisies",
        "account.terms-accepted.v1": "Conditions d'utilisation acceptées",
        "account.terms-refused.v1": "Conditions d'utilisation refusées",
        "document.analysed.v1": "Document analysé",
        "document.deposited.v1": "Document déposé",
        "document.deposited.v2": "Document déposé",
        "document.withdrawn.v1": "Document retiré",
        "dossier.agreement-amended.v1": "Avenant à l'accord de prise en charge",
        "dossier.agreement-issued.v1": "Accord de prise en charge",
        "dossier.agreement-refused.v1": "Prise en charge refusée",
        "dossier.cancelled.v1": "Dossier annulé",
        "dossier.closed.v1": "Dossier clos",
        "dossier.execution-broken-off.v1": "Rupture",
        "dossier.execution-finished.v1": "Fin de l'action de formation",
        "dossier.execution-started.v1": "Début de l'action de formation",
        "dossier.opened.v1": "Dossier ouvert",
        "dossier.payment-recorded.v1": "Règlement enregistré",
        "dossier.payment-reserved.v1": "Montant réservé sur l'accord",
        "dossier.reservation-released.v1": "Réservation levée",
        "dossier.settled.v1": "Dossier soldé",
        "dossier.trainee-enrolled.v1": "Stagiaire inscrit",
        "dossier.trainee-withdrawn.v1": "Stagiaire retiré",
        "establishment.bank-details-recorded.v1": "Coordonnées bancaires enregistrées",
        "establishment.moved.v1": "Adresse de l'établissement modifiée",
        "establishment.nda-changed.v1": "Numéro de déclaration d'activité modifié",
        "establishment.registered.v1": "Établissement enregistré",
        "establishment.renamed.v1": "Raison sociale de l'établissement modifiée",
        "invitation.accepted.v1": "Invitation acceptée",
        "invitation.sent-again.v1": "Invitation envoyée de nouveau",
        "invitation.sent.v1": "Invitation envoyée",
        "invitation.withdrawn.v1": "Invitation retirée",
        "invoice.approved.v1": "Facture approuvée",
        "invoice.dispute-resolved.v1": "Litige levé",
        "invoice.disputed.v1": "Facture en litige",
        "invoice.paid.v1": "Facture payée",
        "invoice.received.v1": "Facture reçue",
        "invoice.scheduled.v1": "Facture mise au virement",
        "invoice.service-attested.v1": "Service fait",
        "invoice.unscheduled.v1": "Facture retirée du virement",
        "lot.opened.v1": "Lot ouvert",
        "lot.released.v1": "Lot libéré",
        "lot.transfer-added.v1": "Virement ajouté au lot",
        "lot.transfer-removed.v1": "Virement retiré du lot",
        "organisation.contact-recorded.v1": "Contact de l'organisme noté",
        "organisation.kind-added.v1": "Qualité ajoutée à l'organisme",
        "organisation.referent-named.v1": "Référent désigné",
        "organisation.referent-stepped-down.v1": "Référent retiré",
        "organisation.registered.v1": "Organisme enregistré",
        "organisation.renamed.v1": "Nom de l'organisme modifié",
        "person.employment-began.v1": "Salarié rattaché à un organisme",
        "person.employment-ended.v1": "Salarié retiré d'un organisme",
        "person.registered.v1": "Personne enregistrée",
        "person.renamed.v1": "Nom de la personne modifié",
        "transfer.paid.v1": "Virement payé",
        "transfer.prepared.v1": "Virement préparé",
        "transfer.rejected.v1": "Virement rejeté par la banque",
        "transfer.withdrawn.v1": "Virement retiré",
    }
)


def event_label(name: str) -> str:
    """The label of a published name; the name itself where this version knows none (a newer writer's event)."""
    return EVENT_LABELS.get(name, name)
