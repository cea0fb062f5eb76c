"""Stories of documents: they belong to somebody, keep their name sealed, and are withdrawn once."""

from __future__ import annotations

from ledger.document.aggregate import Document
from ledger.document.commands import RecordDeposit, WithdrawDocument
from ledger.document.errors import DocumentAlreadyWithdrawn, TransferOfAnotherBeneficiary
from ledger.document.events import Category, DocumentDeposited, DocumentWithdrawn
from ledger.kit.errors import Invalid, NotFound
from ledger.kit.ids import uuid7
from support.givens import DAY, Givens
from support.stories import Story, happened


def deposit(**belongings) -> RecordDeposit:
    return RecordDeposit(
        document_id=uuid7(),
        category=Category.AGREEMENT,
        name="Accord Zébulonne.pdf",
        media_type="application/pdf",
        size_bytes=1_000,
        stored_bytes=1_060,
        stored_sha256="a" * 64,
        plain_sha256="b" * 64,
        on=DAY,
        **belongings,
    )


def test_a_document_is_deposited_on_its_dossiers(story: Story, fund: Givens):
    """The name is sealed under the first dossier's key, the clear bytes' digest under the document's own."""
    dossiers = (fund.dossier(), fund.dossier())
    order = deposit(dossier_ids=dossiers)
    told = story.when(order)
    told.then(happened(DocumentDeposited, dossier_ids=dossiers, stored_sha256="a" * 64))
    assert told.events[0].dossiers == dossiers
    assert "Zébulonne" not in str(told.events)
    assert "b" * 64 not in str(told.events)
    assert told.events[0].data["plain_sha256"].startswith(f"sealed:{order.document_id}:")
    document = fund.state(Document, order.document_id)
    assert document.name.subject == dossiers[0]
    assert fund.ledger.keyring.open(document.name) == "Accord Zébulonne.pdf"


def test_a_document_belongs_to_somebody_that_exists(story: Story, fund: Givens):
    dossier_id = fund.dossier()
    story.when(deposit()).then_refused(Invalid, field="dossier_ids")
    story.when(deposit(dossier_ids=(dossier_id, dossier_id))).then_refused(Invalid, field="dossier_ids")
    story.when(deposit(dossier_ids=(uuid7(),))).then_refused(NotFound, field="dossier_ids")
    story.when(deposit(establishment_id=uuid7())).then_refused(NotFound, field="establishment_id")
    absent = deposit(establishment_id=fund.establishment(), transfer_id=uuid7())
    story.when(absent).then_refused(NotFound, field="transfer_id")


def test_an_avis_goes_to_the_beneficiary_of_its_transfer_alone(story: Story, fund: Givens):
    """Row O51: the avis de virement are in the establishment's DOCUMENT tab, and in nobody else's."""
    dossier_id = fund.agreed_dossier()
    transfer_id = fund.paid_transfer(dossier_id, fund.approved_invoice(dossier_id))
    stranger = deposit(establishment_id=fund.establishment(), transfer_id=transfer_id)
    story.when(stranger).then_refused(TransferOfAnotherBeneficiary, field="transfer_id")
    beneficiary = fund.provider_of(dossier_id)
    avis = deposit(establishment_id=beneficiary, transfer_id=transfer_id)
    story.when(avis).then(DocumentDeposited)
    assert fund.state(Document, avis.document_id).name.subject == beneficiary


def test_a_document_is_withdrawn_once(story: Story, fund: Givens):
    """No longer shown, still traceable; the reason is sealed like the name."""
    document_id = fund.do(deposit(dossier_ids=(fund.dossier(),)))
    withdraw = WithdrawDocument(document_id=document_id, reason="Déposé par erreur", on=DAY)
    told = story.when(withdraw)
    told.then(happened(DocumentWithdrawn, on=DAY))
    assert "erreur" not in str(told.events)
    story.when(withdraw).then_refused(DocumentAlreadyWithdrawn)
    story.when(withdraw.model_copy(update={"document_id": uuid7()})).then_refused(NotFound)
