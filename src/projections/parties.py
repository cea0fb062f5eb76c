"""The parties of a dossier: the establishments whose holders see it. They are fixed when it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def parties_of(opened: Mapping[str, Any]) -> tuple[str, ...]:
    """The company's and the providers' establishments of a `dossier.opened` payload, sorted, each once."""
    return tuple(sorted({opened["company_establishment_id"], *opened["provider_establishment_ids"]}))
