"""A log of the first release, whose documents were all the fund's and never analysed: it reads as it always did."""

from __future__ import annotations

import json
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from ledger.document.aggregate import Document
from ledger.document.commands import RecordAnalysis, WithdrawDocument
from ledger.document.events import DocumentDeposited, Side
from ledger.kit.ids import uuid7
from ledger.kit.names import versions_of
from ledger.log.appending import Append
from projections.document.queries import document
from projections.dossier.queries import dossier
from support.givens import DAY
from support.golden import path_of
from support.papers import ENGINE
from support.reading import STAFF, House, holder

NAME = "document.deposited.v1"


def deposited_then(house: House, dossier_id: UUID) -> UUID:
    """The row that the first release wrote, byte for byte but for whom it concerns."""
    payload = json.loads(json.loads(path_of(NAME).read_text(encoding="utf-8"))["payload"])
    payload |= {"dossier_ids": [str(dossier_id)], "establishment_id": None, "transfer_id": None}
    document_id = uuid7()
    event = StoredEvent(document_id, 1, NAME, json.dumps(payload).encode())
    house.ledger.log_recorder.append([Append([event], dossiers=[(dossier_id,)], command_id=uuid7())])
    return document_id


def test_an_old_agreement_is_seen_decided_on_and_analysed(house: House):
    """O31, O33: nobody loses sight of anything because a newer release has states."""
    dossier_id = house.givens.agreed_dossier()
    reader = holder(house.givens.provider_of(dossier_id))
    old = deposited_then(house, dossier_id)
    assert house.ask(reader, dossier, dossier_id).agreement_document_id == old
    found = house.ask(reader, document, old)
    assert (found.side, found.analysis, found.engine, found.own) == ("fund", "none", None, ())
    assert house.givens.state(Document, old).side is Side.FUND

    house.do(RecordAnalysis(document_id=old, verdict="infected", engine=ENGINE, threat="Eicar-Test"))
    assert house.ask(reader, dossier, dossier_id).agreement_document_id is None
    assert house.ask(STAFF, document, old).analysis == "infected"
    house.do(WithdrawDocument(document_id=old, reason="Infecté", on=DAY))
    assert house.ask(STAFF, document, old).withdrawn_on == DAY


def test_what_reads_rows_as_written_asks_for_every_version():
    assert versions_of(DocumentDeposited) == ["document.deposited.v2", NAME]
