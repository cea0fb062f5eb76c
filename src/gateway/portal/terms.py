"""« RGPD et CGU » (rows O4 to O6): asked before anything else, and to be read again at any time."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.api.belonging import read_belongings
from gateway.api.establishment_reading import EstablishmentSearch, EstablishmentShown, read_establishments
from gateway.api.problems import Problem, not_found
from gateway.api.terms import GONE, TermsAnswer, accept, refuse
from gateway.portal.forms import Form, checked
from gateway.portal.pages import page_router, to
from gateway.portal.spaces import home_of, page_of_ours
from gateway.portal.visit import BACK, SIGN_IN, Posting, Visit, Visiting
from gateway.terms.rendering import html_of

router: Final = page_router()
_ACCEPT: Final = "accept"
_REFUSE: Final = "refuse"


@router.get("/conditions", name="show_terms")
async def show_terms(visit: Visiting) -> Response:
    """The text, the undertakings, who answers, and the two answers; without them once it was accepted (row O6)."""
    return await _page(visit, Form.of({BACK: page_of_ours(visit.query().text(BACK))}))


@router.get("/conditions/{version}.md", name="show_terms_text")
async def show_terms_text(visit: Visiting, version: str) -> Response:
    """The very bytes of a version, whose hash an answer records."""
    text = visit.service.terms.version(version)
    if text is None:
        raise not_found()
    name = f"conditions-{text.version}.md"
    return Response(
        text.text.encode(),
        media_type="text/markdown",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )


@router.post("/conditions", name="answer_terms")
async def answer_terms(visit: Posting) -> Response:
    """Accepted: on to what was asked for, however often it is clicked. Refused: recorded too, and the session ends (row
    O5).
    """
    said = visit.form.text("answer")
    answer = checked(TermsAnswer, visit.form, fields={"version", "sha256"})
    if isinstance(answer, Form) or said not in {_ACCEPT, _REFUSE}:
        return await _page(visit, visit.form.with_fault("", "Choisissez une réponse."), status=422)
    try:
        return await (_accepted if said == _ACCEPT else _refused)(visit, answer)
    except Problem as refused:
        if refused.code != "terms-changed":
            raise
        return to(visit.path("show_terms"), said="conditions-changees")


async def _accepted(visit: Visit, answer: TermsAnswer) -> Response:
    await accept(visit.request, visit.caller, answer)
    return to(page_of_ours(visit.form.text(BACK)) or home_of(visit.spaces))


async def _refused(visit: Visit, answer: TermsAnswer) -> Response:
    await refuse(visit.request, visit.caller, answer)
    return to(SIGN_IN, said="conditions-refusees", headers=GONE)


async def _page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    text = visit.service.terms.current
    belongings = (await read_belongings(visit.call)).shown
    return visit.page(
        "terms/page.html",
        status=status,
        form=form,
        back=form.text(BACK),
        text=text,
        html=html_of(text.text),
        accepted=visit.caller.terms == text.version,
        organisations=[each.name for each in belongings if not each.suspended],
        place=await _place(visit),
    )


async def _place(visit: Visit) -> EstablishmentShown | None:
    """The first establishment held: whose address stands under the name of who answers."""
    if visit.caller.role != "portal":
        return None
    read = await read_establishments(visit.call, EstablishmentSearch(limit=1))
    return next(iter(read.shown.items), None)
