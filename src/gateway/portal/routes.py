"""Every page router, mounted in its spaces: the only module of the portal that the API's list of routes knows."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from gateway.portal import assets, forgotten, link_page, mailbox, second_factor, sign_in
from gateway.portal.spaces import mount

ROUTERS: Final[tuple[APIRouter, ...]] = (
    mount(assets.router),
    mount(sign_in.router),
    mount(second_factor.router),
    mount(forgotten.router),
    link_page.router,
    mailbox.router,
)
