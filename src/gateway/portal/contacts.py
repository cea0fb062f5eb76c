"""The directory of regional offices (row O3): whom to ask for an account, or for anything else."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.portal.pages import page_router
from gateway.portal.visit import Guest

router: Final = page_router()
FIELD: Final = "departement"


@router.get("/contacts", name="show_contacts")
async def show_contacts(visitor: Guest) -> Response:
    """The office of a department; all of them where none is asked for, or none answers for it."""
    fund = visitor.service.fund
    form = visitor.query()
    asked = form.text(FIELD)
    found = fund.offices_of(asked) if asked else list(fund.offices)
    return visitor.page(
        "contacts/page.html", form=form, offices=found or fund.offices, unknown=bool(asked) and not found
    )
