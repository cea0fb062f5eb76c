"""Invitations as a référent sends them: the form of row O22, sent again, withdrawn.

What follows is the same whether the e-mail is known or not: the same address to go on to, the same words there.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.codes import CIVILITY_LABELS
from gateway.api.invitation import sending, sending_again
from gateway.api.orders import Admit
from gateway.api.params import Params
from gateway.api.problems import not_found
from gateway.api.team_reading import (
    EmployeeShown,
    GridParams,
    Team,
    read_employee,
    read_grid,
    read_menus,
    read_team_user,
)
from gateway.portal import grid
from gateway.portal.forms import DEMAND, EMPTY, Form, checked
from gateway.portal.grid import GridPosting
from gateway.portal.ordering import new_demand, order
from gateway.portal.pages import page_router, to
from gateway.portal.team import team_in
from gateway.portal.team_user import user_page
from gateway.portal.visit import Posting, Visit, Visiting
from ledger.invitation.commands import SendInvitation, SendInvitationAgain, WithdrawInvitation
from ledger.kit.identifiers import Email, OneLine
from ledger.organisation.events import OrganisationKind

router: Final = page_router()

CIVILITIES: Final = tuple(CIVILITY_LABELS.items())
PICKED: Final = "salarie"
"""The parameter of an address that says who was picked."""

_PERSON: Final = "person_id"
_FIELDS: Final = ("civility", "last_name", "first_name", "email", grid.USER, grid.TICKED, grid.MENUS)


class _Mailbox(BaseModel):
    """All that is still asked of somebody who was picked."""

    email: Email


class _Newcomer(_Mailbox):
    """Of somebody who is not in the list."""

    civility: OneLine
    last_name: OneLine
    first_name: OneLine


@router.get("/utilisateurs/{organisation_id}/nouveau/personne", name="show_new_user")
async def show_new_user(visit: Visiting, organisation_id: UUID) -> Response:
    """The form, empty, or about an employee who was picked; one who is a user already is shown as such."""
    team = await team_in(visit, organisation_id)
    employee = await _employee(team, visit.query().text(PICKED))
    if employee is not None and employee.user_id is not None:
        return to(visit.path("show_user", organisation_id=organisation_id, user_id=employee.user_id))
    menus = [menu.code for menu in await read_menus(team)]
    return await _page(visit, team, employee, grid.filled(menus=menus, **{DEMAND: new_demand()}))


@router.post("/utilisateurs/{organisation_id}/nouveau/personne", name="invite_user_page")
async def invite_user(visit: GridPosting, organisation_id: UUID) -> Response:
    """Valider: the mail goes out (row O24). Refused in its place, with all that was typed."""
    team = await team_in(visit, organisation_id)
    employee = await _employee(team, visit.form.text(_PERSON))
    form = await _invited(visit, team, employee)
    if form.faults:
        return await _page(visit, team, employee, form)
    return to(visit.path("show_team", organisation_id=organisation_id), said="invitation")


@router.post("/utilisateurs/{organisation_id}/{user_id}/relance", name="invite_again_page")
async def invite_again(visit: Posting, organisation_id: UUID, user_id: UUID) -> Response:
    """« Inviter à nouveau » (row O20): a new link; those before open nothing any more."""
    return await _ordered(
        visit, organisation_id, user_id, SendInvitationAgain, said="invitation-relancee", admit=sending_again
    )


@router.post("/utilisateurs/{organisation_id}/{user_id}/retrait", name="withdraw_invitation_page")
async def withdraw_invitation(visit: Posting, organisation_id: UUID, user_id: UUID) -> Response:
    return await _ordered(visit, organisation_id, user_id, WithdrawInvitation, said="invitation-retiree")


async def _employee(team: Team, text: str) -> EmployeeShown | None:
    """Who was picked, None for nobody. Refused: not-found, for what is no employee of the team."""
    if not text:
        return None
    try:
        person_id = UUID(text)
    except ValueError:
        raise not_found() from None
    return (await read_employee(team, person_id)).shown


async def _invited(visit: Visit, team: Team, employee: EmployeeShown | None) -> Form:
    """The form, with its faults where the invitation was not sent."""
    form = visit.form
    model = _Newcomer if employee is None else _Mailbox
    asked = checked(model, form, fields=model.model_fields)
    faults = grid.faults(form, team.kind, form.all(grid.TICKED))
    if isinstance(asked, Form):
        return form.with_faults({**asked.faults, **faults})
    if faults:
        return form.with_faults(faults)
    told = {**asked.model_dump(mode="json"), **await _membership(team, form)}
    if employee is not None:
        told[_PERSON] = str(employee.person_id)
    demand = Form.of({DEMAND: form.text(DEMAND)})
    done = await order(visit, SendInvitation, demand, told=told, admit=sending)
    return _placed(form, done) if isinstance(done, Form) else form


async def _membership(team: Team, form: Form) -> dict[str, Any]:
    """What the boxes ask for. All entries that one may give are said as None: whatever the giver holds."""
    told: dict[str, Any] = {
        "organisation_id": str(team.organisation_id),
        "kind": str(team.kind),
        "profile": "referent" if form.text(grid.REFERENT) else "user",
        grid.TICKED: sorted(set(form.all(grid.TICKED))),
    }
    menus = set(form.all(grid.MENUS))
    if team.kind is OrganisationKind.MEMBER and menus != {menu.code for menu in await read_menus(team)}:
        told[grid.MENUS] = sorted(menus)
    return told


def _placed(form: Form, refused: Form) -> Form:
    """Faults at the fields that the page has; of any other they are the whole form's."""
    for name, texts in refused.faults.items():
        place = grid.USER if name == "profile" else name
        for text in texts:
            form = form.with_fault(place if place in _FIELDS else "", text)
    return form


async def _ordered(
    visit: Visit,
    organisation_id: UUID,
    user_id: UUID,
    command: type[SendInvitationAgain | WithdrawInvitation],
    *,
    said: str,
    admit: Admit | None = None,
) -> Response:
    """An order about an invitation that needs nothing but its button; where it is refused, its page says why."""
    team = await team_in(visit, organisation_id)
    user = (await read_team_user(team, user_id, Params())).shown
    if user.invitation_id is None:
        raise not_found()
    demand, told = Form.of({DEMAND: visit.form.text(DEMAND)}), {"invitation_id": str(user.invitation_id)}
    done = await order(visit, command, demand, told=told, part=str(user_id), admit=admit)
    if isinstance(done, Form):
        return await user_page(visit, team, user, EMPTY.with_faults(done.faults))
    return to(visit.path("show_team", organisation_id=organisation_id), said=said)


async def _page(visit: Visit, team: Team, employee: EmployeeShown | None, form: Form) -> Response:
    lines = (await read_grid(team, GridParams())).shown.items
    return visit.page(
        "team/new.html",
        status=422 if form.faults else 200,
        team=team,
        employee=employee,
        form=form,
        title=grid.title_of(team.kind),
        lines=lines,
        ticked=frozenset(form.all(grid.TICKED)),
        menus=await read_menus(team),
        civilities=CIVILITIES,
    )
