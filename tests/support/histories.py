"""Histories made of random orders on the real ledger: what is refused is refused, the rest is recorded."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from ledger.document.commands import RecordAnalysis, WithdrawDocument
from ledger.document.events import Category, Side
from ledger.dossier import commands as dossiers
from ledger.dossier.aggregate import Dossier
from ledger.dossier.scheme import Scheme
from ledger.establishment import commands as establishments
from ledger.invoice import commands as invoices
from ledger.invoice.aggregate import Invoice
from ledger.kit.command import Command
from ledger.organisation.commands import AddOrganisationKind, RenameOrganisation
from ledger.organisation.events import OrganisationKind
from ledger.person.commands import RegisterPerson, RenamePerson
from ledger.transfer import commands as transfers
from ledger.transfer.events import RejectReason
from ledger.transfer.lot import Lot
from support.histories_of_people import PEOPLE
from support.papers import ENGINE, paper
from support.playing import DAY, ORDERS, History, chain, simple

__all__ = ["DAY", "ORDERS", "History"]


def _open_dossier(h: History) -> None:
    starts_on = h.day()
    h.do(
        "dossier",
        lambda: dossiers.OpenDossier(
            number=f"{h.number():010d}.01",
            scheme=h.random.choice(list(Scheme)),
            title="Conduite",
            company_establishment_id=h.any("member"),
            provider_establishment_ids=h.some("provider", 3),
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=30),
            on=DAY,
        ),
    )


def _enrol(h: History) -> None:
    named: dict[str, Any] = {"last_name": h.name(), "first_name": h.name()}
    if h.random.random() < 0.5 and h.ids.get("trainee"):
        named = {"person_id": h.any("trainee")}
    h.do(
        "trainee",
        lambda: dossiers.EnrolTrainee(dossier_id=h.any("dossier"), **named, starts_on=DAY, ends_on=DAY),
    )


def _withdraw_trainee(h: History) -> None:
    dossier_id = h.any("dossier")
    enrolled = list(h.state(Dossier, dossier_id).trainees)
    h.do(
        None,
        lambda: dossiers.WithdrawTrainee(dossier_id=dossier_id, person_id=h.random.choice(enrolled), on=h.day()),
    )


def _amend(h: History) -> None:
    starts_on = h.day()
    h.do(
        None,
        lambda: dossiers.AmendAgreement(
            dossier_id=h.any("dossier"),
            amount_cents=h.cents() * 3,
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=h.random.randint(0, 60)),
            on=DAY,
        ),
    )


def _receive_invoice(h: History) -> None:
    cents, dossier_id = h.cents(), h.any("dossier")
    dossier = h.state(Dossier, dossier_id)
    h.do(
        "invoice",
        lambda: invoices.ReceiveInvoice(
            dossier_id=dossier_id,
            beneficiary_establishment_id=h.random.choice(dossier.provider_establishment_ids),
            reference=f"F{h.number()}",
            issued_on=DAY,
            starts_on=DAY,
            ends_on=DAY,
            net_cents=cents,
            gross_cents=cents,
            on=h.day(),
        ),
    )


def _prepare(h: History) -> None:
    """Some approved invoices of one beneficiary, in an open lot where there is one."""

    def order() -> Command:
        known = [h.state(Invoice, each) for each in h.ids.get("invoice", [])]
        beneficiary = h.random.choice(
            [each for each in known if each.status == "approved"]
        ).beneficiary_establishment_id
        payable = [
            each.id for each in known if each.status == "approved" and each.beneficiary_establishment_id == beneficiary
        ]
        return transfers.PrepareTransfer(
            lot_id=h.ids["lot"][-1], beneficiary_establishment_id=beneficiary, invoice_ids=tuple(payable[:3])
        )

    h.do("transfer", order)


TO_PREPARATION = ("open dossier", "agree", "receive invoice", "approve", "open lot", "prepare")
OVER = ("finish", "break off")


def _release(h: History) -> None:
    def order() -> Command:
        lot = h.state(Lot, h.ids["lot"][-1])
        if not lot.transfer_count:
            raise LookupError
        return transfers.ReleaseLot(
            lot_id=lot.id, transfer_count=lot.transfer_count, total_cents=lot.total_cents, on=DAY
        )

    h.do(None, order)


def _deposit(h: History) -> None:
    establishment_id = h.any("provider") if h.random.random() < 0.5 else None
    h.do(
        "document",
        lambda: paper(
            h.random.choice(list(Category)),
            analysis=h.random.choice(("none", "awaited", "clean")),
            dossier_ids=h.some("dossier", 2),
            establishment_id=establishment_id,
            on=h.day(),
        ),
    )


def _hand_in(h: History) -> None:
    """By a member or a provider, on a dossier of its own."""
    dossier = h.state(Dossier, h.any("dossier"))
    side = h.random.choice((Side.MEMBER, Side.PROVIDER))
    parties = (dossier.company_establishment_id,) if side is Side.MEMBER else dossier.provider_establishment_ids
    h.do(
        "document",
        lambda: paper(
            h.random.choice((Category.OTHER, Category.CONTRACT)),
            side=side,
            analysis=h.random.choice(("none", "awaited", "clean")),
            dossier_ids=(dossier.id,),
            establishment_id=h.random.choice(parties),
        ),
    )


def _register_person(h: History) -> None:
    h.do("trainee", lambda: RegisterPerson(last_name=h.name(), first_name=h.name()))


def _open_lot(h: History) -> None:
    h.do("lot", lambda: transfers.OpenLot(reference=f"VIR{h.number()}", scheduled_on=DAY))


def _on(h: History) -> date:
    return h.day()


def _reason(_: History) -> str:
    return "Motif"


def _names(h: History) -> str:
    return h.name()


def _verdict(h: History) -> str:
    return h.random.choice(("clean", "infected"))


ORDERS |= PEOPLE | {
    "open dossier": _open_dossier,
    "enrol": _enrol,
    "withdraw trainee": _withdraw_trainee,
    "agree": simple(dossiers.IssueAgreement, "dossier", "dossier_id", amount_cents=lambda h: h.cents() * 4, on=_on),
    "refuse": simple(dossiers.RefuseAgreement, "dossier", "dossier_id", reason=_reason, on=_on),
    "amend": _amend,
    "start": simple(dossiers.StartExecution, "dossier", "dossier_id", on=_on),
    "break off": simple(dossiers.BreakOffExecution, "dossier", "dossier_id", on=_on),
    "finish": simple(dossiers.FinishExecution, "dossier", "dossier_id", on=_on),
    "settle": simple(dossiers.SettleDossier, "dossier", "dossier_id", on=_on),
    "close": simple(dossiers.CloseDossier, "dossier", "dossier_id", on=_on),
    "cancel": simple(dossiers.CancelDossier, "dossier", "dossier_id", on=_on),
    "register person": _register_person,
    "rename person": simple(RenamePerson, "trainee", "person_id", last_name=_names, first_name=_names),
    "receive invoice": _receive_invoice,
    "attest": simple(invoices.AttestService, "invoice", "invoice_id", on=_on),
    "approve": simple(invoices.ApproveInvoice, "invoice", "invoice_id", on=_on),
    "dispute": simple(invoices.DisputeInvoice, "invoice", "invoice_id", reason=_reason, on=_on),
    "resolve": simple(invoices.ResolveDispute, "invoice", "invoice_id", on=_on),
    "open lot": _open_lot,
    "prepare": _prepare,
    "withdraw transfer": simple(transfers.WithdrawTransfer, "transfer", "transfer_id", on=_on),
    "release": _release,
    "pay": simple(transfers.PayTransfer, "transfer", "transfer_id", on=_on),
    "reject": simple(transfers.RejectTransfer, "transfer", "transfer_id", reason=lambda h: RejectReason.AC04, on=_on),
    "pay through": chain(*TO_PREPARATION, "release", "pay"),
    "settle through": chain(*TO_PREPARATION, "release", "pay", "enrol", "start", OVER, "settle", "close"),
    "reject through": chain(*TO_PREPARATION, "release", "reject"),
    "withdraw through": chain(*TO_PREPARATION, "withdraw transfer"),
    "dispute through": chain(*TO_PREPARATION[:3], ("attest", "approve"), "dispute", "resolve"),
    "train through": chain("open dossier", "enrol", "enrol", "withdraw trainee", "start", OVER),
    "end through": chain("open dossier", ("refuse", "cancel"), "close"),
    "deposit": _deposit,
    "hand in": _hand_in,
    "analyse": simple(RecordAnalysis, "document", "document_id", verdict=_verdict, engine=lambda h: ENGINE),
    "withdraw document": simple(WithdrawDocument, "document", "document_id", reason=_reason, on=_on),
    "rename establishment": simple(
        establishments.RenameEstablishment, "provider", "establishment_id", name=_names, trade_name=_names
    ),
    "move": simple(
        establishments.MoveEstablishment,
        "member",
        "establishment_id",
        street=_names,
        postcode=lambda h: "59000",
        town=lambda h: "Lille",
    ),
    "change nda": simple(establishments.ChangeNda, "provider", "establishment_id", nda=lambda h: "11990000000"),
    "rename organisation": simple(RenameOrganisation, "member organisation", "organisation_id", name=_names),
    "add kind": simple(
        AddOrganisationKind, "member organisation", "organisation_id", kind=lambda h: OrganisationKind.PROVIDER
    ),
}
