"""An establishment taken over from another system, together with the account that it is paid on."""

from __future__ import annotations

from uuid import UUID

from ledger.establishment.commands import (
    RecordBankDetails,
    RegisterEstablishment,
    record_bank_details,
    register_establishment,
)
from ledger.kit.command import handles
from ledger.kit.days import Day
from ledger.kit.identifiers import Bic, Iban
from ledger.work import Work


class RegisterEstablishmentWithAccount(RegisterEstablishment):
    """`bank_details_on`: the day from which the account is paid; the day of the order by default."""

    iban: Iban
    bic: Bic
    bank_details_on: Day | None = None


@handles(RegisterEstablishmentWithAccount)
def register_establishment_with_account(command: RegisterEstablishmentWithAccount, work: Work) -> UUID:
    """All or nothing. Refused: as RegisterEstablishment and RecordBankDetails."""
    establishment_id = register_establishment(command, work)
    on = command.bank_details_on or work.today
    record_bank_details(
        RecordBankDetails(establishment_id=establishment_id, iban=command.iban, bic=command.bic, on=on), work
    )
    return establishment_id
