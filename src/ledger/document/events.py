"""What happened to a document. Its bytes are in the vault, encrypted under the document's own key."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import Field

from ledger.kit.event import Event, OpeningEvent
from ledger.kit.personal import Personal
from ledger.log.upcasting import upcasts

Code = Annotated[str, Field(pattern="^[a-z][a-z-]{1,39}$")]
Engine = Annotated[str, Field(pattern="^[ -~]{1,100}$")]
Threat = Annotated[str, Field(pattern="^[A-Za-z0-9._()/-]{1,100}$")]
UNKNOWN_THREAT: Final = "unknown"
"""Where a scanner's name of a threat is not one that may stand in the log."""


class Side(StrEnum):
    """Whose document it is: who put it there."""

    FUND = "fund"
    MEMBER = "member"
    PROVIDER = "provider"


class Analysis(StrEnum):
    """How far the search for viruses came. `none`: no scanner was configured, which is not « clean »."""

    NONE = "none"
    AWAITED = "awaited"
    CLEAN = "clean"
    INFECTED = "infected"


TRANSMITTED: Final = frozenset({Analysis.NONE.value, Analysis.CLEAN.value})
"""In these states those whom a document concerns see it; in the others its depositor and the fund alone."""


class Category(StrEnum):
    """What a document is. The first three are those that the fund issues itself."""

    AGREEMENT = "agreement"
    REMITTANCE_ADVICE = "remittance-advice"
    FUND_DOCUMENT = "fund-document"
    CONTRACT = "contract"
    TRAINING_AGREEMENT = "training-agreement"
    PROGRAMME = "programme"
    QUOTE = "quote"
    INVOICE = "invoice"
    CERTIFICATE = "certificate"
    ATTENDANCE = "attendance"
    OTHER = "other"


class DocumentDeposited(OpeningEvent):
    """Whole and stored before this is recorded. `stored_sha256` (hex) is of the encrypted bytes, so that the vault can
    be verified without keys and after erasure; `plain_sha256` (hex) is of the clear bytes, sealed.

    The name is sealed under the first dossier's key, else the establishment's. `on` is the day shown as « Déposé le ».
    `side` put it there. `analysis` is what was known then: `clean` where `engine` found nothing during the deposit,
    `awaited` where it is still to be scanned, `none` where no scanner is configured.
    """

    NAME: ClassVar[str] = "document.deposited.v2"

    side: Side
    category: Code
    analysis: Literal["none", "awaited", "clean"]
    engine: Engine | None = None
    name: Personal[str]
    media_type: str
    size_bytes: int
    stored_bytes: int
    stored_sha256: str
    plain_sha256: Personal[str]
    dossier_ids: tuple[UUID, ...] = ()
    establishment_id: UUID | None = None
    transfer_id: UUID | None = None
    on: date


@upcasts("document.deposited.v1", to=DocumentDeposited)
def _(data: dict[str, Any]) -> dict[str, Any]:
    """The fund alone deposited then, and nothing was analysed."""
    return {**data, "side": "fund", "analysis": "none", "engine": None}


class DocumentAnalysed(Event):
    """A scanner's answer that differs from the one before: `clean` transmits the document, `infected` quarantines it.

    `engine` is the scanner with the number of its signatures (« ClamAV 1.4.6/27500 »), `threat` what it found.
    """

    NAME: ClassVar[str] = "document.analysed.v1"

    verdict: Literal["clean", "infected"]
    engine: Engine
    threat: Threat | None = None


class DocumentWithdrawn(Event):
    """No longer shown, still traceable."""

    NAME: ClassVar[str] = "document.withdrawn.v1"

    reason: Personal[str]
    on: date
