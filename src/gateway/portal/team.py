"""« Gérer les utilisateurs »: a team's list, its filters, the box « Désactivé » of each row (rows O20, O25, E15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from starlette.responses import Response

from gateway.api.belonging import Belonging
from gateway.api.codes import SUSPENDED, USER_STATE_LABELS
from gateway.api.problems import not_found, of_refusal
from gateway.api.team_reading import (
    Team,
    TeamUserSearch,
    TeamUserShown,
    UserParams,
    managed_team,
    read_managed,
    read_team_users,
)
from gateway.portal import searches
from gateway.portal.forms import DEMAND, Form, checked, faults_of
from gateway.portal.grid import GridPosting, added, removed
from gateway.portal.listing import link, placed
from gateway.portal.ordering import new_demand, order
from gateway.portal.pages import PAGE_ROWS, page_router, to
from gateway.portal.visit import Posting, Visit, Visiting
from ledger.account.commands import ResumeMembership, SuspendMembership
from ledger.kit.errors import Invalid

router: Final = page_router()

_KIND: Final = "users"
_PAGE: Final = "page"
_BOXES: Final = "suspended"
_FIELDS: Final = ("name", "email", "state")
_STATES: Final = tuple(USER_STATE_LABELS.items())
_Switch = SuspendMembership | ResumeMembership


@dataclass(frozen=True)
class Asked:
    """What the list is asked for: its filters, the id of the search that holds them, if any, and the page.

    `model`: names and mailboxes are asked by a search alone; in an address they are refused as unknown parameters.
    """

    filters: Form
    model: type[UserParams] = UserParams
    search: str = ""
    page: int = 1

    def address(self, path: str, page: int | None = None) -> str:
        number = self.page if page is None else page
        told = {searches.PARAMETER: self.search} if self.search else self.filters.asked()
        return link(path, {**told, _PAGE: str(number) if number > 1 else None})


async def team_in(visit: Visit, organisation_id: UUID) -> Team:
    """The team that the address names, in this space. Refused: not-found, for whoever does not manage it."""
    if visit.space is None:
        raise not_found()
    return await managed_team(visit.call, organisation_id, visit.space.kind)


@router.get("/utilisateurs", name="show_users")
async def show_users(visit: Visiting) -> Response:
    """The list of the only team that one manages; the choice among several, by name."""
    if visit.space is None:
        raise not_found()
    teams = await read_managed(visit.call, visit.space.kind)
    if len(teams) == 1:
        return to(visit.path("show_team", organisation_id=teams[0].organisation_id))
    return visit.page("team/choice.html", teams=teams)


@router.get("/utilisateurs/{organisation_id}", name="show_team")
async def show_team(visit: Visiting, organisation_id: UUID) -> Response:
    """The list (row O20)."""
    team = await team_in(visit, organisation_id)
    return await _listed(visit, team, await _asked(visit))


@router.post("/utilisateurs/{organisation_id}/recherche", name="look_for_users")
async def look_for_users(visit: Posting, organisation_id: UUID) -> Response:
    """The filters, posted: a name or an address goes on as the id of what was kept, a state in the address."""
    team = await team_in(visit, organisation_id)
    asked = checked(TeamUserSearch, visit.form)
    if isinstance(asked, Form):
        return await _listed(visit, team, Asked(Form.of(visit.form.asked()), TeamUserSearch))
    filters = asked.model_dump(mode="json", exclude_defaults=True)
    path = visit.path("show_team", organisation_id=organisation_id)
    if asked.name is None and asked.email is None:
        return to(link(path, filters))
    kept = await searches.keep(visit, _KIND, filters)
    return to(link(path, {searches.PARAMETER: str(kept)}))


@router.post("/utilisateurs/{organisation_id}", name="save_users_page")
async def save_users(visit: GridPosting, organisation_id: UUID) -> Response:
    """« Enregistrer ✓ » (row O20): each box that its reader changed is an order of its own; what is refused is told by
    name, and the others are done.
    """
    team = await team_in(visit, organisation_id)
    wanted = _orders(visit.form)
    users = (await read_team_users(team, TeamUserSearch())).shown.items
    changing = [user for user in users if _differs(user, wanted.get(str(user.account_id)))]
    refused: list[str] = []
    for user in changing:
        refused += await _switched(visit, team, user, wanted[str(user.account_id)])
    asked = await _asked(visit)
    if refused:
        return await _listed(visit, team, asked, refused)
    if wanted.get(str(visit.caller.account_id)) is SuspendMembership:
        return to("/")  # of herself: the team's pages are not hers any more
    here = visit.path("show_team", organisation_id=organisation_id)
    return to(asked.address(here), said="utilisateurs" if changing else "rien-a-changer")


def _orders(form: Form) -> dict[str, type[_Switch]]:
    """By account, what the reader's changed boxes ask for."""
    found: dict[str, type[_Switch]] = dict.fromkeys(added(form, _BOXES), SuspendMembership)
    found.update(dict.fromkeys(removed(form, _BOXES), ResumeMembership))
    return found


