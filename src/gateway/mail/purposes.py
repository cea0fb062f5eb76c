"""What links can be for. A purpose of another package adds its line here; its links can be used from then on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.mail.using import Use

PURPOSES: Final[Mapping[str, Use]] = {}
"""By the purpose of the link: `password`, `invitation`, `registration`, `email-old`, `email-new`."""
