"""Where an invoice stands."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """« Service fait » is a fact beside it (`service_attested_on`): an advance is paid before its service."""

    RECEIVED = "received"
    DISPUTED = "disputed"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PAID = "paid"
