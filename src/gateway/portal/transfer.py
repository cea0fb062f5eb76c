"""Règlements as a provider sees them: the list, and one with its lines (rows O40 to O42)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.responses import Response

from gateway.api.params import Params
from gateway.api.problems import of_refusal
from gateway.api.reading import Read
from gateway.api.shapes import Listed
from gateway.api.transfer_reading import TransferParams, TransferRow, read_transfer, read_transfers
from gateway.portal.forms import Form, checked, faults_of
from gateway.portal.listing import establishment_choices, link, placed
from gateway.portal.live import followed
from gateway.portal.pages import PAGE_ROWS, page_router
from gateway.portal.visit import Visit, Visiting
from ledger.kit.errors import Invalid

_FIELDS: Final = ("establishment_id",)
router: Final = page_router()


@router.get("/reglements", name="show_transfers")
async def show_transfers(visit: Visiting) -> Response:
    """The list (row O40), newest first. Nothing that it is filtered by is personal."""
    form = visit.query()
    form, read = await _read(visit, form)
    listing = read.shown if read else None
    path = visit.path("show_transfers")
    told = {name: text for name, text in form.fields.items() if name != "cursor"}
    following = listing.next_cursor if listing else None
    return visit.page(
        "transfer/list.html",
        status=422 if listing is None else 200,
        form=form,
        listing=listing,
        live=followed(visit, "transfers", read) if read else None,
        filtered=bool(form.text("establishment_id")),
        establishments=await establishment_choices(visit),
        following=link(path, {**told, "cursor": following}) if following else None,
        first=link(path, told) if form.text("cursor") else None,
    )


async def _read(visit: Visit, form: Form) -> tuple[Form, Read[Listed[TransferRow]] | None]:
    asked = checked(TransferParams, form)
    if isinstance(asked, Form):
        return placed(asked, _FIELDS), None
    try:
        return form, await read_transfers(visit.call, asked.model_copy(update={"limit": PAGE_ROWS}))
    except Invalid as refused:  # a cursor that was made up
        return placed(form.with_faults(faults_of(of_refusal(refused))), _FIELDS), None


@router.get("/reglements/{transfer_id}", name="show_transfer")
async def show_transfer(visit: Visiting, transfer_id: UUID) -> Response:
    """« RÈGLEMENT N° VIR550 » (row O41): the sum of the lines is the total, always."""
    transfer = await read_transfer(visit.call, transfer_id, Params())
    live = followed(visit, "transfers", transfer, thing=transfer_id)
    return visit.page("transfer/detail.html", transfer=transfer.shown, live=live)
