"""What an organisation refuses."""

from __future__ import annotations

from ledger.kit.errors import RuleBroken


class OrganisationKindAlreadyHeld(RuleBroken):
    code = "organisation-kind-already-held"
    template = "Cette organisation a déjà cette qualité."
