"""One entry of the log as folds see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Entry:
    """Decoded without a model: values are as in the payload's JSON, so ids and dates are text.

    `id` is the stream's. Fields that the projector OPENS are clear text, or None once their key is destroyed; other
    sealed fields keep their text form (`sealed:…`). A fold never changes an entry: several projectors are given it.
    """

    position: int
    id: str
    version: int
    name: str
    recorded_at: datetime
    actor: str | None
    data: dict[str, Any]
