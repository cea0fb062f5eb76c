"""Light, dark, or as the device has it: chosen for this browser, by whoever comes, without a script."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.portal.forms import Form
from gateway.portal.look import LOOKS, SYSTEM, look_cookie, look_of
from gateway.portal.pages import page_router, set_cookie, to
from gateway.portal.visit import Guest, GuestPosting, Visitor

router: Final = page_router()
_FIELD: Final = "look"
_UNKNOWN: Final = "Choisissez l'une des apparences."


@router.get("/apparence", name="show_appearance")
async def show_appearance(visitor: Guest) -> Response:
    """The choice as it stands."""
    return _page(visitor, Form.of({_FIELD: look_of(visitor.request) or SYSTEM}))


@router.post("/apparence", name="choose_appearance")
async def choose_appearance(visitor: GuestPosting) -> Response:
    """Kept for a year, or forgotten where the device decides again."""
    asked = visitor.form.text(_FIELD)
    if asked not in {code for code, _ in LOOKS}:
        return _page(visitor, Form.of({_FIELD: SYSTEM}).with_fault(_FIELD, _UNKNOWN), status=422)
    set_cookie(visitor.request, look_cookie(asked))
    return to("/apparence", said="apparence")


def _page(visitor: Visitor, form: Form, *, status: int = 200) -> Response:
    token = visitor.form_token("choose_appearance")
    return visitor.page("information/appearance.html", status=status, form=form, looks=LOOKS, form_token=token)
