"""`GET /v1/me`: who is calling, how far they have come in, and what they may do now, as the rights have it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.codes import (
    MENU_LABELS,
    PROFILE_LABELS,
    ROLE_LABELS,
    STAGE_LABELS,
    Coded,
    coded,
)
from gateway.api.offering import SpaceShown, offering_of
from gateway.api.params import Params
from gateway.api.reading import Call, Calling
from gateway.audiences import PROOF, fresh
from gateway.auth.caller import Caller
from gateway.people.identity import Identity, identity_of
from gateway.rights import actions_of
from ledger.account.events import Role as AccountRole
from ledger.organisation.events import OrganisationKind
from projections.account.queries import Membership, memberships

router: Final = APIRouter(prefix="/v1", tags=["reference"])


class MembershipShown(BaseModel):
    """`menus` is null for all of them; only a member company's users have any to choose from (row E15)."""

    organisation_id: UUID
    kind: OrganisationKind
    profile: Coded
    establishment_ids: list[UUID]
    suspended: bool
    menus: list[Coded] | None


class TeamShown(BaseModel):
    """A team whose users the caller manages: `/v1/teams/{organisation_id}/{kind}`."""

    organisation_id: UUID
    kind: OrganisationKind


class Me(BaseModel):
    """The caller. `actions` are the operationIds that it has at this stage and with these terms; what is grave among
    them is accepted while `grave` is true, until `grave_until` for a session. `terms_pending`: the terms in force wait
    for an answer, and come before everything else. Before the sign-in is whole there are no names and no memberships.
    An erased name is null. `spaces` are those of the portal with their menus, as its own pages show them. `unread`
    counts what waits in the messages; null as long as this version has none.
    """

    account_id: UUID
    person_id: UUID
    civility: str | None
    last_name: str | None
    first_name: str | None
    email: str | None
    role: Coded
    via: str
    stage: Coded
    terms_pending: bool
    grave: bool
    grave_until: datetime | None
    memberships: list[MembershipShown]
    managed: list[TeamShown]
    menus: list[Coded]
    spaces: list[SpaceShown]
    unread: int | None
    actions: list[str]


@router.get("/me", operation_id="get_me", summary="Qui suis-je", response_model=Me)
async def get_me(call: Calling, params: Annotated[Params, Query()]) -> Response:
    whole = call.caller.stage == "full"
    async with call.reading("account", at_least=params.min_position) as reading:
        held = await memberships(reading.connection, call.caller.account_id)
    identity = await identity_of(call.service, call.caller.account_id) if whole else Identity()
    return call.answer(_shown(call, identity, held if whole else ()), reading.position)


def _shown(call: Call, identity: Identity, held: tuple[Membership, ...]) -> Me:
    caller = call.caller
    terms = call.service.terms.current.version
    proved = fresh(caller, caller.at)
    actions = actions_of(caller, terms=terms)
    return Me(
        account_id=caller.account_id,
        person_id=caller.person_id,
        civility=identity.civility,
        last_name=identity.last_name,
        first_name=identity.first_name,
        email=identity.email,
        role=coded(caller.role, ROLE_LABELS),
        via=caller.via,
        stage=coded(caller.stage, STAGE_LABELS),
        terms_pending=caller.via != "machine" and caller.terms != terms,
        grave=proved,
        grave_until=caller.proved_at + PROOF if proved and caller.proved_at is not None else None,
        memberships=[membership_shown(each) for each in held],
        managed=_managed(caller) if caller.stage == "full" else [],
        menus=[coded(menu, MENU_LABELS) for menu in sorted(caller.menus)],
        spaces=_spaces(call, held, actions) if caller.stage == "full" else [],
        unread=None,
        actions=actions,
    )


def _spaces(call: Call, held: tuple[Membership, ...], actions: list[str]) -> list[SpaceShown]:
    kinds = {each.kind for each in held if not each.suspended}
    portal = call.caller.role is AccountRole.PORTAL
    return offering_of(call.request).spaces(kinds, portal=portal, may=lambda action: action in actions)


def _managed(caller: Caller) -> list[TeamShown]:
    teams = (team.split(":") for team in caller.managed)
    return [TeamShown(organisation_id=UUID(id_), kind=OrganisationKind(kind)) for id_, kind in teams]


def membership_shown(held: Membership) -> MembershipShown:
    return MembershipShown(
        organisation_id=held.organisation_id,
        kind=OrganisationKind(held.kind),
        profile=coded(held.profile, PROFILE_LABELS),
        establishment_ids=list(held.establishment_ids),
        suspended=held.suspended,
        menus=None if held.menus is None else [coded(menu, MENU_LABELS) for menu in sorted(held.menus)],
    )
