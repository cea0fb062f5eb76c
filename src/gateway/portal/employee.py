"""« Sélection d'un salarié »: those whom a référent may pick, and one who is added to them (row O21)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.params import PageParams
from gateway.api.problems import not_found
from gateway.api.team_reading import Team, read_employees
from gateway.portal.forms import DEMAND, Form, checked
from gateway.portal.invitation import CIVILITIES, PICKED
from gateway.portal.listing import link
from gateway.portal.ordering import new_demand, order
from gateway.portal.pages import PAGE_ROWS, page_router, to
from gateway.portal.team import team_in
from gateway.portal.visit import Posting, Visit, Visiting
from ledger.account.commands import RegisterEmployee
from ledger.kit.days import Day
from ledger.kit.errors import Invalid
from ledger.kit.identifiers import OneLine

router: Final = page_router()
_RANK: Final = "rang"
"""Of the first row of a page, as its pager says it: « Éléments 26 à 50 sur 128 »."""


class _Employee(BaseModel):
    civility: OneLine
    last_name: OneLine
    first_name: OneLine
    birth_date: Day


@router.get("/utilisateurs/{organisation_id}/nouveau", name="show_employees")
async def show_employees(visit: Visiting, organisation_id: UUID) -> Response:
    """By name. A page's address has the id of the last person before it, and nobody's name."""
    team = await team_in(visit, organisation_id)
    asked = checked(PageParams, visit.query(), fields=("cursor",))
    if isinstance(asked, Form):
        raise not_found()
    try:
        listing = (await read_employees(team, asked.model_copy(update={"limit": PAGE_ROWS}))).shown
    except Invalid:  # a cursor of somebody who is not in the list any more
        return to(visit.path("show_employees", organisation_id=organisation_id))
    here = visit.path("show_employees", organisation_id=organisation_id)
    first = _rank(visit.query().text(_RANK)) if asked.cursor else 1
    following = {"cursor": listing.next_cursor, _RANK: str(first + len(listing.items))}
    return visit.page(
        "team/employees.html",
        team=team,
        listing=listing,
        first=first,
        following=link(here, following) if listing.next_cursor else None,
        begin=here if asked.cursor else None,
        form_path=visit.path("show_new_user", organisation_id=organisation_id),
        picked=PICKED,
    )


@router.get("/utilisateurs/{organisation_id}/nouveau/salarie", name="show_new_employee")
async def show_new_employee(visit: Visiting, organisation_id: UUID) -> Response:
    team = await team_in(visit, organisation_id)
    return _form(visit, team, Form.of({DEMAND: new_demand()}))


@router.post("/utilisateurs/{organisation_id}/nouveau/salarie", name="register_employee_page")
async def register_employee(visit: Posting, organisation_id: UUID) -> Response:
    """Added to the list; what comes next is her access."""
    team = await team_in(visit, organisation_id)
    asked = checked(_Employee, visit.form)
    if isinstance(asked, Form):
        return _form(visit, team, asked)
    named = {"organisation_id": str(organisation_id), "kind": str(team.kind)}
    demand = Form.of({DEMAND: visit.form.text(DEMAND)})
    done = await order(visit, RegisterEmployee, demand, told={**named, **asked.model_dump(mode="json")})
    if isinstance(done, Form):
        return _form(visit, team, visit.form.with_faults(done.faults))
    path = visit.path("show_new_user", organisation_id=organisation_id)
    return to(link(path, {PICKED: str(done.resource_id)}), said="salarie")


def _form(visit: Visit, team: Team, form: Form) -> Response:
    status = 422 if form.faults else 200
    return visit.page("team/new_employee.html", status=status, team=team, form=form, civilities=CIVILITIES)


def _rank(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) <= 6 else 1
