"""Runs the policies: each reads the log from its own position, which moves in the transaction of what it wrote.

Any number of workers may run; one leads, so that the others do not read for nothing. It is the locked row of the
position that keeps an event from being reacted to twice, not the lead.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Final

import structlog
from psycopg import Connection
from psycopg.rows import DictRow

from gateway.patience import PAUSE_SECONDS, passes, patience
from gateway.policies.policy import Policy
from gateway.service import Service
from ledger.log.database import Role
from ledger.log.reader import head
from ledger.log.recorded import COLUMNS, Recorded, decode
from ledger.log.subscription import Subscription
from projections.engine.leadership import Leadership

LOCK: Final = 0x706F6C69  # "poli": held by the worker that runs the policies of this database
POLL_SECONDS: Final = 1.0
MOST_SECONDS: Final = 60.0
# A position that only passed events by is written once in so many of them, or seconds: enough to see how it does.
_NOTED_EVERY: Final = 10_000
_NOTED_SECONDS: Final = 30.0
_VERSION: Final = re.compile(r"\.v[0-9]+$")
_EVENTS: Final = (
    f"select {COLUMNS} from log.events where position > %s and position <= %s "
    r"and regexp_replace(name, '\.v[0-9]+$', '') = any(%s) order by position"
)
_BEGIN: Final = """
insert into auth.policy (name, position) select %s, position from auth.policy where name = '' on conflict do nothing
"""
_log = structlog.get_logger(__name__)


class UnknownVersion(Exception):
    """An event of a newer release: readers are upgraded first, and this one waits."""


class Runner:
    """Follows the log for every policy. `batch` is how many positions one transaction passes over at most."""

    def __init__(self, service: Service, policies: Sequence[Policy], *, batch: int = 10_000) -> None:
        self._service = service
        self._policies = policies
        self._batch = batch
        self._seen: dict[str, int] = {}
        self._noted_at: dict[str, float] = {}
        self._troubles: dict[str, _Trouble] = {}
        self._leadership = Leadership(service.database.url, lock=LOCK)

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop` is set. The database's passing errors are waited out; a policy that fails stops alone."""
        with closing(Subscription(self._service.database.url)) as news:
            while not stop.is_set():
                with patience("policies", stop):
                    if not self._leadership.held():
                        stop.wait(PAUSE_SECONDS)
                    elif not self.run_once():
                        news.wait(POLL_SECONDS)
        self._leadership.release()

    def run_once(self) -> int:
        """One batch of each policy; how many positions they passed, 0 when there is nothing more to do now."""
        return sum(self._advance(policy) for policy in self._policies if not self._is_put_off(policy))

    def catch_up(self) -> None:
        """Follow to the end of the log. For tests and commands; a policy that fails is not tried again here."""
        while self.run_once():
            pass

    def _advance(self, policy: Policy) -> int:
        with self._service.database.transaction(Role.AUTH) as connection:
            noted = _position(connection, policy.NAME)
            at = max(noted, self._seen.get(policy.NAME, 0))
            end = min(at + self._batch, head(connection))
            events = _events(connection, policy, at, end) if end > at else []
            reached = self._react(policy, events, connection, end)
            if reached > noted and (events or self._is_time_to_note(policy, reached - noted)):
                connection.execute("update auth.policy set position = %s where name = %s", (reached, policy.NAME))
                self._noted_at[policy.NAME] = time.monotonic()
        self._seen[policy.NAME] = reached
        return max(reached - at, 0)

    def _is_time_to_note(self, policy: Policy, passed: int) -> bool:
        since = time.monotonic() - self._noted_at.get(policy.NAME, 0.0)
        return passed >= _NOTED_EVERY or since >= _NOTED_SECONDS

    def _react(self, policy: Policy, events: list[Recorded], connection: Connection[DictRow], end: int) -> int:
        """React to the events in order; the position before the first one that fails, else `end`."""
        for event in events:
            try:
                with connection.transaction():
                    policy.react(_current(policy, event), connection)
            except Exception as error:
                if passes(error):
                    raise
                self._put_off(policy, event, error)
                return event.position - 1
        self._troubles.pop(policy.NAME, None)
        return end

    def _put_off(self, policy: Policy, event: Recorded, error: Exception) -> None:
        trouble = self._troubles.setdefault(policy.NAME, _Trouble())
        trouble.again()
        # The type alone: an error's text may quote what was personal.
        _log.error(
            "a policy cannot go on",
            policy=policy.NAME,
            position=event.position,
            name=event.name,
            error=type(error).__name__,
        )

    def _is_put_off(self, policy: Policy) -> bool:
        trouble = self._troubles.get(policy.NAME)
        return trouble is not None and time.monotonic() < trouble.until


class _Trouble:
    """How long a policy that failed is left alone: a second, then twice as long each time, a minute at most."""

    def __init__(self) -> None:
        self._seconds = 0.5
        self.until = 0.0

    def again(self) -> None:
        self._seconds = min(self._seconds * 2, MOST_SECONDS)
        self.until = time.monotonic() + self._seconds


def _position(connection: Connection[DictRow], name: str) -> int:
    """Where the policy stands, its row locked; one that never ran begins where the first release with policies did."""
    connection.execute(_BEGIN, (name,))
    row = connection.execute("select position from auth.policy where name = %s for update", (name,)).fetchone()
    return int(row["position"]) if row else 0


def _events(connection: Connection[DictRow], policy: Policy, after: int, upto: int) -> list[Recorded]:
    """The policy's events, of any version of their names."""
    stems = [_VERSION.sub("", name) for name in policy.NAMES]
    return [decode(row) for row in connection.execute(_EVENTS, (after, upto, stems))]


def _current(policy: Policy, event: Recorded) -> Recorded:
    current = event.current()
    if current.name not in policy.NAMES:
        raise UnknownVersion
    return current
