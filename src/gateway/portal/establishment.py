"""Establishments as those who hold them see them: the list with its filters, one of them, its documents
(rows O50, O51).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from gateway.api.establishment_reading import (
    EstablishmentParams,
    EstablishmentSearch,
    EstablishmentShown,
    read_establishment,
    read_establishment_documents,
    read_establishments,
)
from gateway.api.params import PageParams, Params
from gateway.api.problems import not_found, of_refusal
from gateway.api.shapes import Listed
from gateway.portal import searches
from gateway.portal.forms import Form, checked, faults_of
from gateway.portal.listing import link, placed
from gateway.portal.pages import PAGE_ROWS, page_router, to
from gateway.portal.visit import Posting, Visit, Visiting
from ledger.account.events import Role
from ledger.kit.errors import Invalid

router: Final = page_router()

_KIND: Final = "establishments"
_FIELDS: Final = ("number", "name", "siret", "nda", "trade_name")
_GROUPED: Final = ("siret", "nda")
"""Numbers that people copy in groups of three."""

_NAMES: Final = frozenset({"name", "trade_name"})
"""A sole trader's are a person's: they are posted, and stand in no address."""


@router.get("/etablissements", name="show_establishments")
async def show_establishments(visit: Visiting) -> Response:
    """The list (row O50). A name is no parameter of its address: it is refused as an unknown one."""
    asked = visit.query()
    search = asked.text(searches.PARAMETER)
    if not search:
        return await _listed(visit, _ungrouped(asked), EstablishmentParams, {})
    kept = await searches.found(visit, _KIND, search)
    form = Form.of({**kept, "cursor": asked.text("cursor") or None})
    return await _listed(visit, form, EstablishmentSearch, {searches.PARAMETER: search})


@router.post("/etablissements/recherche", name="look_for_establishments")
async def look_for_establishments(visit: Posting) -> Response:
    """The filters, posted: without a name they go on in the address, with one as the id of what was kept."""
    form = _ungrouped(visit.form)
    asked = checked(EstablishmentSearch, form)
    if isinstance(asked, Form):
        return await _listed(visit, form, EstablishmentSearch, {})
    filters = asked.model_dump(mode="json", exclude_defaults=True)
    path = visit.path("show_establishments")
    if not _NAMES & filters.keys():
        return to(link(path, filters))
    kept = await searches.keep(visit, _KIND, filters)
    return to(link(path, {searches.PARAMETER: str(kept)}))


@router.get("/etablissements/{establishment_id}", name="show_establishment")
async def show_establishment(visit: Visiting, establishment_id: UUID) -> Response:
    """Tab ÉTABLISSEMENT (row O51): what is on file, the account that is paid, and how to change it."""
    establishment = await read_establishment(visit.call, establishment_id, Params())
    return _tab(visit, establishment.shown, "establishment")


@router.get("/etablissements/{establishment_id}/documents", name="show_establishment_documents")
async def show_establishment_documents(visit: Visiting, establishment_id: UUID) -> Response:
    """Tab DOCUMENT (row O51): its avis de virement, each under its own name, newest first."""
    asked = checked(PageParams, visit.query())
    if isinstance(asked, Form):
        raise not_found()
    establishment = await read_establishment(visit.call, establishment_id, Params())
    paged = asked.model_copy(update={"limit": PAGE_ROWS})
    documents = (await read_establishment_documents(visit.call, establishment_id, paged)).shown
    here = visit.path("show_establishment_documents", establishment_id=establishment_id)
    following = link(here, {"cursor": documents.next_cursor}) if documents.next_cursor else None
    first = here if asked.cursor else None
    rows = {"documents": documents.items, "sides": visit.caller.role is not Role.PORTAL}
    return _tab(visit, establishment.shown, "documents", **rows, following=following, first=first)


async def _listed(visit: Visit, form: Form, model: type[EstablishmentParams], search: Mapping[str, str]) -> Response:
    """The page of the list for what `form` asks; with its faults and no rows where it asks what cannot be."""
    form, listing = await _read(visit, form, model)
    path = visit.path("show_establishments")
    told = search or {name: text for name, text in form.fields.items() if name != "cursor"}
    following = listing.next_cursor if listing else None
    return visit.page(
        "establishment/list.html",
        status=422 if listing is None else 200,
        form=form,
        listing=listing,
        filtered=bool(form.asked(_FIELDS)),
        following=link(path, {**told, "cursor": following}) if following else None,
        first=link(path, told) if form.text("cursor") else None,
    )


async def _read(
    visit: Visit, form: Form, model: type[EstablishmentParams]
) -> tuple[Form, Listed[EstablishmentShown] | None]:
    asked = checked(model, form)
    if isinstance(asked, Form):
        return placed(asked, _FIELDS), None
    wanted = EstablishmentSearch(**{**asked.model_dump(), "limit": PAGE_ROWS})
    try:
        return form, (await read_establishments(visit.call, wanted)).shown
    except Invalid as refused:  # a name of one letter, a cursor that was made up
        return placed(form.with_faults(faults_of(of_refusal(refused))), _FIELDS), None


def _ungrouped(form: Form) -> Form:
    """« 999 000 011 00012 » is the number that it is read as."""
    values = dict(form.values)
    for name in _GROUPED:
        if name in values:
            values[name] = tuple(re.sub(r"\s", "", text) for text in values[name])
    return Form(values)


def _tab(visit: Visit, establishment: EstablishmentShown, current: str, **shown: Any) -> Response:
    """One of the establishment's two pages."""
    ids = {"establishment_id": establishment.establishment_id}
    tabs = [
        ("establishment", "Établissement", visit.path("show_establishment", **ids), None),
        ("documents", "Document", visit.path("show_establishment_documents", **ids), None),
    ]
    template = "establishment/documents.html" if current == "documents" else "establishment/sheet.html"
    return visit.page(template, establishment=establishment, tabs=tabs, current=current, **shown)
