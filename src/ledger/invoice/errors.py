"""What an invoice refuses."""

from __future__ import annotations

from ledger.kit.errors import RuleBroken
from ledger.kit.money import format_euros


class ServiceAlreadyAttested(RuleBroken):
    code = "service-already-attested"
    template = "Le service fait de cette facture est déjà attesté."


class InvoiceAlreadyApproved(RuleBroken):
    code = "invoice-already-approved"
    template = "Cette facture est déjà approuvée."


class InvoiceNotApproved(RuleBroken):
    """Only what is approved is paid."""

    code = "invoice-not-approved"
    template = "Cette facture n'est pas approuvée."


class InvoiceInDispute(RuleBroken):
    code = "invoice-in-dispute"
    template = "Cette facture est en litige."


class InvoiceNotInDispute(RuleBroken):
    code = "invoice-not-in-dispute"
    template = "Cette facture n'est pas en litige."


class InvoiceAlreadyScheduled(RuleBroken):
    """It is a line of a transfer already: no other can take it, and it cannot be disputed there."""

    code = "invoice-already-scheduled"
    template = "Cette facture est déjà dans un virement."


class InvoiceNotScheduled(RuleBroken):
    code = "invoice-not-scheduled"
    template = "Cette facture n'est pas dans ce virement."


class InvoiceAlreadyPaid(RuleBroken):
    code = "invoice-already-paid"
    template = "Cette facture est déjà payée."


class ApprovalAboveInvoice(RuleBroken):
    """Less than what is billed may be approved; never more."""

    code = "approval-above-invoice"
    template = "Le montant approuvé dépasse celui de la facture ({gross})."

    def __init__(self, *, gross_cents: int) -> None:
        super().__init__(field="amount_cents", gross=format_euros(gross_cents))
