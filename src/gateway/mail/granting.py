"""What the worker does with neutral requests. A wish of another package adds its line to GRANTS."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

import structlog

from gateway.mail.reset import send_reset
from gateway.mail.wishes import Grant, Wish
from gateway.patience import passes, patience
from gateway.people import email_change, registration
from gateway.service import Service
from ledger.log.database import Role

GRANTS: Final[Mapping[str, Grant]] = {
    "password-reset": send_reset,
    registration.KIND: registration.grant,
    email_change.KIND: email_change.grant,
}
"""By the kind of the wish: `password-reset`, `registration`, `email-change`."""

POLL_SECONDS: Final = 0.5
_TAKE: Final = """
select wish_id, kind, email_digest, facts_sealed from auth.wish
 where done_at is null and next_at <= now() and kind = any(%s) order by next_at limit 1 for update skip locked
"""
_DONE: Final = "update auth.wish set done_at = now(), email_digest = null, facts_sealed = null where wish_id = %s"
_LATER: Final = """
update auth.wish set attempts = attempts + 1,
       next_at = now() + least(interval '1 hour', interval '1 second' * power(2, attempts))
 where wish_id = %s
"""
_log = structlog.get_logger(__name__)


def grant_one(service: Service) -> bool:
    """Fulfil the wish that has waited longest; False where none waits. One that fails is tried again later."""
    wish: Wish | None = None
    try:
        with service.database.transaction(Role.AUTH) as connection:
            row = connection.execute(_TAKE, (list(GRANTS),)).fetchone()
            if row is None:
                return False
            wish = Wish(**row)
            GRANTS[wish.kind](service, wish, connection)
            connection.execute(_DONE, (wish.wish_id,))
    except Exception as error:
        # One wish that cannot be fulfilled must not keep the others waiting.
        if wish is None or passes(error):
            raise
        _put_off(service, wish, error)
    return True


def _put_off(service: Service, wish: Wish, error: Exception) -> None:
    _log.error(
        "a request could not be fulfilled", wish=wish.kind, wish_id=str(wish.wish_id), error=type(error).__name__
    )
    with service.database.transaction(Role.AUTH) as connection:
        connection.execute(_LATER, (wish.wish_id,))


def keep_granting(service: Service, stop: threading.Event) -> None:
    """Fulfil wishes until `stop` is set. The database's passing errors are waited out."""
    while not stop.is_set():
        worked = False
        with patience("requests", stop):
            worked = grant_one(service)
        if not worked:
            stop.wait(POLL_SECONDS)
