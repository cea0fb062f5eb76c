"""What a lot and a transfer refuse."""

from __future__ import annotations

from ledger.kit.errors import RuleBroken
from ledger.kit.money import format_euros


class LotAlreadyReleased(RuleBroken):
    """The bank has the order: nothing goes in or out."""

    code = "lot-already-released"
    template = "Ce lot est déjà remis à la banque."


class LotNotReleased(RuleBroken):
    code = "lot-not-released"
    template = "Ce lot n'est pas encore remis à la banque."


class LotEmpty(RuleBroken):
    code = "lot-empty"
    template = "Ce lot ne contient aucun virement."


class ControlTotalsDiffer(RuleBroken):
    """Who releases says what is released: a transfer that slipped in or out meanwhile shows here."""

    code = "control-totals-differ"
    template = "Le lot compte {count} virement(s) pour {total} : vos totaux de contrôle diffèrent."

    def __init__(self, *, count: int, total_cents: int) -> None:
        super().__init__(count=count, total=format_euros(total_cents))


class FourEyes(RuleBroken):
    """A lot is released by another hand than any that prepared it (row B3)."""

    code = "four-eyes"
    template = "Ce lot est à remettre à la banque par une autre personne que celles qui l'ont préparé."


class BeneficiaryAlreadyInLot(RuleBroken):
    code = "beneficiary-already-in-lot"
    template = "Ce bénéficiaire a déjà un virement dans ce lot."


class InvoiceOfAnotherBeneficiary(RuleBroken):
    code = "invoice-of-another-beneficiary"
    template = "Une des factures est celle d'un autre bénéficiaire."


class TransferAlreadyPaid(RuleBroken):
    code = "transfer-already-paid"
    template = "Ce virement est déjà payé."


class TransferAlreadyRejected(RuleBroken):
    """A reissue is a new transfer; the rejected one is never edited."""

    code = "transfer-already-rejected"
    template = "Ce virement a été rejeté par la banque."


class TransferAlreadyWithdrawn(RuleBroken):
    code = "transfer-already-withdrawn"
    template = "Ce virement a été retiré de son lot."


class LineAmountDiffers(RuleBroken):
    """A past transfer paid what was approved, to the cent. `line` counts from 0."""

    code = "line-amount-differs"
    template = "Le montant de la ligne n'est pas celui qui a été approuvé pour cette facture."

    def __init__(self, *, line: int) -> None:
        self.line = line
        super().__init__(field="lines")
