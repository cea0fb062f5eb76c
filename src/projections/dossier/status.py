"""Where a dossier counts, and what the money makes of it. Both follow from the other columns of its row."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Final

from ledger.dossier.axes import Closing, Instruction

_AGREED: Final = Instruction.AGREED.value


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


@cache
def status_of(instruction: str, closing: str) -> Status:
    if closing == Closing.CANCELLED:
        return Status.CANCELLED
    if instruction == Instruction.REFUSED:
        return Status.REFUSED
    return Status.ONGOING if closing == Closing.OPEN else Status.SETTLED


def financial_of(instruction: str, status: Status, is_reserved: bool, is_paid: bool) -> Financial:
    """`approved`: some of what is approved is not paid yet; `paid`: all that is approved is."""
    if status is Status.SETTLED:
        return Financial.SETTLED
    if instruction != _AGREED:
        return Financial.UNCOMMITTED
    if not is_reserved:
        return Financial.COMMITTED
    return Financial.PAID if is_paid else Financial.APPROVED


def derived(dossier: Mapping[str, Any]) -> Mapping[str, str]:
    """The columns of a dossier's row that follow from its others."""
    reserved_cents, paid_cents = dossier["reserved_cents"], dossier["paid_cents"]
    return _derived(dossier["instruction"], dossier["closing"], reserved_cents != 0, paid_cents == reserved_cents)


@cache
def _derived(instruction: str, closing: str, is_reserved: bool, is_paid: bool) -> Mapping[str, str]:
    status = status_of(instruction, closing)
    return {"status": status.value, "financial": financial_of(instruction, status, is_reserved, is_paid).value}
