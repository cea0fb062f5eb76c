"""A dossier's documents: to its parties those that the fund shows them, to the staff all of them, with filters
(rows O31, O33, B1, E14).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from starlette.responses import Response

from gateway.api.codes import CATEGORY_LABELS, DOCUMENT_STATE_LABELS, SIDE_LABELS
from gateway.api.document_reading import (
    DocumentList,
    DossierDocumentParams,
    read_document_counts,
    read_dossier_documents,
)
from gateway.api.dossier_reading import read_dossier
from gateway.api.params import PageParams, Params
from gateway.api.problems import not_found
from gateway.portal.dossier import tab
from gateway.portal.forms import Form, checked
from gateway.portal.listing import link
from gateway.portal.pages import PAGE_ROWS, page_router
from gateway.portal.visit import Visit, Visiting
from ledger.account.events import Role

router: Final = page_router()

_FILTERS: Final = ("side", "category", "state")
_SIDES: Final = tuple(SIDE_LABELS.items())
_STATES: Final = tuple(DOCUMENT_STATE_LABELS.items())
_FEW: Final = 5
"""Rows among which nobody needs a filter."""


@router.get("/dossiers/{dossier_id}/documents", name="show_dossier_documents")
async def show_dossier_documents(visit: Visiting, dossier_id: UUID) -> Response:
    """Tab DOCUMENTS {FONDS} (row O33) of a party: its own pieces have a tab of their own. The staff's has all sides."""
    if visit.caller.role is not Role.PORTAL:
        return await _every(visit, dossier_id)
    asked = checked(PageParams, visit.query(), fields=("cursor",))
    if isinstance(asked, Form):
        raise not_found()
    wanted = DossierDocumentParams(side="fund", cursor=asked.cursor, limit=PAGE_ROWS)
    dossier = await read_dossier(visit.call, dossier_id, Params())
    documents = await read_dossier_documents(visit.call, dossier_id, wanted)
    around = _around(visit, dossier_id, {}, asked.cursor, documents.shown)
    return tab(visit, dossier, "documents", documents, documents=documents.shown.items, **around)


async def _every(visit: Visit, dossier_id: UUID) -> Response:
    """All sides and states, what was withdrawn too; codes alone are asked, which may stand in an address."""
    form = visit.query()
    asked = checked(DossierDocumentParams, form)
    if isinstance(asked, Form):
        raise not_found()
    dossier = await read_dossier(visit.call, dossier_id, Params())
    wanted = asked.model_copy(update={"limit": PAGE_ROWS})
    documents = await read_dossier_documents(visit.call, dossier_id, wanted)
    counts = await read_document_counts(visit.call, dossier_id)
    rows, narrowed = documents.shown.items, form.asked(_FILTERS)
    categories = [(code, label, counts.shown.get(code, 0)) for code, label in CATEGORY_LABELS.items()]
    return tab(
        visit,
        dossier,
        "staff_documents",
        documents,
        counts,
        key="documents",
        documents=rows,
        form=form,
        filtered=bool(narrowed),
        narrows=len(rows) > _FEW or bool(form.asked()),
        **_around(visit, dossier_id, narrowed, asked.cursor, documents.shown),
        counters=[(label, number) for _, label, number in categories if number],
        categories=[(code, f"{label} ({number})") for code, label, number in categories],
        sides=_SIDES,
        states=_STATES,
    )


def _around(
    visit: Visit, dossier_id: UUID, narrowed: Mapping[str, str], cursor: str | None, listing: DocumentList
) -> dict[str, str | None]:
    """The addresses of the next page and of the first."""
    here = visit.path("show_dossier_documents", dossier_id=dossier_id)
    following = link(here, {**narrowed, "cursor": listing.next_cursor}) if listing.next_cursor else None
    return {"following": following, "first": link(here, narrowed) if cursor else None}
