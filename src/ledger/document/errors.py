"""What a document refuses."""

from __future__ import annotations

from ledger.kit.errors import RuleBroken


class DocumentAlreadyWithdrawn(RuleBroken):
    code = "document-already-withdrawn"
    template = "Ce document est déjà retiré."


class TransferOfAnotherBeneficiary(RuleBroken):
    """Who holds the establishment reads the document: an avis must not land with somebody else."""

    code = "transfer-of-another-beneficiary"
    template = "Ce virement n'est pas celui de cet établissement."
