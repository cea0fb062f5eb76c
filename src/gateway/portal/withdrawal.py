"""A document is withdrawn by the staff, with a reason: asked for, read once more, then done (rows B1, E14).

For those whom it was shown to it is not there any more; the staff and the auditor still see it, and why it is gone.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.document_reading import read_document
from gateway.api.document_rows import DocumentShown
from gateway.api.params import Params
from gateway.portal.forms import DEMAND, EMPTY, Form, checked
from gateway.portal.ordering import new_demand, order
from gateway.portal.pages import page_router, to
from gateway.portal.visit import Posting, Visit, Visiting
from ledger.document.commands import WithdrawDocument
from ledger.kit.clock import paris_day, system_clock
from ledger.kit.text import FreeText

router: Final = page_router()
_REASON: Final = "reason"
_ON: Final = "on"
_CONFIRMED: Final = "confirmed"


class _Asked(BaseModel):
    """What the staff type; the day is the day on which they do."""

    reason: FreeText


@router.get("/documents/{document_id}/retrait", name="show_withdrawal")
async def show_withdrawal(visit: Visiting, document_id: UUID) -> Response:
    """The form; of a document that is withdrawn already, the list that says since when, and why."""
    document = (await read_document(visit.call, document_id, Params())).shown
    if document.withdrawn_on is not None:
        return to(list_of(visit, document))
    return _form(visit, document, EMPTY)


@router.post("/documents/{document_id}/retrait", name="withdraw_document_page")
async def withdraw(visit: Posting, document_id: UUID) -> Response:
    """What was typed is shown once more; the form of that page gives the order."""
    document = (await read_document(visit.call, document_id, Params())).shown
    told = visit.form
    asked = checked(_Asked, told, fields=(_REASON,))
    if isinstance(asked, Form):
        return _form(visit, document, asked)
    if not told.text(_CONFIRMED):
        today = paris_day(system_clock()).isoformat()
        form = Form.of({_REASON: asked.reason, _ON: today, DEMAND: new_demand()})
        back = list_of(visit, document)
        return visit.page("document/withdrawal_confirmed.html", document=document, form=form, back=back)
    given = Form.of({name: told.text(name) for name in (_REASON, _ON, DEMAND)})
    done = await order(visit, WithdrawDocument, given, told={"document_id": str(document_id)})
    if isinstance(done, Form):
        return _form(visit, document, done)
    return to(list_of(visit, document), said="document-retire")


def list_of(visit: Visit, document: DocumentShown) -> str:
    """The address of a list that has the document: of its first dossier, else of its establishment."""
    if document.dossier_ids:
        return visit.path("show_dossier_documents", dossier_id=document.dossier_ids[0])
    return visit.path("show_establishment_documents", establishment_id=document.establishment_id)


def _form(visit: Visit, document: DocumentShown, form: Form) -> Response:
    status = 422 if form.faults else 200
    back = list_of(visit, document)
    return visit.page("document/withdrawal.html", status=status, document=document, form=form, back=back)
