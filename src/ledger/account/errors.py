"""What an account refuses."""

from __future__ import annotations

from ledger.kit.errors import Forbidden, RuleBroken


class OperatorsAlone(Forbidden):
    """Who works for the fund, audits or operates it is an operator's to say: nobody gives a right they do not hold."""

    code = "operators-alone"
    template = "Seul un exploitant crée, désactive ou réactive un compte du fonds."


class NotAPortalAccount(RuleBroken):
    """Memberships bound what a portal account sees; those who work for the fund have none."""

    code = "not-a-portal-account"
    template = "Seul un compte du portail peut être rattaché à une organisation."


class MembershipAlreadyGranted(RuleBroken):
    code = "membership-already-granted"
    template = "Ce compte est déjà rattaché à cette organisation à ce titre."


class MembershipAbsent(RuleBroken):
    code = "membership-absent"
    template = "Ce compte n'est pas rattaché à cette organisation à ce titre."


class MembershipAlreadySuspended(RuleBroken):
    code = "membership-already-suspended"
    template = "Cet utilisateur est déjà désactivé dans cette organisation."


class MembershipNotSuspended(RuleBroken):
    code = "membership-not-suspended"
    template = "Cet utilisateur est déjà actif dans cette organisation."


class LastReferent(RuleBroken):
    """Somebody must be able to manage the organisation's users (row O25)."""

    code = "last-referent"
    template = "C'est le dernier référent de l'organisation : nommez d'abord un autre référent."


class MenuNotHeld(RuleBroken):
    """Nobody grants a right that they do not hold (row O25)."""

    code = "menu-not-held"
    template = "Vous ne pouvez accorder que les rubriques auxquelles vous avez accès."


class OrganisationNotOfThatKind(RuleBroken):
    code = "organisation-not-of-that-kind"
    template = "Cette organisation n'a pas cette qualité auprès du fonds."


class EstablishmentOfAnotherOrganisation(RuleBroken):
    code = "establishment-of-another-organisation"
    template = "Un des établissements n'appartient pas à cette organisation."


class AccountAlreadyDisabled(RuleBroken):
    code = "account-already-disabled"
    template = "Ce compte est déjà désactivé."


class AccountNotDisabled(RuleBroken):
    code = "account-not-disabled"
    template = "Ce compte est déjà actif."
