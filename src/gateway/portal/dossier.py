"""Dossiers as a provider sees them: the list with its counters and filters, one dossier, its tabs (rows O30 to O35)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from gateway.api.codes import SCHEME_LABELS
from gateway.api.dossier_history import read_history
from gateway.api.dossier_reading import (
    DossierParams,
    DossierSearch,
    DossierShown,
    read_dossier,
    read_dossiers,
    read_trainees,
)
from gateway.api.params import PageParams, Params
from gateway.api.problems import not_found, of_refusal
from gateway.api.reading import Read
from gateway.api.transfer_reading import read_dossier_transfers
from gateway.portal import searches
from gateway.portal.forms import Form, checked, faults_of
from gateway.portal.listing import establishment_choices, link, placed
from gateway.portal.live import followed
from gateway.portal.pages import PAGE_ROWS, page_router, to
from gateway.portal.timeline import steps_of
from gateway.portal.visit import Posting, Visit, Visiting
from ledger.account.events import Role
from ledger.kit.errors import Invalid
from ledger.organisation.events import OrganisationKind
from projections.dossier.sides import Side

router: Final = page_router()

_KIND: Final = "dossiers"
_PAGING: Final = ("sort", "cursor")
_FIELDS: Final = ("scheme", "establishment_id", "starts_from", "ends_until", "trainee_name", "number", "sort")
_SCHEMES: Final = tuple((code, f"{code} – {label}") for code, label in SCHEME_LABELS.items())
_SORTS: Final = (("-starts_on", "Les plus récents d'abord"), ("starts_on", "Les plus anciens d'abord"))
_TABS: Final = (
    ("trainees", "Stagiaire(s)", "show_dossier"),
    ("transfers", "Règlements", "show_dossier_transfers"),
    ("pieces", "Mes documents", "show_pieces"),
    ("documents", "Documents {fund}", "show_dossier_documents"),
    ("history", "Historique", "show_dossier_history"),
)


@router.get("/dossiers", name="show_dossiers")
async def show_dossiers(visit: Visiting) -> Response:
    """The list (rows O30, O31). A trainee's name is no parameter of its address: it is refused as an unknown one."""
    asked = visit.query()
    search = asked.text(searches.PARAMETER)
    if not search:
        return await _listed(visit, asked, DossierParams, {})
    kept = await searches.found(visit, _KIND, search)
    paging = {name: asked.text(name) or None for name in _PAGING}
    return await _listed(visit, Form.of({**kept, **_given(paging)}), DossierSearch, {searches.PARAMETER: search})


@router.post("/dossiers/recherche", name="look_for_dossiers")
async def look_for_dossiers(visit: Posting) -> Response:
    """The filters, posted: without a name they go on in the address, with one as the id of what was kept."""
    asked = checked(DossierSearch, visit.form)
    if isinstance(asked, Form):
        return await _listed(visit, visit.form, DossierSearch, {})
    filters = asked.model_dump(mode="json", exclude_defaults=True)
    path = visit.path("show_dossiers")
    if asked.trainee_name is None:
        return to(link(path, filters))
    kept = await searches.keep(visit, _KIND, filters)
    return to(link(path, {searches.PARAMETER: str(kept)}))


@router.get("/dossiers/{dossier_id}", name="show_dossier")
async def show_dossier(visit: Visiting, dossier_id: UUID) -> Response:
    """Tab STAGIAIRE(S) (row O32): names and days, and nothing else."""
    dossier = await read_dossier(visit.call, dossier_id, Params())
    trainees = await read_trainees(visit.call, dossier_id, Params())
    return tab(visit, dossier, "trainees", trainees, trainees=trainees.shown.items)


