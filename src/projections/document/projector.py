"""Documents, and the dossiers that show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from ledger.document.events import (
    TRANSMITTED,
    Analysis,
    Category,
    DocumentAnalysed,
    DocumentDeposited,
    DocumentWithdrawn,
    Side,
)
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
    """A document of several dossiers is seen by the parties of each, one dossier's link by its own parties alone.

    Until it is transmitted (nothing was found in it, or nothing is searched) it is seen by who handed it in alone.
    """

    NAME: ClassVar[str] = "document"
    VERSION: ClassVar[int] = 2
    TABLES: ClassVar[tuple[Table, ...]] = (
        Table(
            "document",
            key=("document_id",),
            columns=columns(
                document_id="uuid",
                side="text",
                category="text",
                name_sealed="text",
                digest_sealed="text",
                media_type="text",
                size_bytes="bigint",
                dossier_ids="uuid[]",
                establishment_id="uuid",
                transfer_id="uuid",
                deposited_on="date",
                deposited_by="uuid",
                withdrawn_on="date",
                reason_sealed="text",
                analysis="text",
                engine="text",
                threat="text",
                analysed_at="timestamptz",
                reach="uuid[]",
                own="uuid[]",
                visible="uuid[]",
                position="bigint",
                recorded_at="timestamptz",
                version="bigint",
            ),
            kept=False,
        ),
        Table(
            "dossier_document",
            key=("dossier_id", "document_id"),
            columns=columns(
                dossier_id="uuid",
                document_id="uuid",
                side="text",
                category="text",
                deposited_on="date",
                withdrawn_on="date",
                analysis="text",
                reach="uuid[]",
                own="uuid[]",
                visible="uuid[]",
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
        party = {data["establishment_id"]} - {None}
        own = () if data["side"] == Side.FUND else tuple(sorted(party))
        reach = set(party)
        for dossier_id in data["dossier_ids"]:
            seen_by = party | _shared_with(data, dossier_id, rows)
            reach |= seen_by
            _link(event, dossier_id, tuple(sorted(seen_by)), own, rows)
        rows.put(
            "document",
            {
                "document_id": event.id,
                "side": data["side"],
                "category": data["category"],
                "name_sealed": data["name"],
                "digest_sealed": data["plain_sha256"],
                "media_type": data["media_type"],
                "size_bytes": data["size_bytes"],
                "dossier_ids": data["dossier_ids"],
                "establishment_id": data["establishment_id"],
                "transfer_id": data["transfer_id"],
                "deposited_on": data["on"],
                "deposited_by": event.actor,
                "analysis": data["analysis"],
                "engine": data["engine"],
                "analysed_at": event.recorded_at if data["analysis"] == Analysis.CLEAN else None,
                "reach": sorted(reach),
                "own": own,
                "visible": _visible(data["analysis"], sorted(reach), own),
                "position": event.position,
                "recorded_at": event.recorded_at,
                "version": event.version,
            },
        )

    @on(
        DocumentAnalysed,
        needs=lambda e: (key("document", e.id), index("dossier_document", "document_id", e.id)),
    )
    def analysed(self, event: Entry, rows: Rows) -> None:
        verdict = event.data["verdict"]
        document = rows.get("document", event.id)
        if document is None:
            raise LookupError("the document was deposited earlier in the log")
        rows.change(
            "document",
            event.id,
            analysis=verdict,
            engine=event.data["engine"],
            threat=event.data["threat"],
            analysed_at=event.recorded_at,
            visible=_visible(verdict, document["reach"], document["own"]),
            version=event.version,
        )
        for link in rows.where("dossier_document", "document_id", event.id):
            visible = _visible(verdict, link["reach"], link["own"])
            rows.change("dossier_document", link["dossier_id"], event.id, analysis=verdict, visible=visible)

    @on(
        DocumentWithdrawn,
        needs=lambda e: (key("document", e.id), index("dossier_document", "document_id", e.id)),
    )
    def withdrawn(self, event: Entry, rows: Rows) -> None:
        day, reason = event.data["on"], event.data["reason"]
        rows.change("document", event.id, withdrawn_on=day, reason_sealed=reason, version=event.version)
        for link in rows.where("dossier_document", "document_id", event.id):
            rows.change("dossier_document", link["dossier_id"], event.id, withdrawn_on=day)


def _shared_with(data: Mapping[str, Any], dossier_id: str, rows: Rows) -> set[Any]:
    party = rows.get("document_party", dossier_id)
    if party is None:
        raise LookupError("the dossier was opened earlier in the log")
    return set(party["visible"]) if data["category"] in SHARED and data["side"] == Side.FUND else set()


def _visible(analysis: str, reach: Iterable[Any], own: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(reach if analysis in TRANSMITTED else own)


def _link(event: Entry, dossier_id: str, reach: tuple[Any, ...], own: tuple[Any, ...], rows: Rows) -> None:
    data = event.data
    visible = _visible(data["analysis"], reach, own)
    # In the order of the table's columns.
    what = (data["side"], data["category"], data["on"], None, data["analysis"])
    link = (dossier_id, event.id, *what, reach, own, visible)
    rows.add_values("dossier_document", [link])
