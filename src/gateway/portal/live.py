"""What a page follows while it is looked at: its script hears of it by `GET /v1/changes`, and says once that there is
something new. Without a script the page says when it was read, and that is all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.api.reading import Read
from gateway.portal.listing import link
from gateway.portal.visit import Visit
from ledger.account.events import Role
from ledger.kit.clock import system_clock
from projections.audience import Kind


@dataclass(frozen=True)
class Followed:
    """Things of one kind, or `thing` alone, from `position` on, where the page was read; `again` is its address."""

    kind: Kind
    thing: UUID | None
    position: int
    again: str
    read_at: datetime


def followed(visit: Visit, kind: Kind, *reads: Read[Any], thing: UUID | None = None) -> Followed | None:
    """What a page that was made of `reads` follows; None for whoever may not. What has come since the earliest of them
    was read is said as well. In the fund's own lists something changes all the time: staff follow one thing.
    """
    if not visit.may("follow_changes") or (thing is None and visit.caller.role is not Role.PORTAL):
        return None
    again = link(visit.request.url.path, visit.query().fields)
    return Followed(kind, thing, min(read.position for read in reads), again, system_clock())
