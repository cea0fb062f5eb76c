"""One user of a team: the form of row O22 with its grid (O23), deactivated, reactivated, ended (O25), entries (E15)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from gateway.api.params import Params
from gateway.api.problems import not_found
from gateway.api.team_reading import (
    GridParams,
    Team,
    TeamUserShown,
    read_grid,
    read_menus,
    read_team_user,
)
from gateway.portal import grid
from gateway.portal.forms import DEMAND, EMPTY, Form
from gateway.portal.grid import GridPosting
from gateway.portal.ordering import new_demand, order
from gateway.portal.pages import page_router, to
from gateway.portal.team import team_in
from gateway.portal.visit import Posting, Visit, Visiting
from ledger.account.commands import (
    ChangeMembership,
    EndMembership,
    ResumeMembership,
    SetMenuRights,
    SuspendMembership,
)
from ledger.account.events import Menu
from ledger.kit.command import Command
from ledger.organisation.events import OrganisationKind

router: Final = page_router()
_EVERY: Final = "tous"
_PLACES: Final[Mapping[str, str]] = {"profile": grid.USER, grid.TICKED: grid.TICKED, grid.MENUS: grid.MENUS}
"""Where on the page a command's field is; a fault of any other one is the whole form's."""


@router.get("/utilisateurs/{organisation_id}/{user_id}", name="show_user")
async def show_user(visit: Visiting, organisation_id: UUID, user_id: UUID) -> Response:
    """The profile of a user, or of somebody who is invited. `tous` lists each establishment that the reader holds."""
    team, user = await _user(visit, organisation_id, user_id)
    return await user_page(visit, team, user, every=bool(visit.query().text(_EVERY)))


@router.post("/utilisateurs/{organisation_id}/{user_id}/etablissements", name="see_all_establishments")
async def see_all_establishments(visit: GridPosting, organisation_id: UUID, user_id: UUID) -> Response:
    """« Voir tous »: nothing is saved, nothing that was ticked is lost."""
    team, user = await _user(visit, organisation_id, user_id)
    return await user_page(visit, team, user, visit.form, every=True)


@router.post("/utilisateurs/{organisation_id}/{user_id}", name="change_user_page")
async def change_user(visit: GridPosting, organisation_id: UUID, user_id: UUID) -> Response:
    """The form, saved: establishments that its author cannot see stay as they are (row O23)."""
    team, user = await _user(visit, organisation_id, user_id)
    if user.account_id is None:
        raise not_found()
    form = await _changed(visit, team, user)
    if form.faults:
        return await user_page(visit, team, user, form, every=bool(form.text(_EVERY)))
    if user.account_id == visit.caller.account_id and not form.text(grid.REFERENT):
        return to("/")  # she manages the team no more: its pages are not hers
    return to(visit.path("show_user", organisation_id=organisation_id, user_id=user_id), said="utilisateur")


@router.post("/utilisateurs/{organisation_id}/{user_id}/desactivation", name="suspend_user_page")
async def suspend_user(visit: Posting, organisation_id: UUID, user_id: UUID) -> Response:
    """Row O25: what the user sees of the organisation ends with this, open sessions included."""
    return await _ordered(visit, organisation_id, user_id, SuspendMembership, "utilisateur-desactive")


@router.post("/utilisateurs/{organisation_id}/{user_id}/reactivation", name="resume_user_page")
async def resume_user(visit: Posting, organisation_id: UUID, user_id: UUID) -> Response:
    return await _ordered(visit, organisation_id, user_id, ResumeMembership, "utilisateur-reactive")


@router.post("/utilisateurs/{organisation_id}/{user_id}/fin", name="end_user_page")
async def end_user(visit: Posting, organisation_id: UUID, user_id: UUID) -> Response:
    """The user is none of this organisation's any more; an account stays, and what it sees elsewhere."""
    return await _ordered(visit, organisation_id, user_id, EndMembership, "utilisateur-retire")


