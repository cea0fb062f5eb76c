"""Orders to record documents whose bytes are of no matter to the story."""

from __future__ import annotations

from typing import Any

from ledger.document.commands import RecordDeposit
from ledger.document.events import Category
from ledger.kit.ids import uuid7
from support.givens import DAY

ENGINE = "ClamAV 1.4.6/27500"


def paper(category: Category = Category.OTHER, **fields: Any) -> RecordDeposit:
    """`fields` are what the document belongs to, whose it is and how far its analysis came."""
    given = {
        "document_id": uuid7(),
        "category": category,
        "name": "Pièce.pdf",
        "media_type": "application/pdf",
        "size_bytes": 10,
        "stored_bytes": 50,
        "stored_sha256": "0" * 64,
        "plain_sha256": "1" * 64,
        "on": DAY,
        **fields,
    }
    return RecordDeposit(**given)
