"""What a policy is. `gateway.policies.runner` runs those that `gateway.policies.registry` lists."""

from __future__ import annotations

from typing import ClassVar, Protocol

from psycopg import Connection
from psycopg.rows import DictRow

from ledger.log.recorded import Recorded


class Policy(Protocol):
    """One reaction to events of some published names, in their order, each exactly once as far as its rows go."""

    NAME: ClassVar[str]
    """Keys its position in `auth.policy`: never changed."""

    NAMES: ClassVar[frozenset[str]]
    """The published names that it reacts to (`account.created.v1`); the others pass it by."""

    def react(self, event: Recorded, connection: Connection[DictRow]) -> None:
        """Write what follows, as AUTH, in the transaction that moves the position.

        It may be called again for an event whose transaction was lost: what it does outside of this connection must be
        harmless when repeated. What it raises stops this policy at this event, loudly, until it succeeds.
        """
