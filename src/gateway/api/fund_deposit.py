"""What the fund's staff file by a page: an agreement, an avis de virement, a letter, a piece that came by post (B1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final
from uuid import UUID

from gateway.api.authentication import let_in_again
from gateway.api.reading import Call
from gateway.api.transfer_reading import TransferParams, read_transfers
from gateway.api.uploads import Upload
from gateway.vault.depositing import Asked, Concluded, Deposits, limit_of
from ledger.document.events import Category, Side
from ledger.kit.errors import Invalid
from projections.document.projector import SHARED

_NO_TRANSFER: Final = "Aucun virement de ce lot n'est à cet établissement."


@dataclass(frozen=True, slots=True)
class Paper:
    """What is said of a file, or of several. It is a dossier's, an establishment's, or a dossier's for one party."""

    category: Category
    on: date
    dossier_ids: tuple[UUID, ...] = ()
    establishment_id: UUID | None = None
    transfer_id: UUID | None = None


def is_shared(category: Category) -> bool:
    """Whether all parties of a dossier are shown it, and not one of them."""
    return category in SHARED


async def transfer_of(call: Call, establishment_id: UUID, lot: str) -> UUID:
    """The establishment's own transfer in a lot, by the lot's reference. Invalid at `lot` where there is none."""
    asked = TransferParams(establishment_id=establishment_id, lot=lot)
    found = (await read_transfers(call, asked)).shown.items
    if not found:
        raise Invalid(field="lot", rule=_NO_TRANSFER)
    return found[0].transfer_id


async def file_paper(call: Call, upload: Upload, paper: Paper) -> Concluded:
    """One file, received, looked at, stored and recorded as the fund's; the same bytes again are the first document.

    Raises Invalid and other refusals (nothing was kept), problems, StoreUnavailable, and what reading a form raises.
    """
    deposits = Deposits.of(call.request)
    limit_bytes = limit_of(call.service.settings.vault, paper.category)
    draft = await deposits.receive(upload, actor=call.caller.account_id, limit_bytes=limit_bytes)
    asked = Asked(
        side=Side.FUND,
        category=paper.category,
        dossier_ids=paper.dossier_ids,
        establishment_id=paper.establishment_id,
        transfer_id=paper.transfer_id,
        on=paper.on,
        name=upload.name,
    )
    return await deposits.conclude(
        draft,
        asked,
        actor=call.caller.account_id,
        key=None,
        correlation_id=call.request.state.correlation_id,
        allowed=partial(let_in_again, call.request),
    )
