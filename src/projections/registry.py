"""Every projection of the house."""

from __future__ import annotations

from typing import Final

from projections.account.projector import AccountProjector
from projections.document.projector import DocumentProjector
from projections.dossier.projector import DossierProjector
from projections.engine import Projector
from projections.establishment.projector import EstablishmentProjector
from projections.invoice.projector import InvoiceProjector
from projections.person.projector import PersonProjector
from projections.transfer.projector import TransferProjector

ALL: Final[tuple[Projector, ...]] = (
    AccountProjector(),
    EstablishmentProjector(),
    PersonProjector(),
    DossierProjector(),
    DocumentProjector(),
    InvoiceProjector(),
    TransferProjector(),
)
