"""Whole sign-ins for tests of what comes after: password, second factor, terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pyotp
from httpx import Response

from ledger.account.commands import AcceptTerms
from ledger.account.events import Role
from ledger.log.database import Role as DatabaseRole
from support.browser import Browser

if TYPE_CHECKING:
    from support.gateway import Gateway


def accept_terms(gateway: Gateway, name: str) -> None:
    """The account called `name` accepts the terms in force, as its own button would have it."""
    terms = gateway.service.terms.current
    account_id = gateway.accounts[name]
    command = AcceptTerms(account_id=account_id, version=terms.version, sha256=terms.sha256)
    gateway.service.ledger.execute(command, actor=account_id)
    gateway.settle()


def enrol_totp(gateway: Gateway, name: str) -> str:
    """The account called `name` has a telephone from now on: its secret. No code of it was used yet."""
    account_id = gateway.accounts[name]
    secret = pyotp.random_base32()
    with gateway.service.database.transaction(DatabaseRole.STAFF) as connection:
        row = connection.execute("select person_id from read.account where account_id = %s", (account_id,)).fetchone()
    assert row is not None
    sealed = str(gateway.service.keyring.seal(row["person_id"], secret))
    with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        connection.execute(
            "insert into auth.totp (account_id, secret_sealed, confirmed_at) values (%s, %s, now())",
            (account_id, sealed),
        )
    return secret


def signed_in(gateway: Gateway, name: str) -> Browser:
    """A new browser, signed in as the account called `name` by every step that its role is asked for."""
    password = gateway.password(name)
    staff = name not in gateway.totp and gateway.roles[name] != "portal"
    if staff:
        gateway.totp[name] = enrol_totp(gateway, name)
    accept_terms(gateway, name)
    browser = gateway.browser()
    gateway.forget_steps(name)
    answer = browser.sign_in(gateway.emails[name], password, gateway.totp.get(name))
    assert answer.status_code == 200, answer.text
    assert answer.json()["stage"] == "full"
    return browser


def user(gateway: Gateway, name: str, role: Role = Role.PORTAL) -> str:
    """An account with a password, the terms accepted: its e-mail."""
    gateway.account(name, role)
    gateway.password(name)
    accept_terms(gateway, name)
    return gateway.emails[name]


def code_of(answer: Response) -> str:
    """The stable name of the problem that an answer is."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return str(answer.json()["type"].removeprefix("/problems/"))


def rows(gateway: Gateway, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the database holds, as its owner sees it."""
    with psycopg.connect(gateway.settings.database_url) as connection:
        return connection.execute(query.encode(), values).fetchall()


def standing(gateway: Gateway) -> list[tuple[Any, ...]]:
    """What no refused request may change: the log's head, and everything that lets anybody in."""
    return rows(
        gateway,
        "select (select max(position) from log.events), (select count(*) from auth.session where ended_at is null), "
        "(select string_agg(password_hash, ',' order by account_id) from auth.credential), "
        "(select count(*) from auth.token where revoked_at is null)",
    )
