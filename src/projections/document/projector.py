"""Documents, and the dossiers that show them."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from ledger.document.events import Category, DocumentDeposited, DocumentWithdrawn
from ledger.dossier.events import DossierOpened
from projections.engine import Entry, Need, Projector, Rows, Table, columns, index, key, new, on
from projections.parties import parties_of

SHARED: Final = frozenset({Category.AGREEMENT.value, Category.FUND_DOCUMENT.value})
"""What the fund shows to every party of a dossier (« DOCUMENTS {FONDS} »).

Anything else is its establishment's own: an avis tells one beneficiary of other companies' dossiers too, and a piece
that the company handed in (a contract has the NIR) is not the provider's to read.
"""


def _deposit(entry: Entry) -> tuple[Need, ...]:
    dossier_ids = entry.data["dossier_ids"]
    return (
        new("document", entry.id),
        *(key("document_party", dossier_id) for dossier_id in dossier_ids),
    )


class DocumentProjector(Projector):
    """A document of several dossiers is seen by the parties of each, one dossier's link by its own parties alone."""

    NAME: ClassVar[str] = "document"
    VERSION: ClassVar[int] = 1
    TABLES: ClassVar[tuple[Table, ...]] = (
        Table(
            "document",
            key=("document_id",),
            columns=columns(
                document_id="uuid",
                category="text",
                name_sealed="text",
                media_type="text",
                size_bytes="bigint",
                dossier_ids="uuid[]",
                establishment_id="uuid",
                transfer_id="uuid",
                deposited_on="date",
                withdrawn_on="date",
                visible="uuid[]",
                version="bigint",
            ),
            kept=False,
        ),
        Table(
            "dossier_document",
            key=("dossier_id", "document_id"),
            columns=columns(
                dossier_id="uuid", document_id="uuid", category="text", deposited_on="date", visible="uuid[]"
            ),
            indexes=("document_id",),
            kept=False,
        ),
        Table("document_party", key=("dossier_id",), columns=columns(dossier_id="uuid", visible="uuid[]")),
    )

    @on(DossierOpened, needs=lambda e: (new("document_party", e.id),))
    def dossier_opened(self, event: Entry, rows: Rows) -> None:
        rows.put("document_party", {"dossier_id": event.id, "visible": parties_of(event.data)})

    @on(DocumentDeposited, needs=_deposit)
    def deposited(self, event: Entry, rows: Rows) -> None:
        data = event.data
        own = {data["establishment_id"]} - {None}
        visible = set(own)
        for dossier_id in data["dossier_ids"]:
            seen_by = own | _shared_with(data["category"], dossier_id, rows)
            visible |= seen_by
            _link(event, dossier_id, seen_by, rows)
        rows.put(
            "document",
            {
                "document_id": event.id,
                "category": data["category"],
                "name_sealed": data["name"],
                "media_type": data["media_type"],
                "size_bytes": data["size_bytes"],
                "dossier_ids": data["dossier_ids"],
                "establishment_id": data["establishment_id"],
                "transfer_id": data["transfer_id"],
                "deposited_on": data["on"],
                "visible": sorted(visible),
                "version": event.version,
            },
        )

    @on(
        DocumentWithdrawn,
        needs=lambda e: (key("document", e.id), index("dossier_document", "document_id", e.id)),
    )
    def withdrawn(self, event: Entry, rows: Rows) -> None:
        rows.change("document", event.id, withdrawn_on=event.data["on"], version=event.version)
        for link in rows.where("dossier_document", "document_id", event.id):
            rows.delete("dossier_document", link["dossier_id"], event.id)


def _shared_with(category: str, dossier_id: str, rows: Rows) -> set[Any]:
    party = rows.get("document_party", dossier_id)
    if party is None:
        raise LookupError("the dossier was opened earlier in the log")
    return set(party["visible"]) if category in SHARED else set()


def _link(event: Entry, dossier_id: str, seen_by: set[Any], rows: Rows) -> None:
    # In the order of the table's columns.
    link = (dossier_id, event.id, event.data["category"], event.data["on"], tuple(sorted(seen_by)))
    rows.add_values("dossier_document", [link])
