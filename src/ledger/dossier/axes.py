"""The four axes of a dossier's life, not one enum: a broken-off training may still have invoices to pay.

The financial axis is what its invoices and transfers make of it; the other three are decided on the dossier.
"""

from __future__ import annotations

from enum import StrEnum


class Instruction(StrEnum):
    UNDER_REVIEW = "under-review"
    AGREED = "agreed"
    REFUSED = "refused"


class Execution(StrEnum):
    NOT_STARTED = "not-started"
    STARTED = "started"
    BROKEN_OFF = "broken-off"
    FINISHED = "finished"


class Closing(StrEnum):
    OPEN = "open"
    SETTLED = "settled"
    CLOSED = "closed"
    CANCELLED = "cancelled"
