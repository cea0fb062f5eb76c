"""What a dossier refuses."""

from __future__ import annotations

from ledger.kit.errors import RuleBroken
from ledger.kit.money import format_euros


class DossierNotOpen(RuleBroken):
    """Settled, closed or cancelled: it changes no more."""

    code = "dossier-not-open"
    template = "Ce dossier est soldé, clos ou annulé : il ne change plus."


class AgreementAlreadyIssued(RuleBroken):
    code = "agreement-already-issued"
    template = "L'accord de prise en charge de ce dossier est déjà donné : faites un avenant."


class AgreementAlreadyRefused(RuleBroken):
    code = "agreement-already-refused"
    template = "La prise en charge de ce dossier a été refusée."


class AgreementMissing(RuleBroken):
    code = "agreement-missing"
    template = "Ce dossier n'a pas d'accord de prise en charge."


class AgreementExceeded(RuleBroken):
    """The sum of what is approved never exceeds the agreement."""

    code = "agreement-exceeded"
    template = "Le montant dépasse l'accord de prise en charge : il reste {left} à engager."

    def __init__(self, *, left_cents: int) -> None:
        super().__init__(field="amount_cents", left=format_euros(left_cents))


class AgreementBelowReserved(RuleBroken):
    """An amendment cannot take back what invoices already approved or paid have taken."""

    code = "agreement-below-reserved"
    template = "L'avenant est inférieur aux factures déjà approuvées ou payées ({reserved})."

    def __init__(self, *, reserved_cents: int) -> None:
        super().__init__(field="amount_cents", reserved=format_euros(reserved_cents))


class TraineeAlreadyEnrolled(RuleBroken):
    code = "trainee-already-enrolled"
    template = "Ce stagiaire est déjà inscrit à ce dossier."


class TraineeNotEnrolled(RuleBroken):
    code = "trainee-not-enrolled"
    template = "Ce stagiaire n'est pas inscrit à ce dossier."


class ExecutionAlreadyStarted(RuleBroken):
    code = "execution-already-started"
    template = "La formation a déjà commencé."


class ExecutionNotStarted(RuleBroken):
    code = "execution-not-started"
    template = "La formation n'a pas commencé."


class ExecutionAlreadyOver(RuleBroken):
    code = "execution-already-over"
    template = "La formation est déjà terminée ou rompue."


class ExecutionEndsBeforeItStarts(RuleBroken):
    code = "execution-ends-before-it-starts"
    template = "La fin de la formation précède son début."


class PaymentAlreadyReserved(RuleBroken):
    code = "payment-already-reserved"
    template = "Le montant de cette facture est déjà réservé sur ce dossier."


class PaymentNotReserved(RuleBroken):
    code = "payment-not-reserved"
    template = "Le montant de cette facture n'est pas réservé sur ce dossier, ou il est déjà payé."


class PaymentsOutstanding(RuleBroken):
    """What is approved is due: a dossier is settled once all of it is paid."""

    code = "payments-outstanding"
    template = "Des factures approuvées ne sont pas encore payées ({outstanding})."

    def __init__(self, *, outstanding_cents: int) -> None:
        super().__init__(outstanding=format_euros(outstanding_cents))


class PaymentsReserved(RuleBroken):
    """A dossier is cancelled only when nothing is approved or paid on it."""

    code = "payments-reserved"
    template = "Des factures de ce dossier sont approuvées ou payées ({reserved}) : il ne peut plus être annulé."

    def __init__(self, *, reserved_cents: int) -> None:
        super().__init__(reserved=format_euros(reserved_cents))


class DossierNotSettled(RuleBroken):
    code = "dossier-not-settled"
    template = "Ce dossier n'est ni soldé ni refusé : il ne peut pas être clos."


class NotPartyToDossier(RuleBroken):
    """Only the company's and the providers' establishments of a dossier can be paid on it."""

    code = "not-party-to-dossier"
    template = "Cet établissement n'est ni l'entreprise ni un organisme de formation de ce dossier."