@router.get("/dossiers/{dossier_id}/reglements", name="show_dossier_transfers")
async def show_dossier_transfers(visit: Visiting, dossier_id: UUID) -> Response:
    """Tab RÈGLEMENTS (row O34): the dossier's own lines, never a transfer's total."""
    dossier = await read_dossier(visit.call, dossier_id, Params())
    transfers = await read_dossier_transfers(visit.call, dossier_id, Params())
    lines = transfers.shown.items
    paid_cents = sum(line.amount_cents for line in lines if line.status.code == "paid")
    return tab(visit, dossier, "transfers", transfers, lines=lines, paid_cents=paid_cents)


@router.get("/dossiers/{dossier_id}/historique", name="show_dossier_history")
async def show_dossier_history(visit: Visiting, dossier_id: UUID) -> Response:
    """Who did what, when: oldest first."""
    asked = checked(PageParams, visit.query())
    if isinstance(asked, Form):
        raise not_found()
    dossier = await read_dossier(visit.call, dossier_id, Params())
    read = await read_history(visit.call, dossier_id, asked.model_copy(update={"limit": PAGE_ROWS}))
    history = read.shown
    here = visit.path("show_dossier_history", dossier_id=dossier_id)
    following = link(here, {"cursor": history.next_cursor}) if history.next_cursor else None
    first = here if asked.cursor else None
    return tab(visit, dossier, "history", read, steps=steps_of(history.items), following=following, first=first)


async def _listed(visit: Visit, form: Form, model: type[DossierParams], search: Mapping[str, str]) -> Response:
    """The page of the list for what `form` asks; with its faults and no rows where it asks what cannot be."""
    form, read = await _read(visit, form, model)
    listing = read and read.shown
    path = visit.path("show_dossiers")
    told = search or {name: text for name, text in form.fields.items() if name != "cursor"}
    following = listing and listing["next_cursor"]
    return visit.page(
        "dossier/list.html",
        status=422 if listing is None else 200,
        form=form,
        listing=listing,
        live=followed(visit, "dossiers", read) if read else None,
        filtered=any(name not in _PAGING for name in form.asked()),
        establishments=await establishment_choices(visit),
        schemes=_SCHEMES,
        sorts=_SORTS,
        following=link(path, {**told, **_order(form), "cursor": following}) if following else None,
        first=link(path, {**told, **_order(form)}) if form.text("cursor") else None,
    )


async def _read(visit: Visit, form: Form, model: type[DossierParams]) -> tuple[Form, Read[dict[str, Any]] | None]:
    asked = checked(model, form)
    if isinstance(asked, Form):
        return placed(asked, _FIELDS), None
    wanted = DossierSearch(**{**asked.model_dump(), "limit": PAGE_ROWS, "side": _side(visit)})
    try:
        return form, await read_dossiers(visit.call, wanted)
    except Invalid as refused:  # a name of one letter, a cursor that was made up
        return placed(form.with_faults(faults_of(of_refusal(refused))), _FIELDS), None


def _side(visit: Visit) -> Side:
    """On which side of the dossiers one stands, the space says alone."""
    member = visit.space is not None and visit.space.kind == OrganisationKind.MEMBER
    return Side.COMPANY if member else Side.PROVIDER


def _order(form: Form) -> dict[str, str]:
    return {"sort": form.text("sort")}


def _given(asked: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in asked.items() if text}


def tab(
    visit: Visit, head: Read[DossierShown], current: str, *reads: Read[Any], key: str | None = None, **shown: Any
) -> Response:
    """One of a dossier's pages, made of `reads`, with those of its tabs that the reader may open; `key` is the tab
    where the template is not named after it.
    """
    dossier = head.shown
    # To the staff everybody's documents are shown.
    fund = visit.service.settings.fund_name if visit.caller.role is Role.PORTAL else ""
    tabs = [
        (key, label.format(fund=fund).strip(), visit.path(name, dossier_id=dossier.dossier_id), None)
        for key, label, name in _TABS
        if visit.may(name)
    ]
    live = followed(visit, "dossiers", head, *reads, thing=dossier.dossier_id)
    given = {"dossier": dossier, "tabs": tabs, "current": key or current, "live": live, **shown}
    return visit.page(f"dossier/{current}.html", **given)
