"""A small fund on the real ledger: one company, one provider, and what a story needs of the rest."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from ledger.account.commands import CreateAccount
from ledger.account.events import Role
from ledger.application import Ledger, Outcome
from ledger.dossier.commands import EnrolTrainee, IssueAgreement, OpenDossier
from ledger.dossier.scheme import Scheme
from ledger.establishment.commands import RecordBankDetails, RegisterEstablishment
from ledger.invoice.commands import ApproveInvoice, AttestService, ReceiveInvoice
from ledger.kit.command import Command
from ledger.kit.fictitious import FICTITIOUS_BIC, fictitious_iban, fictitious_siren, fictitious_siret
from ledger.organisation.commands import RegisterOrganisation
from ledger.organisation.events import OrganisationKind
from ledger.transfer.commands import OpenLot, PayTransfer, PrepareTransfer, ReleaseLot

STARTS_ON, ENDS_ON = date(2023, 2, 1), date(2023, 6, 30)


class Fund:
    """Gives orders as the account that each kind of staff has; `outcomes` keeps their positions."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.outcomes: list[Outcome] = []
        self._number = 0
        self.case_manager, self.accountant, self.second_accountant = (
            self._staff(role) for role in (Role.CASE_MANAGER, Role.ACCOUNTANT, Role.ACCOUNTANT)
        )
        self.company = self._establishment(1, OrganisationKind.MEMBER)
        self.provider = self._establishment(2, OrganisationKind.PROVIDER)

    def do(self, command: Command, actor: UUID | None = None) -> UUID:
        outcome = self.ledger.execute(command, actor=actor)
        self.outcomes.append(outcome)
        return outcome.resource_id

    def dossier(self, *, agreement_cents: int | None = 150_00, **changes: Any) -> UUID:
        facts: dict[str, Any] = {
            "number": f"18190{self._next():05d}.01",
            "scheme": Scheme.PLAN,
            "title": "Lecture de plans",
            "company_establishment_id": self.company,
            "provider_establishment_ids": (self.provider,),
            "starts_on": STARTS_ON,
            "ends_on": ENDS_ON,
            "on": date(2023, 1, 10),
        }
        dossier_id = self.do(OpenDossier(**{**facts, **changes}), self.case_manager)
        if agreement_cents:
            order = IssueAgreement(dossier_id=dossier_id, amount_cents=agreement_cents, on=date(2023, 1, 20))
            self.do(order, self.case_manager)
        return dossier_id

    def trainee(self, dossier_id: UUID, last_name: str = "Zéphirin", first_name: str = "Ysolde") -> UUID:
        return self.do(
            EnrolTrainee(
                dossier_id=dossier_id,
                last_name=last_name,
                first_name=first_name,
                starts_on=STARTS_ON,
                ends_on=ENDS_ON,
            ),
            self.case_manager,
        )

    def invoice(self, dossier_id: UUID, cents: int = 100_00, *, on: date = date(2023, 3, 2)) -> UUID:
        return self.do(
            ReceiveInvoice(
                dossier_id=dossier_id,
                beneficiary_establishment_id=self.provider,
                reference=f"F-{self._next()}",
                issued_on=on,
                starts_on=STARTS_ON,
                ends_on=date(2023, 2, 28),
                net_cents=cents,
                gross_cents=cents,
                on=on,
            ),
            self.case_manager,
        )

    def approved_invoice(self, dossier_id: UUID, cents: int = 100_00, *, on: date = date(2023, 3, 9)) -> UUID:
        invoice_id = self.invoice(dossier_id, cents)
        self.do(AttestService(invoice_id=invoice_id, on=date(2023, 3, 5)), self.case_manager)
        self.do(ApproveInvoice(invoice_id=invoice_id, on=on), self.accountant)
        return invoice_id

    def transfer(self, *invoice_ids: UUID, total_cents: int, on: date = date(2023, 3, 16)) -> UUID:
        """Prepared by one accountant, in a lot of its own that the other releases."""
        lot_id = self.do(OpenLot(reference=f"VIR{self._next()}", scheduled_on=on), self.accountant)
        order = PrepareTransfer(lot_id=lot_id, beneficiary_establishment_id=self.provider, invoice_ids=invoice_ids)
        transfer_id = self.do(order, self.accountant)
        release = ReleaseLot(lot_id=lot_id, transfer_count=1, total_cents=total_cents, on=on)
        self.do(release, self.second_accountant)
        return transfer_id

    def paid_transfer(self, *invoice_ids: UUID, total_cents: int, on: date = date(2023, 3, 16)) -> UUID:
        transfer_id = self.transfer(*invoice_ids, total_cents=total_cents, on=on)
        self.do(PayTransfer(transfer_id=transfer_id, on=on), self.accountant)
        return transfer_id

    def _staff(self, role: Role) -> UUID:
        number = self._next()
        return self.do(
            CreateAccount(
                last_name=f"Essai{number}", first_name="Agent", email=f"agent{number}@fonds.example", role=role
            )
        )

    def _establishment(self, n: int, kind: OrganisationKind) -> UUID:
        name = f"Essai {n}"
        organisation = self.do(RegisterOrganisation(siren=fictitious_siren(n), name=name, kinds=frozenset({kind})))
        establishment = self.do(
            RegisterEstablishment(
                organisation_id=organisation,
                number=str(100 + n),
                siret=fictitious_siret(n),
                name=name,
                postcode="99000",
                town="Essaiville",
            )
        )
        details = RecordBankDetails(
            establishment_id=establishment, iban=fictitious_iban(n), bic=FICTITIOUS_BIC, on=date(2022, 1, 1)
        )
        self.do(details)
        return establishment

    def _next(self) -> int:
        self._number += 1
        return self._number
