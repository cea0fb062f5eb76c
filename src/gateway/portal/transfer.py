"""Règlements as a provider sees them: the list, and one with its lines (rows O40 to O42)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.responses import Response

from gateway.api.params import Params
from gateway.api.shapes import Listed
from gateway.api.transfer_reading import TransferParams, TransferRow, read_transfer, read_transfers
from gateway.portal.forms import Form, checked
from gateway.portal.links import establishment_choices, link
from gateway.portal.pages import PAGE_ROWS, page_router
from gateway.portal.visit import Visiting

router: Final = page_router()


@router.get("/reglements", name="show_transfers")
async def show_transfers(visit: Visiting) -> Response:
    """The list (row O40), newest first. Nothing that it is filtered by is personal."""
    form = visit.query()
    asked = checked(TransferParams, form)
    listing: Listed[TransferRow] | None = None
    if isinstance(asked, Form):
        form = asked
    else:
        listing = (await read_transfers(visit.call, asked.model_copy(update={"limit": PAGE_ROWS}))).shown
    path = visit.path("show_transfers")
    told = {name: text for name, text in form.fields.items() if name != "cursor"}
    following = listing.next_cursor if listing else None
    return visit.page(
        "transfer/list.html",
        status=422 if listing is None else 200,
        form=form,
        listing=listing,
        filtered=bool(form.text("establishment_id")),
        establishments=await establishment_choices(visit),
        following=link(path, {**told, "cursor": following}) if following else None,
        first=link(path, told) if form.text("cursor") else None,
    )


@router.get("/reglements/{transfer_id}", name="show_transfer")
async def show_transfer(visit: Visiting, transfer_id: UUID) -> Response:
    """« RÈGLEMENT N° VIR550 » (row O41): the sum of the lines is the total, always."""
    transfer = await read_transfer(visit.call, transfer_id, Params())
    return visit.page("transfer/detail.html", transfer=transfer.shown)
