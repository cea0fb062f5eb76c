"""Pages of one form, for tests of forms: the portal's own machinery round two of the ledger's orders.

What they show holds for every page that gives an order; those come with the screens of users and employees.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from gateway.portal.forms import Form
from gateway.portal.ordering import order
from gateway.portal.pages import page_router, to
from gateway.portal.visit import Posting, Visit
from ledger.account.commands import DisableAccount
from ledger.organisation.commands import RegisterOrganisation

ORDER: Final = "/essai/organisation"
GRAVE: Final = "/essai/fin-de-compte"


def order_pages() -> APIRouter:
    """One page whose order is plain, and one whose order is grave; their rows of rights are the orders' own."""
    router = page_router()

    @router.post(ORDER, name="register_organisation")
    async def register(visit: Posting) -> Response:
        return _answer(visit, await order(visit, RegisterOrganisation, visit.form, told={"kinds": ["provider"]}))

    @router.post(GRAVE, name="disable_account")
    async def disable(visit: Posting) -> Response:
        return _answer(visit, await order(visit, DisableAccount, visit.form))

    return router


def _answer(visit: Visit, done: object) -> Response:
    if isinstance(done, Form):
        texts = [text for told in done.faults.values() for text in told]
        return visit.page("forgotten/form.html", status=422, form=done.with_faults({"": texts}), form_token="")
    return to("/of")
