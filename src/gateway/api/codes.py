"""Codes and their French labels: `{code, label}` wherever a code is shown to a person."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pydantic import BaseModel

from gateway.audiences import Stage
from ledger.account.events import Menu, Profile, Role
from ledger.document.categories import CATEGORIES
from ledger.document.events import Analysis, Side
from ledger.dossier.axes import Closing, Execution, Instruction
from ledger.dossier.scheme import Scheme
from ledger.organisation.events import OrganisationKind
from projections.dossier.status import Financial, Status
from projections.invoice.status import Status as InvoiceStatus
from projections.transfer.status import Status as TransferStatus


class Coded(BaseModel):
    """A code that programs compare, and the label that people read."""

    code: str
    label: str


SYSTEM: Final = "system"
ROLE_LABELS: Final[Mapping[str, str]] = {
    Role.PORTAL: "Utilisateur du portail",
    Role.CASE_MANAGER: "Gestionnaire de dossiers",
    Role.ACCOUNTANT: "Comptable",
    Role.AUDITOR: "Auditeur",
    Role.OPERATOR: "Exploitant",
    SYSTEM: "Système",
}
KIND_LABELS: Final[Mapping[str, str]] = {
    OrganisationKind.PROVIDER: "Organisme de formation",
    OrganisationKind.MEMBER: "Adhérent",
}
PROFILE_LABELS: Final[Mapping[str, str]] = {Profile.USER: "Utilisateur", Profile.REFERENT: "Référent"}
MENU_LABELS: Final[Mapping[str, str]] = {Menu.HR: "Ressources humaines", Menu.ACCOUNTING: "Comptabilité"}
ACTIVE: Final = "active"
EXPIRED: Final = "expired"
INVITED: Final = "invited"
SUSPENDED: Final = "suspended"
USER_STATE_LABELS: Final[Mapping[str, str]] = {
    ACTIVE: "Actif",
    SUSPENDED: "Inactif",
    INVITED: "Invitation envoyée",
    EXPIRED: "Invitation expirée",
}
"""« Statut » of a user in a team (row O20); an invitation expires with its link."""
STAGE_LABELS: Final[Mapping[str, str]] = {
    Stage.SECOND_FACTOR: "Second facteur attendu",
    Stage.ENROLMENT: "Second facteur à enregistrer",
    Stage.FULL: "Connexion complète",
}
SCHEME_LABELS: Final[Mapping[str, str]] = {scheme: scheme.label for scheme in Scheme}
CATEGORY_LABELS: Final[Mapping[str, str]] = {code: kind.label for code, kind in CATEGORIES.items()}
SIDE_LABELS: Final[Mapping[str, str]] = {
    Side.FUND: "Fonds",
    Side.MEMBER: "Adhérent",
    Side.PROVIDER: "Organisme de formation",
}
ANALYSIS_LABELS: Final[Mapping[str, str]] = {
    Analysis.NONE: "Non analysé",
    Analysis.AWAITED: "Analyse en cours",
    Analysis.CLEAN: "Analysé",
    Analysis.INFECTED: "Infecté",
}


class DocumentState(StrEnum):
    """What became of a document: how far its analysis came, until it is withdrawn."""

    AWAITED = Analysis.AWAITED.value
    NONE = Analysis.NONE.value
    CLEAN = Analysis.CLEAN.value
    INFECTED = Analysis.INFECTED.value
    WITHDRAWN = "withdrawn"


DOCUMENT_STATE_LABELS: Final[Mapping[str, str]] = {
    DocumentState.AWAITED: "Reçu, analyse en cours",
    DocumentState.NONE: "Transmis (non analysé)",
    DocumentState.CLEAN: "Transmis (analysé)",
    DocumentState.INFECTED: "En quarantaine",
    DocumentState.WITHDRAWN: "Retiré",
}
"""« Déposé », then what became of it: transmitted once nothing was found in it, or where nothing is searched."""
STATUS_LABELS: Final[Mapping[str, str]] = {
    Status.ONGOING: "En cours",
    Status.SETTLED: "Soldé",
    Status.CANCELLED: "Annulé",
    Status.REFUSED: "Refusé",
}
INSTRUCTION_LABELS: Final[Mapping[str, str]] = {
    Instruction.UNDER_REVIEW: "En instruction",
    Instruction.AGREED: "Accordé",
    Instruction.REFUSED: "Refusé",
}
EXECUTION_LABELS: Final[Mapping[str, str]] = {
    Execution.NOT_STARTED: "Non commencée",
    Execution.STARTED: "Commencée",
    Execution.BROKEN_OFF: "Rompue",
    Execution.FINISHED: "Terminée",
}
FINANCIAL_LABELS: Final[Mapping[str, str]] = {
    Financial.UNCOMMITTED: "Non engagé",
    Financial.COMMITTED: "Engagé",
    Financial.APPROVED: "À payer",
    Financial.PAID: "Payé",
    Financial.SETTLED: "Soldé",
}
CLOSING_LABELS: Final[Mapping[str, str]] = {
    Closing.OPEN: "Ouvert",
    Closing.SETTLED: "Soldé",
    Closing.CLOSED: "Clos",
    Closing.CANCELLED: "Annulé",
}
INVOICE_STATUS_LABELS: Final[Mapping[str, str]] = {
    InvoiceStatus.RECEIVED: "Reçue",
    InvoiceStatus.DISPUTED: "En litige",
    InvoiceStatus.APPROVED: "Approuvée",
    InvoiceStatus.SCHEDULED: "Mise au virement",
    InvoiceStatus.PAID: "Payée",
}
TRANSFER_STATUS_LABELS: Final[Mapping[str, str]] = {
    TransferStatus.PREPARED: "Préparé",
    TransferStatus.RELEASED: "Ordonné",
    TransferStatus.PAID: "Payé",
    TransferStatus.REJECTED: "Rejeté par la banque",
    TransferStatus.WITHDRAWN: "Retiré",
}
TRANSFER_WAY: Final = "transfer"
MODE_LABELS: Final[Mapping[str, str]] = {TRANSFER_WAY: "Virement"}
"""« Mode » of a règlement (row O34): the fund pays by SEPA transfer, and in no other way."""

CIVILITY_LABELS: Final[Mapping[str, str]] = {"Madame": "Madame", "Monsieur": "Monsieur"}
"""What forms offer; what a back office wrote otherwise stays as it is, so that it is a text everywhere else."""


def coded(code: str, labels: Mapping[str, str]) -> Coded:
    """A code that no label is known for shows as itself: a newer worker may have folded it."""
    return Coded(code=code, label=labels.get(code, code))


def as_coded(code: str, labels: Mapping[str, str]) -> dict[str, str]:
    """The same as a mapping, for the rows of long lists."""
    return {"code": code, "label": labels.get(code, code)}
