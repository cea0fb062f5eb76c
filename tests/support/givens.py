"""What a story takes for granted, done through the ledger's own orders: each method is one step that must succeed.

Every identifier is marked as fictitious; numbers rise, so that many tests may share one database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from ledger.account.commands import CreateAccount, GrantMembership
from ledger.account.events import Profile, Role
from ledger.application import Ledger
from ledger.dossier.aggregate import Dossier
from ledger.dossier.commands import IssueAgreement, OpenDossier
from ledger.dossier.scheme import Scheme
from ledger.establishment.commands import RecordBankDetails, RegisterEstablishment
from ledger.invoice.commands import ApproveInvoice, ReceiveInvoice
from ledger.kit.aggregate import Aggregate
from ledger.kit.command import Command
from ledger.kit.fictitious import FICTITIOUS_BIC, fictitious_iban, fictitious_siren, fictitious_siret
from ledger.organisation.commands import RegisterOrganisation
from ledger.organisation.events import OrganisationKind
from ledger.transfer.commands import OpenLot, PayTransfer, PrepareTransfer, ReleaseLot
from ledger.transfer.lot import Lot

DAY = date(2026, 3, 2)
"""The day of most papers here."""
THURSDAY = date(2026, 3, 5)
STARTS, ENDS = date(2026, 1, 5), date(2026, 2, 27)

_numbers = count(1)


@dataclass
class Givens:
    ledger: Ledger

    def do(self, command: Command, *, actor: UUID | None = None) -> UUID:
        """Carry out an order that must succeed; the id of what it made or changed."""
        return self.ledger.execute(command, actor=actor).resource_id

    def state(self, aggregate_class: type[Aggregate], stream_id: UUID) -> Any:
        """The aggregate as the log makes it, read through the library's own repository."""
        aggregate = self.ledger.repository.get(stream_id)
        assert isinstance(aggregate, aggregate_class)
        return aggregate

    def organisation(self, *kinds: OrganisationKind, **fields: Any) -> tuple[UUID, int]:
        """An organisation, and the number that its fictitious SIREN is made of."""
        number = next(_numbers)
        command = RegisterOrganisation(
            siren=fictitious_siren(number),
            name=f"Organisme {number}",
            kinds=frozenset(kinds or {OrganisationKind.PROVIDER}),
            **fields,
        )
        return self.do(command), number

    def establishment_of(self, organisation_id: UUID, number: int, *, nth: int = 0, bank: bool = True) -> UUID:
        establishment_id = self.do(
            RegisterEstablishment(
                organisation_id=organisation_id,
                number=str(number * 100 + nth),
                siret=fictitious_siret(number, nth),
                name=f"Établissement {number}-{nth}",
                postcode="75001",
                town="Paris",
            )
        )
        if bank:
            iban = fictitious_iban(number)
            self.do(RecordBankDetails(establishment_id=establishment_id, iban=iban, bic=FICTITIOUS_BIC, on=STARTS))
        return establishment_id

    def establishment(self, *kinds: OrganisationKind, bank: bool = True) -> UUID:
        return self.establishment_of(*self.organisation(*kinds), bank=bank)

    def account(self, role: Role = Role.ACCOUNTANT, **fields: Any) -> UUID:
        number = next(_numbers)
        email = f"compte{number}@essai.example"
        return self.do(
            CreateAccount(last_name="Essai", first_name=f"Compte {number}", email=email, role=role, **fields)
        )

    def user(
        self,
        organisation_id: UUID,
        establishment_ids: Iterable[UUID],
        *,
        kind: OrganisationKind = OrganisationKind.PROVIDER,
        profile: Profile = Profile.USER,
    ) -> UUID:
        """A portal account with a membership of the organisation."""
        account_id = self.account(Role.PORTAL)
        self.do(
            GrantMembership(
                account_id=account_id,
                organisation_id=organisation_id,
                kind=kind,
                profile=profile,
                establishment_ids=frozenset(establishment_ids),
            )
        )
        return account_id

    def referent(self, organisation_id: UUID, establishment_ids: Iterable[UUID], **fields: Any) -> UUID:
        return self.user(organisation_id, establishment_ids, profile=Profile.REFERENT, **fields)

    def opening(self, **fields: Any) -> OpenDossier:
        """The order to open a dossier, of a company and a provider of its own."""
        given = {
            "number": f"{next(_numbers):010d}.01",
            "scheme": Scheme.PLAN,
            "title": "Conduite de chantier",
            "starts_on": STARTS,
            "ends_on": ENDS,
            "on": STARTS,
            **fields,
        }
        if "company_establishment_id" not in given:
            given["company_establishment_id"] = self.establishment(OrganisationKind.MEMBER)
        if "provider_establishment_ids" not in given:
            given["provider_establishment_ids"] = (self.establishment(),)
        return OpenDossier(**given)

    def dossier(self, **fields: Any) -> UUID:
        """A dossier under review."""
        return self.do(self.opening(**fields))

    def agreed_dossier(self, agreement_cents: int = 100_000, **fields: Any) -> UUID:
        dossier_id = self.dossier(**fields)
        self.do(IssueAgreement(dossier_id=dossier_id, amount_cents=agreement_cents, on=DAY))
        return dossier_id

    def provider_of(self, dossier_id: UUID) -> UUID:
        provider: UUID = self.state(Dossier, dossier_id).provider_establishment_ids[0]
        return provider

    def bill(self, dossier_id: UUID, gross_cents: int = 40_000, **fields: Any) -> ReceiveInvoice:
        """The order to receive an invoice of the dossier's provider, exempt of VAT."""
        given = {
            "dossier_id": dossier_id,
            "reference": f"FAC-{next(_numbers)}",
            "issued_on": DAY,
            "starts_on": STARTS,
            "ends_on": ENDS,
            "net_cents": gross_cents,
            "gross_cents": gross_cents,
            "on": DAY,
            **fields,
        }
        if "beneficiary_establishment_id" not in given:
            given["beneficiary_establishment_id"] = self.provider_of(dossier_id)
        return ReceiveInvoice(**given)

    def invoice(self, dossier_id: UUID, gross_cents: int = 40_000, **fields: Any) -> UUID:
        return self.do(self.bill(dossier_id, gross_cents, **fields))

    def approved_invoice(self, dossier_id: UUID, gross_cents: int = 40_000, **fields: Any) -> UUID:
        invoice_id = self.invoice(dossier_id, gross_cents, **fields)
        self.do(ApproveInvoice(invoice_id=invoice_id, on=DAY))
        return invoice_id

    def lot(self, scheduled_on: date = THURSDAY) -> UUID:
        return self.do(OpenLot(reference=f"VIR{next(_numbers)}", scheduled_on=scheduled_on))

    def preparation(self, lot_id: UUID, dossier_id: UUID, invoice_ids: Iterable[UUID]) -> PrepareTransfer:
        """The order to pay the dossier's provider for these invoices."""
        beneficiary = self.provider_of(dossier_id)
        return PrepareTransfer(lot_id=lot_id, beneficiary_establishment_id=beneficiary, invoice_ids=tuple(invoice_ids))

    def transfer(
        self, lot_id: UUID, dossier_id: UUID, invoice_ids: Iterable[UUID], *, actor: UUID | None = None
    ) -> UUID:
        return self.do(self.preparation(lot_id, dossier_id, invoice_ids), actor=actor)

    def releasing(self, lot_id: UUID) -> ReleaseLot:
        """The order to release a lot, with its true control totals."""
        lot = self.state(Lot, lot_id)
        return ReleaseLot(lot_id=lot_id, transfer_count=lot.transfer_count, total_cents=lot.total_cents, on=THURSDAY)

    def paid_transfer(self, dossier_id: UUID, invoice_id: UUID) -> UUID:
        """A transfer of one line, alone in a lot of its own, released and paid."""
        lot_id = self.lot()
        transfer_id = self.transfer(lot_id, dossier_id, [invoice_id])
        self.do(self.releasing(lot_id))
        return self.do(PayTransfer(transfer_id=transfer_id, on=THURSDAY))
