"""Where a dossier counts, and what the money makes of it. Both follow from the other columns of its row."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from ledger.dossier.axes import Closing, Instruction


class Status(StrEnum):
    """EN COURS is `ongoing`, SOLDÉS is `settled` (closed ones included), TOTAL their sum; see docs/dossier.md.

    A broken-off training stays `ongoing` until it is settled: there may be invoices to pay.
    """

    ONGOING = "ongoing"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class Financial(StrEnum):
    """The financial axis, as far as the dossier itself tells it; the detail is in its invoices and transfers."""

    UNCOMMITTED = "uncommitted"
    COMMITTED = "committed"
    APPROVED = "approved"
    PAID = "paid"
    SETTLED = "settled"


def status_of(dossier: Mapping[str, Any]) -> Status:
    if dossier["closing"] == Closing.CANCELLED:
        return Status.CANCELLED
    if dossier["instruction"] == Instruction.REFUSED:
        return Status.REFUSED
    return Status.ONGOING if dossier["closing"] == Closing.OPEN else Status.SETTLED


def financial_of(dossier: Mapping[str, Any]) -> Financial:
    """`approved`: some of what is approved is not paid yet; `paid`: all that is approved is."""
    if status_of(dossier) is Status.SETTLED:
        return Financial.SETTLED
    if dossier["instruction"] != Instruction.AGREED:
        return Financial.UNCOMMITTED
    if not dossier["reserved_cents"]:
        return Financial.COMMITTED
    return Financial.PAID if dossier["paid_cents"] == dossier["reserved_cents"] else Financial.APPROVED
