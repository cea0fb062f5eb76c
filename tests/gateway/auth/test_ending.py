"""What ends with a right, for good: an account that is enabled again does not bring a stolen cookie back (row O25)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner

from gateway.auth.ending import Endings
from gateway.auth.resetting import reset_factors
from gateway.auth.sessions import SessionOver, Sessions
from gateway.cli.main import app
from gateway.mail import links
from gateway.policies.runner import Runner
from ledger.account.commands import (
    ChangeEmail,
    DisableAccount,
    EnableAccount,
    EndMembership,
    GrantMembership,
    ResumeMembership,
    SuspendMembership,
)
from ledger.account.events import Role
from ledger.kit.command import Command
from ledger.kit.errors import NotFound
from ledger.kit.ids import uuid7
from ledger.log.database import AsyncDatabase
from ledger.log.database import Role as DatabaseRole
from support.browser import Browser
from support.gateway import PASSWORD, Gateway, World


def _told(gateway: Gateway, *commands: Command) -> None:
    """Orders, folded, and followed by the policy."""
    for command in commands:
        gateway.service.ledger.execute(command, actor=None)
    gateway.engine.catch_up()
    Runner(gateway.service, [Endings()]).catch_up()


def _link(gateway: Gateway, account_id: UUID) -> str:
    with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        return links.make(connection, "password", account_id=account_id).secret


def _open_links(gateway: Gateway, account_id: UUID) -> int:
    query = "select count(*) from auth.link where account_id = %s and void_at is null and used_at is null"
    with psycopg.connect(gateway.settings.database_url) as connection:
        row = connection.execute(query, (account_id,)).fetchone()
    assert row is not None
    return int(row[0])


def _membership(gateway: Gateway, name: str, world: World) -> dict[str, Any]:
    organisation = gateway.get(name, "/v1/me").json()["memberships"][0]["organisation_id"]
    return {"account_id": gateway.accounts[name], "organisation_id": organisation, "kind": "provider"}


def _user(gateway: Gateway, world: World, name: str) -> tuple[UUID, Browser]:
    organisation = gateway.get("provider", "/v1/me").json()["memberships"][0]["organisation_id"]
    gateway.account(name, Role.PORTAL, (UUID(organisation), world.first))
    return gateway.accounts[name], gateway.session(name)


def test_a_disabled_account_that_is_enabled_again_signs_in_anew(gateway: Gateway, world: World):
    """Sessions, tokens and links of before are over; what is signed in after goes on, however late the policy comes."""
    account_id, stolen = _user(gateway, world, "back-again")
    _link(gateway, account_id)
    gateway.service.ledger.execute(DisableAccount(account_id=account_id, on="2026-01-05"), actor=None)
    gateway.service.ledger.execute(EnableAccount(account_id=account_id, on="2026-01-06"), actor=None)
    gateway.engine.catch_up()
    fresh = gateway.session("back-again")
    assert stolen.copy().get("/v1/me").status_code == 200, "the policy has not come by yet"
    _told(gateway)
    assert stolen.get("/v1/me").status_code == 401
    assert gateway.get("back-again", "/v1/me").status_code == 401
    assert _open_links(gateway, account_id) == 0
    assert fresh.get("/v1/me").status_code == 200
    _told(gateway)
    assert fresh.get("/v1/me").status_code == 200


def test_the_last_membership_that_is_suspended_ends_the_sessions(gateway: Gateway, world: World):
    """O25: deactivated in one organisation of two one goes on in the other; in the last one, the sessions end."""
    account_id, browser = _user(gateway, world, "twice-held")
    held = _membership(gateway, "twice-held", world)
    other = {**held, "organisation_id": UUID(_membership(gateway, "other-provider", world)["organisation_id"])}
    _told(gateway, GrantMembership.model_validate({**other, "establishment_ids": [world.second]}))
    assert len(browser.get("/v1/dossiers").json()["items"]) == 2
    _told(gateway, SuspendMembership.model_validate(held))
    assert [each["dossier_id"] for each in browser.get("/v1/dossiers").json()["items"]] == [str(world.other_dossier)]
    _told(gateway, EndMembership.model_validate(other))
    assert browser.get("/v1/me").status_code == 401
    _told(gateway, ResumeMembership.model_validate(held))
    assert browser.get("/v1/me").status_code == 401
    again = gateway.session("twice-held")
    assert [each["dossier_id"] for each in again.get("/v1/dossiers").json()["items"]] == [str(world.dossier)]
    assert account_id


def test_a_suspended_user_sees_nothing_at_once(gateway: Gateway, world: World):
    """O25: before any policy comes by, the very next request is empty-handed, and late rather than wrong."""
    _, browser = _user(gateway, world, "suspended")
    held = _membership(gateway, "suspended", world)
    gateway.service.ledger.execute(SuspendMembership.model_validate(held), actor=None)
    assert browser.get("/v1/dossiers").status_code == 503
    gateway.engine.catch_up()
    assert browser.get("/v1/dossiers").json()["items"] == []
    assert browser.get(f"/v1/dossiers/{world.dossier}").status_code == 404


def test_another_address_ends_the_sessions_and_the_links_to_the_old_one(gateway: Gateway, world: World):
    """A link that went to the address of before sets no password any more; the new address signs in."""
    account_id, browser = _user(gateway, world, "moving")
    _link(gateway, account_id)
    _told(gateway, ChangeEmail(account_id=account_id, email="nouvelle-adresse@example.org"))
    assert (browser.get("/v1/me").status_code, _open_links(gateway, account_id)) == (401, 0)
    assert gateway.browser().sign_in(gateway.emails["moving"], PASSWORD).status_code == 401
    assert gateway.browser().sign_in("Nouvelle-Adresse@example.org", PASSWORD).status_code == 200
    assert gateway.get("moving", "/v1/me").status_code == 200, "a program's token is not its person's address"


def test_who_has_lost_everything_begins_anew_by_a_link(gateway: Gateway, world: World):
    """An operator, on the server: no factor, no password and no session are left; the journal and a mail say so."""
    browser = gateway.session("accountant")
    account_id = gateway.accounts["accountant"]
    with pytest.raises(NotFound):
        reset_factors(gateway.service, uuid7())
    command = ["account", "reset-factors", str(account_id)]
    environment = {
        "DATABASE_URL": gateway.settings.database_url,
        "KEYS_DATABASE_URL": gateway.settings.keys_database_url,
        "DATA_DIR": str(gateway.settings.data_dir),
        "ORIGIN": gateway.settings.origin,
    }
    assert CliRunner().invoke(app, command, input="n\n", env=environment).exit_code == 1
    assert browser.get("/v1/me").status_code == 200, "nothing is done before it is confirmed"
    done = CliRunner().invoke(app, command, input="y\n", env=environment)
    assert done.exit_code == 0, done.output
    assert browser.get("/v1/me").status_code == 401
    assert gateway.browser().sign_in(gateway.emails["accountant"], PASSWORD).status_code == 401
    gateway.password("accountant")
    assert gateway.browser().sign_in(gateway.emails["accountant"], PASSWORD).json()["stage"] == "enrolment"
    with psycopg.connect(gateway.settings.database_url) as connection:
        mails = connection.execute(
            "select kind from auth.mail where cause like 'factors-reset:%' order by kind"
        ).fetchall()
        lines = connection.execute(
            "select kind, account_id from auth.journal where outcome = 'reset-by-operator'"
        ).fetchall()
    assert mails == [("factor-changed",), ("reset",)]
    assert lines == [("second-factor", account_id)]


def test_a_password_that_is_changed_while_it_is_verified_opens_nothing(gateway: Gateway, world: World):
    """Whoever has the old one and comes at the same instant is not left with a session that the new one did not end."""
    account_id = gateway.accounts["provider"]
    gateway.password("provider")
    with psycopg.connect(gateway.settings.database_url) as connection:
        query = "select password_hash from auth.credential where account_id = %s"
        row = connection.execute(query, (account_id,)).fetchone()
    assert row is not None
    gateway.password("provider", "Trombone-Jaune-2031")

    async def story() -> None:
        async with AsyncDatabase(gateway.settings.database_url, max_size=1) as queries:
            sessions = Sessions(queries, gateway.settings)
            with pytest.raises(SessionOver):
                await sessions.open(account_id, stage="full", method="password", password_hash=row[0])
            await sessions.open(account_id, stage="full", method="oidc")

    asyncio.run(story())
