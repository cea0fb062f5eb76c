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


class CategoryNotHandedIn(RuleBroken):
    """Each category has its sides (the fund, a member, a provider) and its schemes."""

    code = "category-not-handed-in"
    template = "Cette catégorie de document ne se dépose pas sur ce dossier."


class AnalysisUnchanged(RuleBroken):
    """A scan that finds what the last one found records nothing."""

    code = "analysis-unchanged"
    template = "Cette analyse a le même résultat que la précédente."