async def _user(visit: Visit, organisation_id: UUID, user_id: UUID) -> tuple[Team, TeamUserShown]:
    team = await team_in(visit, organisation_id)
    return team, (await read_team_user(team, user_id, Params())).shown


async def user_page(
    visit: Visit, team: Team, user: TeamUserShown, form: Form | None = None, *, every: bool = False
) -> Response:
    """The page of a user, or of an invitation, with what was typed, or as it stands; with faults it is a 422."""
    menus = await read_menus(team)
    standing = _filled(user, [menu.code for menu in menus])
    form = standing if form is None else form if form.values else standing.with_faults(form.faults)
    lines = (await read_grid(team, GridParams(user_id=user.user_id, all=True))).shown.items
    shown = grid.listed(form, lines, every=every)
    return visit.page(
        "team/invited.html" if user.account_id is None else "team/user.html",
        status=422 if form.faults else 200,
        team=team,
        user=user,
        form=form,
        title=grid.title_of(team.kind),
        lines=shown,
        ticked=frozenset(form.all(grid.TICKED)),
        every=every,
        hidden=len(lines) - len(shown),
        menus=menus,
    )


def _filled(user: TeamUserShown, offered: Collection[str]) -> Form:
    """Entries that the reader does not hold have no box, and stay as they are."""
    return grid.filled(
        profile=user.profile.code,
        establishment_ids=user.establishment_ids,
        menus=[menu for menu in _menus(user) if menu in offered],
        **{DEMAND: new_demand()},
    )


def _menus(user: TeamUserShown) -> list[str]:
    """The entries that are open to the user: all of them where none is named."""
    return [str(menu) for menu in Menu] if user.menus is None else [menu.code for menu in user.menus]


async def _changed(visit: Visit, team: Team, user: TeamUserShown) -> Form:
    """The form, with the faults of what was refused. What the reader did not change is not ordered."""
    form = visit.form
    establishment_ids = grid.wanted(form, grid.TICKED, user.establishment_ids)
    faults = grid.faults(form, team.kind, establishment_ids)
    if faults:
        return form.with_faults(faults)
    profile = grid.wanted_profile(form, user.profile.code)
    if profile != user.profile.code or establishment_ids != frozenset(map(str, user.establishment_ids)):
        ids = sorted(establishment_ids)
        form = await _given(visit, team, user, ChangeMembership, form, profile=profile, establishment_ids=ids)
    menus = grid.wanted(form, grid.MENUS, _menus(user))
    if not form.faults and team.kind is OrganisationKind.MEMBER and menus != frozenset(_menus(user)):
        form = await _given(visit, team, user, SetMenuRights, form, menus=sorted(menus))
    return form


async def _given(
    visit: Visit, team: Team, user: TeamUserShown, command: type[Command], form: Form, **told: Any
) -> Form:
    """The form once the order is given, or with its faults where it is refused. `told` are the command's own fields."""
    named = {"account_id": str(user.account_id), "organisation_id": str(team.organisation_id), "kind": str(team.kind)}
    demand = Form.of({DEMAND: form.text(DEMAND)})
    done = await order(visit, command, demand, told={**named, **told}, part=f"{command.__name__}:{user.user_id}")
    if not isinstance(done, Form):
        return form
    for name, texts in done.faults.items():
        for text in texts:
            form = form.with_fault(_PLACES.get(name, ""), text)
    return form


async def _ordered(visit: Visit, organisation_id: UUID, user_id: UUID, command: type[Command], said: str) -> Response:
    """An order about the user that needs nothing but its button."""
    team, user = await _user(visit, organisation_id, user_id)
    if user.account_id is None:
        raise not_found()
    done = await _given(visit, team, user, command, Form.of({DEMAND: visit.form.text(DEMAND)}))
    if done.faults:
        return await user_page(visit, team, user, EMPTY.with_faults(done.faults))
    if command is not ResumeMembership and user.account_id == visit.caller.account_id:
        return to("/")
    if command is EndMembership:
        return to(visit.path("show_team", organisation_id=organisation_id), said=said)
    return to(visit.path("show_user", organisation_id=organisation_id, user_id=user_id), said=said)
