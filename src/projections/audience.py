"""Whom an event concerns: the dossiers and transfers that it changes, and the establishments that see it there.

It is asked for many events at once, by whoever tells readers that something has arrived. The answer is as narrow as the
pages and lists themselves: a piece or an invoice is told to those alone who see it on the dossier.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from ledger.account.events import Menu
from projections.fetching import Connection, ask

Kind = Literal["dossiers", "transfers"]

OF_THE_FUND: Final = frozenset(
    {
        "dossier.payment-reserved.v1",
        "dossier.reservation-released.v1",
        "invoice.scheduled.v1",
        "invoice.unscheduled.v1",
        "transfer.prepared.v1",
        "transfer.withdrawn.v1",
    }
)
"""What the fund does before it pays is its own business: a portal sees a transfer once it is paid or rejected."""

PROJECTORS: Final = ("account", "dossier", "document", "invoice", "person", "transfer")
"""What must have folded an event before anybody is told of it: whoever then looks, sees it."""

_HR: Final = frozenset({Menu.HR})
_ACCOUNTING: Final = frozenset({Menu.ACCOUNTING})
_NARROWER: Final = ("document.", "invoice.")
"""Streams that are seen by less than the parties of their dossiers."""

# Ids are never used twice, whatever they name. A transfer is the fund's own until the bank has answered.
_SIGHTS: Final = """
select dossier_id as id, visible from read.dossier where dossier_id = any(%(dossiers)s)
union all
select document_id, visible from read.document where document_id = any(%(streams)s)
union all
select invoice_id, array[beneficiary_establishment_id] from read.invoice where invoice_id = any(%(streams)s)
union all
select transfer_id, case when status in ('paid', 'rejected') then array[beneficiary_establishment_id] else '{}' end
  from read.transfer where transfer_id = any(%(streams)s)
"""
_ADVICES: Final = """
select d.document_id, t.transfer_id,
       case when t.status in ('paid', 'rejected') then array[t.beneficiary_establishment_id] else '{}' end as visible
  from read.document d join read.transfer t using (transfer_id)
 where d.document_id = any(%(streams)s)
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """An event as the log has it, without what it says."""

    position: int
    stream_id: UUID
    name: str
    dossiers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Concern:
    """That a dossier or a transfer has changed at a position: for the fund, and for whoever holds one of `audience`
    with one of the entries `menus` open to it (row E15).
    """

    position: int
    kind: Kind
    id: UUID
    menus: frozenset[Menu]
    audience: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class _Sight:
    id: UUID
    visible: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Advice:
    document_id: UUID
    transfer_id: UUID
    visible: tuple[UUID, ...]


async def concerns_of(connection: Connection, events: Sequence[Noted]) -> list[Concern]:
    """What the events concern, in their order. The connection acts as the staff; the events must have been folded."""
    told = [event for event in events if event.dossiers or event.name.startswith(("document.", "transfer."))]
    if not told:
        return []
    asked = {
        "dossiers": list({each for event in told for each in event.dossiers}),
        "streams": list({event.stream_id for event in told}),
    }
    sights = await ask(connection, _Sight, _SIGHTS, asked)
    advices = await ask(connection, _Advice, _ADVICES, asked)
    seen = {each.id: frozenset(each.visible) for each in await sights.all()}
    advised = {each.document_id: each for each in await advices.all()}
    return [concern for event in told for concern in _concerns(event, seen, advised)]


def _concerns(event: Noted, seen: Mapping[UUID, frozenset[UUID]], advised: Mapping[UUID, _Advice]) -> Iterator[Concern]:
    for dossier_id in event.dossiers:
        yield Concern(event.position, "dossiers", dossier_id, _menus(event.name), _audience(event, dossier_id, seen))
    if event.name.startswith("transfer."):
        audience = _unless_private(event, seen.get(event.stream_id, ()))
        yield Concern(event.position, "transfers", event.stream_id, _ACCOUNTING, audience)
    elif advice := advised.get(event.stream_id):
        audience = frozenset(advice.visible) & seen.get(event.stream_id, frozenset())
        yield Concern(event.position, "transfers", advice.transfer_id, _ACCOUNTING, audience)


def _audience(event: Noted, dossier_id: UUID, seen: Mapping[UUID, frozenset[UUID]]) -> frozenset[UUID]:
    """The parties of the dossier; of a piece or an invoice, those of them who see it."""
    parties = seen.get(dossier_id, frozenset())
    if event.name.startswith(_NARROWER):
        parties &= seen.get(event.stream_id, frozenset())
    return _unless_private(event, parties)


def _unless_private(event: Noted, audience: Iterable[UUID]) -> frozenset[UUID]:
    return frozenset() if event.name in OF_THE_FUND else frozenset(audience)


def _menus(name: str) -> frozenset[Menu]:
    """A payment shows on the dossier's tab RÈGLEMENTS and in its history, everything else without the former."""
    paid = name.startswith("transfer.") or name == "dossier.payment-recorded.v1"
    return _HR | _ACCOUNTING if paid else _HR
