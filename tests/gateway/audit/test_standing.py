"""The auditor's fold, on histories told event by event (row B5)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gateway.audit.effective import effective_days
from gateway.audit.replay import fields_of
from gateway.audit.standing import fold
from ledger.document.events import Category, DocumentAnalysed, DocumentDeposited, DocumentWithdrawn, Side
from ledger.dossier.events import (
    AgreementAmended,
    AgreementIssued,
    AgreementRefused,
    DossierCancelled,
    DossierClosed,
    DossierOpened,
    DossierSettled,
    ExecutionBrokenOff,
    ExecutionFinished,
    ExecutionStarted,
    PaymentRecorded,
    PaymentReserved,
    ReservationReleased,
    TraineeEnrolled,
    TraineeWithdrawn,
)
from ledger.dossier.scheme import Scheme
from ledger.invoice.events import (
    DisputeResolved,
    InvoiceApproved,
    InvoiceDisputed,
    InvoicePaid,
    InvoiceReceived,
    InvoiceScheduled,
    InvoiceUnscheduled,
    ServiceAttested,
)
from ledger.kit.ids import uuid7
from ledger.transfer.events import (
    Beneficiary,
    RejectReason,
    TransferLine,
    TransferPaid,
    TransferPrepared,
    TransferRejected,
)

from .histories import History, sealed

COMPANY, PROVIDER, INVOICE, TRANSFER, LOT = (uuid7() for _ in range(5))


def opened(**changes):
    facts = {
        "number": "1819009999.01",
        "scheme": Scheme.PLAN,
        "title": "Lecture de plans",
        "company_establishment_id": COMPANY,
        "provider_establishment_ids": (PROVIDER,),
        "starts_on": date(2023, 2, 1),
        "ends_on": date(2023, 6, 30),
        "on": date(2023, 1, 10),
    }
    return History().add(DossierOpened, **{**facts, **changes})


def invoiced(history):
    return history.add(
        InvoiceReceived,
        INVOICE,
        dossier_id=history.dossier_id,
        beneficiary_establishment_id=PROVIDER,
        reference="F-1",
        duplicate_key="k",
        issued_on=date(2023, 3, 1),
        starts_on=date(2023, 2, 1),
        ends_on=date(2023, 2, 28),
        net_cents=100_00,
        vat_rate_basis_points=0,
        vat_cents=0,
        gross_cents=100_00,
        on=date(2023, 3, 2),
    )


def approved(history):
    history.add(InvoiceApproved, INVOICE, amount_cents=100_00, on=date(2023, 3, 9))
    return history.add(PaymentReserved, invoice_id=INVOICE, amount_cents=100_00)


def prepared(history, transfer=TRANSFER, scheduled_on=date(2023, 3, 16), others=()):
    line = {
        "invoice_id": INVOICE,
        "dossier_id": history.dossier_id,
        "dossier_number": "1819009999.01",
        "invoice_reference": "F-1",
        "invoice_issued_on": date(2023, 3, 1),
        "starts_on": date(2023, 2, 1),
        "ends_on": date(2023, 2, 28),
        "scheme": Scheme.PLAN,
        "title": "Lecture de plans",
        "amount_cents": 100_00,
    }
    lines = tuple(TransferLine(**{**line, "dossier_id": dossier}) for dossier in (history.dossier_id, *others))
    history.add(
        TransferPrepared,
        transfer,
        lot_id=LOT,
        lot_reference="VIR901",
        scheduled_on=scheduled_on,
        beneficiary=Beneficiary(
            establishment_id=PROVIDER, siret="99900000200000", name=sealed(PROVIDER), postcode="00000", town="X"
        ),
        iban=sealed(PROVIDER),
        bic="PSSTFRPP",
        lines=lines,
        total_cents=100_00 * len(lines),
    )
    return history.add(InvoiceScheduled, INVOICE, lot_id=LOT, transfer_id=transfer)


def paid(history):
    history.add(TransferPaid, TRANSFER, on=date(2023, 3, 16))
    history.add(InvoicePaid, INVOICE, transfer_id=TRANSFER, on=date(2023, 3, 16))
    return history.add(
        PaymentRecorded, invoice_id=INVOICE, transfer_id=TRANSFER, amount_cents=100_00, on=date(2023, 3, 16)
    )


def standing(history):
    return fold(str(history.dossier_id), history.rows)


def standing_at(history, day):
    days = effective_days(history.rows)
    return fold(str(history.dossier_id), [event for event in history.rows if days[event.position] <= day])


def test_a_dossier_from_its_opening_to_its_settlement():
    """B5: each event leaves its mark on the axis that it belongs to, and on no other."""
    history = opened().add(AgreementIssued, amount_cents=150_00, on=date(2023, 1, 20))
    history.add(ExecutionStarted, on=date(2023, 2, 1))
    paid(prepared(approved(invoiced(history).add(ServiceAttested, INVOICE, on=date(2023, 3, 5)))))
    history.add(ExecutionFinished, on=date(2023, 6, 30)).add(DossierSettled, released_cents=50_00, on=date(2023, 7, 3))
    end = standing(history)
    assert (end.instruction, end.execution, end.closing) == ("agreed", "finished", "settled")
    assert (end.agreement_cents, end.reserved_cents, end.paid_cents, end.released_cents) == (
        150_00,
        100_00,
        100_00,
        50_00,
    )
    assert end.invoices[str(INVOICE)]["status"] == "paid"
    assert end.transfers[str(TRANSFER)] | {"status": "paid", "paid_on": "2023-03-16"} == end.transfers[str(TRANSFER)]
    assert standing(history.add(DossierClosed, on=date(2024, 1, 1))).closing == "closed"


def test_imported_history_reads_by_the_papers_dates():
    """All of it was recorded in one night of 2026; on 9 March 2023 the invoice was approved, and not yet in a lot."""
    trainee = uuid7()
    history = opened().add(TraineeEnrolled, person_id=trainee, starts_on=date(2023, 2, 1), ends_on=date(2023, 6, 30))
    history.add(AgreementIssued, amount_cents=150_00, on=date(2023, 1, 20))
    paid(prepared(approved(invoiced(history))))

    assert not standing_at(history, date(2023, 1, 9)).exists
    january = standing_at(history, date(2023, 1, 31))
    assert (january.agreement_cents, january.as_json()["trainee_count"]) == (150_00, 0)
    assert standing_at(history, date(2023, 2, 1)).as_json()["trainee_count"] == 1
    on_approval = standing_at(history, date(2023, 3, 9))
    assert (on_approval.reserved_cents, on_approval.invoices[str(INVOICE)]["status"]) == (100_00, "approved")
    assert not on_approval.transfers
    assert standing_at(history, date(2023, 3, 15)).paid_cents == 0
    assert standing_at(history, date(2023, 3, 16)).paid_cents == 100_00


def test_the_day_of_an_event_without_a_paper_is_that_of_paris():
    """Recorded at 23:30 UTC on the 21st: in Paris it was the 22nd."""
    at = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    history = opened().add(TraineeWithdrawn, person_id=uuid7(), on=date(2023, 5, 1))
    history.add(TraineeEnrolled, at=at, person_id=uuid7(), starts_on=date(2027, 1, 4), ends_on=date(2027, 2, 4))
    assert list(effective_days(history.rows).values())[1:] == [date(2023, 5, 1), date(2026, 11, 22)]


def test_an_approval_taken_back_frees_its_part_of_the_agreement_on_the_day_of_the_dispute():
    history = approved(invoiced(opened().add(AgreementIssued, amount_cents=150_00, on=date(2023, 1, 20))))
    history.add(InvoiceDisputed, INVOICE, reason=sealed(history.dossier_id), on=date(2023, 4, 1))
    history.add(ReservationReleased, invoice_id=INVOICE, amount_cents=100_00)
    assert standing_at(history, date(2023, 3, 31)).reserved_cents == 100_00
    disputed = standing_at(history, date(2023, 4, 1))
    assert (disputed.reserved_cents, disputed.invoices[str(INVOICE)]["status"]) == (0, "disputed")
    history.add(DisputeResolved, INVOICE, on=date(2023, 4, 5))
    assert standing(history).invoices[str(INVOICE)]["status"] == "received"


def test_a_rejected_transfer_leaves_the_invoice_to_be_paid_again():
    history = prepared(approved(invoiced(opened())))
    history.add(TransferRejected, TRANSFER, reason=RejectReason.AC04, on=date(2023, 3, 20))
    history.add(InvoiceUnscheduled, INVOICE, transfer_id=TRANSFER)
    end = standing_at(history, date(2023, 3, 20))
    assert end.transfers[str(TRANSFER)]["reject_reason"] == "AC04"
    assert end.invoices[str(INVOICE)]["status"] == "approved"
    assert standing_at(history, date(2023, 3, 19)).invoices[str(INVOICE)]["status"] == "scheduled"


@pytest.mark.parametrize(
    ("event", "axis", "value"),
    [
        (AgreementRefused, "instruction", "refused"),
        (ExecutionBrokenOff, "execution", "broken-off"),
        (DossierCancelled, "closing", "cancelled"),
    ],
)
def test_what_ends_a_dossier_early(event, axis, value):
    history = opened()
    reason = sealed(history.dossier_id)
    assert getattr(standing(history.add(event, reason=reason, on=date(2023, 2, 2))), axis) == value


def test_an_amendment_replaces_the_terms_whole():
    history = opened().add(AgreementIssued, amount_cents=150_00, on=date(2023, 1, 20))
    history.add(
        AgreementAmended,
        amount_cents=120_00,
        title="Lecture de plans, module court",
        starts_on=date(2023, 2, 1),
        ends_on=date(2023, 5, 31),
        on=date(2023, 2, 20),
    )
    before, after = standing_at(history, date(2023, 2, 19)), standing(history)
    assert (before.agreement_cents, before.ends_on) == (150_00, "2023-06-30")
    assert (after.agreement_cents, after.ends_on, after.title) == (
        120_00,
        "2023-05-31",
        "Lecture de plans, module court",
    )


def test_documents_are_counted_and_traceable_after_their_withdrawal():
    document = uuid7()
    history = opened()
    history.add(
        DocumentDeposited,
        document,
        side=Side.FUND,
        category=Category.AGREEMENT.value,
        analysis="awaited",
        name=sealed(history.dossier_id),
        media_type="application/pdf",
        size_bytes=10,
        stored_bytes=38,
        stored_sha256="00" * 32,
        plain_sha256=sealed(document),
        dossier_ids=(history.dossier_id,),
        on=date(2023, 1, 20),
    )
    assert standing(history).documents[str(document)]["withdrawn"] is False
    history.add(DocumentAnalysed, document, verdict="clean", engine="ClamAV 1.4.6/27500")
    assert standing(history).documents[str(document)]["analysis"] == "clean"
    history.add(DocumentWithdrawn, document, reason=sealed(history.dossier_id), on=date(2023, 1, 21))
    assert standing(history).documents[str(document)]["withdrawn"] is True


def test_what_is_personal_and_what_is_another_dossiers_stay_out_of_a_replay():
    """A transfer pays many dossiers: the replay of one shows its own line, and the IBAN to nobody."""
    other = uuid7()
    history = prepared(opened(), others=(other,))
    event = next(row for row in history.rows if row.name == "transfer.prepared.v1")
    fields = fields_of(event, str(history.dossier_id))
    assert fields["iban"] == "scellé"
    assert fields["beneficiary"]["name"] == "scellé"
    assert [line["dossier_id"] for line in fields["lines"]] == [str(history.dossier_id)]
    assert "sealed:" not in str(fields)
    assert standing(history).transfers[str(TRANSFER)]["amount_cents"] == 100_00
