"""Every page router, mounted in its spaces: the only module of the portal that the API's list of routes knows."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from gateway.portal import (
    appearance,
    assets,
    choice,
    coming,
    contacts,
    deposit,
    document,
    dossier,
    dossier_document,
    email,
    employee,
    establishment,
    factors,
    forgotten,
    home,
    information,
    invitation,
    link_page,
    mailbox,
    member,
    passkey,
    piece,
    profile,
    proof_page,
    registration,
    second_factor,
    services,
    sign_in,
    staff,
    team,
    team_user,
    terms,
    transfer,
    transfer_months,
    withdrawal,
)
from gateway.portal.offered import Portal
from gateway.portal.spaces import ADHERENT, GESTION, OF, SERVICES, mount

OFFERING: Final = Portal()
_SHARED: Final = (dossier, dossier_document, transfer_months, transfer, establishment, coming)
ROUTERS: Final[tuple[APIRouter, ...]] = (
    mount(assets.router),
    mount(sign_in.router),
    mount(second_factor.router),
    mount(proof_page.router),
    mount(forgotten.router),
    mount(terms.router),
    mount(contacts.router),
    mount(information.router),
    mount(profile.router),
    mount(factors.router),
    mount(passkey.router),
    mount(email.router),
    mount(home.router, OF),
    mount(dossier.router, OF),
    mount(dossier_document.router, OF),
    mount(transfer_months.router, OF),
    mount(transfer.router, OF),
    mount(piece.router, OF),
    mount(establishment.router, OF),
    mount(team.router, OF),
    mount(employee.router, OF),
    mount(invitation.router, OF),
    mount(team_user.router, OF),  # last of the four: its paths begin with any id
    *(mount(each.router, ADHERENT) for each in (team, employee, invitation, team_user)),
    # The same screens for members and for the staff: each shows what its reader may see.
    *(mount(each.router, space) for space in (ADHERENT, GESTION) for each in _SHARED),
    mount(piece.router, ADHERENT),
    mount(member.router, ADHERENT),
    mount(staff.router, GESTION),
    mount(deposit.router, GESTION),
    mount(withdrawal.router, GESTION),
    mount(services.router, SERVICES),
    mount(registration.router, SERVICES),
    mount(choice.router),
    mount(appearance.router),
    mount(document.router),
    link_page.router,
    mailbox.router,
)
