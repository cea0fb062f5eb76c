"""What an establishment refuses."""

from __future__ import annotations

from ledger.kit.errors import RuleBroken


class SiretOfAnotherOrganisation(RuleBroken):
    """The first nine digits of a SIRET are the SIREN of its organisation (source: INSEE, SIRENE)."""

    code = "siret-of-another-organisation"
    template = "Ce SIRET n'est pas celui d'un établissement de cette organisation."


class BankDetailsMissing(RuleBroken):
    """Nothing can be paid without an IBAN and a BIC that are in force on the day (row O11)."""

    code = "bank-details-missing"
    template = "Cet établissement n'a pas de coordonnées bancaires en vigueur à cette date."
