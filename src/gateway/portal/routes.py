"""Every page router, mounted in its spaces: the only module of the portal that the API's list of routes knows."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from gateway.portal import (
    assets,
    contacts,
    document,
    dossier,
    email,
    establishment,
    factors,
    forgotten,
    home,
    information,
    link_page,
    mailbox,
    passkey,
    profile,
    second_factor,
    sign_in,
    terms,
    transfer,
    transfer_months,
)
from gateway.portal.spaces import OF, mount

ROUTERS: Final[tuple[APIRouter, ...]] = (
    mount(assets.router),
    mount(sign_in.router),
    mount(second_factor.router),
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
    mount(transfer_months.router, OF),
    mount(transfer.router, OF),
    mount(establishment.router, OF),
    mount(document.router),
    link_page.router,
    mailbox.router,
)