async def _switched(visit: Visit, team: Team, user: TeamUserShown, command: type[_Switch]) -> list[str]:
    """What is refused, each text with the name of whom it is about."""
    named = {"account_id": str(user.account_id), "organisation_id": str(team.organisation_id), "kind": str(team.kind)}
    demand = Form.of({DEMAND: visit.form.text(DEMAND)})
    done = await order(visit, command, demand, told=named, part=str(user.user_id))
    if not isinstance(done, Form):
        return []
    name = " ".join(filter(None, ((user.last_name or "").upper(), user.first_name)))
    return [f"{name or 'Un utilisateur'} : {text}" for texts in done.faults.values() for text in texts]


def _differs(user: TeamUserShown, wanted: type[_Switch] | None) -> bool:
    """Whether the box says something that is not so already; an invitation has no box."""
    if wanted is None or user.account_id is None:
        return False
    return (user.state.code == SUSPENDED) is (wanted is ResumeMembership)


async def _asked(visit: Visit) -> Asked:
    given = visit.query()
    search, page = given.text(searches.PARAMETER), _number(given.text(_PAGE))
    if search:
        return Asked(Form.of(await searches.found(visit, _KIND, search)), TeamUserSearch, search, page)
    return Asked(Form.of({name: text for name, text in given.fields.items() if name != _PAGE}), page=page)


def _number(text: str) -> int:
    """A page's number; whatever is none is the first."""
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) <= 3 else 1


async def _listed(visit: Visit, team: Team, asked: Asked, refused: Sequence[str] = ()) -> Response:
    """One page of the list, with what was refused of what was posted on it."""
    form, users = await _read(team, asked)
    for text in refused:
        form = form.with_fault("", text)
    total = len(users or ())
    first = min((asked.page - 1) * PAGE_ROWS, max(total - 1, 0) // PAGE_ROWS * PAGE_ROWS)
    shown = None if users is None else users[first : first + PAGE_ROWS]
    here, number = visit.path("show_team", organisation_id=team.organisation_id), first // PAGE_ROWS + 1
    return visit.page(
        "team/list.html",
        status=422 if form.faults else 200,
        team=team,
        several=await _among_several(visit, team),
        form=form,
        users=shown,
        suspended=[user.account_id for user in shown or () if user.state.code == SUSPENDED],
        total=total,
        filtered=bool(asked.filters.asked()),
        states=_STATES,
        here=asked.address(here, number),
        previous=asked.address(here, number - 1) if number > 1 else None,
        following=asked.address(here, number + 1) if first + PAGE_ROWS < total else None,
        demand=new_demand(),
    )


async def _among_several(visit: Visit, team: Team) -> Belonging | None:
    """The team by its name, for whoever manages others too; None where there is nothing to mistake it for."""
    if len(visit.caller.managed) < 2:
        return None
    mine = await read_managed(visit.call, team.kind)
    return next((each for each in mine if len(mine) > 1 and each.organisation_id == team.organisation_id), None)


async def _read(team: Team, asked: Asked) -> tuple[Form, list[TeamUserShown] | None]:
    wanted = checked(asked.model, asked.filters)
    if isinstance(wanted, Form):
        return placed(wanted, _FIELDS), None
    try:
        return asked.filters, (await read_team_users(team, TeamUserSearch(**wanted.model_dump()))).shown.items
    except Invalid as refused:  # a name of one letter
        return placed(asked.filters.with_faults(faults_of(of_refusal(refused))), _FIELDS), None
