"""Where a transfer stands."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """`released` is prepared, in a lot that was released: the bank has the order."""

    PREPARED = "prepared"
    RELEASED = "released"
    PAID = "paid"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


ANSWERED: Final = (Status.PAID.value, Status.REJECTED.value)
"""What portal readers are shown: the bank has answered."""
