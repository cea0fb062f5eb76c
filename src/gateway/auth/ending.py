"""What ends with a right: sessions, links and tokens of an account that was disabled, lost its last membership, or
changed its address. The right itself has ended before, by the look-up's proof: this keeps a stolen cookie from coming
back with an account that is enabled again, and the lists honest.
"""

from __future__ import annotations

from typing import ClassVar, Final
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import DictRow

from gateway.mail import links
from ledger.log.recorded import Recorded

DISABLED: Final = "account.disabled.v1"
SUSPENDED: Final = "account.membership-suspended.v1"
ENDED: Final = "account.membership-ended.v1"
EMAIL_CHANGED: Final = "account.email-changed.v1"

_WHY: Final = {
    DISABLED: "account-disabled",
    SUSPENDED: "no-membership",
    ENDED: "no-membership",
    EMAIL_CHANGED: "email-changed",
}
# A changed membership stays as open as it was.
_OPENS: Final = {
    "account.membership-granted.v1": True,
    "account.membership-resumed.v1": True,
    SUSPENDED: False,
    ENDED: False,
}
_PURPOSES: Final = ("password", "email-old", "email-new")
# Only what was there when it happened: whoever signed in after the account was enabled again goes on.
_SESSIONS: Final = """
update auth.session set ended_at = now(), ended_why = %(why)s
 where account_id = %(account_id)s and ended_at is null and created_at <= %(at)s"""
_TOKENS: Final = """
update auth.token set revoked_at = now()
 where account_id = %(account_id)s and revoked_at is null and created_at <= %(at)s"""
_MEMBERSHIPS: Final = """
select name, payload from log.events
 where stream_id = %s and version <= %s and name like 'account.membership-%%' order by version"""


class Endings:
    """The policy `sessions`."""

    NAME: ClassVar[str] = "sessions"
    NAMES: ClassVar[frozenset[str]] = frozenset(_WHY)

    def react(self, event: Recorded, connection: Connection[DictRow]) -> None:
        """End what the account had when it happened. Told twice, it changes nothing more."""
        if event.name in {SUSPENDED, ENDED} and _active(connection, event):
            return
        values = {"account_id": event.stream_id, "why": _WHY[event.name], "at": event.recorded_at}
        connection.execute(_SESSIONS, values)
        links.void(connection, *_PURPOSES, account_id=event.stream_id)
        if event.name != EMAIL_CHANGED:
            connection.execute(_TOKENS, values)


def _active(connection: Connection[DictRow], event: Recorded) -> bool:
    """Whether a membership was left that lets the account see something, by its own events up to this one."""
    open_to: dict[tuple[UUID, str], bool] = {}
    for row in connection.execute(_MEMBERSHIPS, (event.stream_id, event.version)).fetchall():
        told = orjson.loads(row["payload"])
        key = (UUID(told["organisation_id"]), told["kind"])
        if row["name"] in _OPENS:
            open_to[key] = _OPENS[row["name"]]
    return any(open_to.values())
