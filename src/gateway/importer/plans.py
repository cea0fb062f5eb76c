"""The kinds of which each line is one order: all of them but transfers and documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from gateway.importer import kinds
from gateway.importer.kinds import Decision, InvoiceStatus
from gateway.importer.plan import Plan, Values
from gateway.importer.references import Name, References
from ledger.dossier.commands import AmendAgreement, EnrolTrainee, IssueAgreement, OpenDossier, RefuseAgreement
from ledger.establishment.commands import RegisterEstablishment
from ledger.establishment.past import RegisterEstablishmentWithAccount
from ledger.invoice.commands import duplicate_key
from ledger.invoice.past import RecordPastInvoice
from ledger.kit.command import Command
from ledger.kit.errors import Invalid
from ledger.kit.identifiers import normalise_reference
from ledger.organisation.commands import RegisterOrganisation

MILESTONES: Final = ("started_on", "broken_off_on", "finished_on", "settled_on", "cancelled_on", "closed_on", "reason")
"""Columns of a dossier that are applied after the transfers: see `milestones`."""


def _organisation(values: Values, _: References) -> Command:
    return RegisterOrganisation(**{**values, "kinds": frozenset(values["kinds"])})


def _establishment(values: Values, references: References) -> Command:
    about = {name: values[name] for name in RegisterEstablishment.model_fields.keys() & values.keys()}
    about["organisation_id"] = references("siren", values["siret"][:9], field="siret")
    if values["iban"] is None and values["bic"] is None:
        return RegisterEstablishment(**about)
    for column in ("iban", "bic"):
        needed(values, column, "L'IBAN et le BIC vont ensemble.")
    account = {name: values[name] for name in ("iban", "bic", "bank_details_on")}
    return RegisterEstablishmentWithAccount(**about, **account)


def _dossier_refers(values: Values) -> Iterable[Name]:
    return [("siret", siret) for siret in (values["company_siret"], *values["provider_sirets"])]


def _dossier(values: Values, references: References) -> Command:
    return OpenDossier(
        number=values["number"],
        request_number=values["request_number"],
        scheme=values["scheme"],
        title=values["title"],
        company_establishment_id=references("siret", values["company_siret"], field="company_siret"),
        provider_establishment_ids=tuple(
            references("siret", siret, field="provider_sirets") for siret in values["provider_sirets"]
        ),
        starts_on=values["starts_on"],
        ends_on=values["ends_on"],
        on=values["opened_on"],
    )


def _of_a_dossier(values: Values) -> Iterable[Name]:
    return [("dossier-number", values["dossier_number"])]


def dossier_of(values: Values, references: References) -> UUID:
    return references("dossier-number", values["dossier_number"], field="dossier_number")


def _trainee_key(values: Values) -> str:
    """By NIR where there is one; else by name, birth date and the file's own reference. Only its HMAC is kept."""
    who = ("nir",) if values["nir"] else ("last_name", "first_name", "birth_date", "reference")
    return "\n".join([values["dossier_number"], *(str(values[column] or "").casefold() for column in who)])


def _trainee(values: Values, references: References) -> Command:
    about = {name: value for name, value in values.items() if name not in {"dossier_number", "reference"}}
    return EnrolTrainee(dossier_id=dossier_of(values, references), **about)


def _agreement_key(values: Values) -> str:
    return "\n".join((values["dossier_number"], values["decision"], str(values["on"])))


def _agreement(values: Values, references: References) -> Command:
    dossier_id, on = dossier_of(values, references), values["on"]
    for column in ("title", "starts_on", "ends_on"):
        if values["decision"] is not Decision.AMENDED and values[column] is not None:
            raise Invalid(field=column, rule="Seul un avenant change l'intitulé ou les dates.")
    if values["decision"] is Decision.REFUSED:
        reason = needed(values, "reason", "Un refus est motivé.")
        return RefuseAgreement(dossier_id=dossier_id, reason=reason, on=on)
    amount = needed(values, "amount", "Un accord a un montant.")
    if values["decision"] is Decision.ISSUED:
        return IssueAgreement(dossier_id=dossier_id, amount_cents=amount, on=on)
    kept = {name: values[name] for name in ("title", "starts_on", "ends_on", "reason")}
    return AmendAgreement(dossier_id=dossier_id, amount_cents=amount, on=on, **kept)


def invoice_key(siret: str, reference: str, dossier_number: str, values: Values) -> str:
    """The line's own key, of the same parts as the rule on duplicates (row B2)."""
    period = (str(values["starts_on"]), str(values["ends_on"]))
    return "\n".join((siret, normalise_reference(reference), dossier_number, *period))


def _invoice_line_key(values: Values) -> str:
    return invoice_key(values["beneficiary_siret"], values["reference"], values["dossier_number"], values)


def _invoice_refers(values: Values) -> Iterable[Name]:
    return [*_of_a_dossier(values), ("siret", values["beneficiary_siret"])]


def _invoice_claim(values: Values, references: References) -> tuple[Name, ...]:
    period = (values["starts_on"], values["ends_on"])
    dossier_id = dossier_of(values, references)
    return (("invoice", duplicate_key(values["beneficiary_siret"], values["reference"], dossier_id, *period)),)


def _invoice(values: Values, references: References) -> Command:
    status = values["status"]
    attested = approved = disputed = reason = None
    if status is not InvoiceStatus.RECEIVED and status is not InvoiceStatus.DISPUTED:
        attested = needed(values, "attested_on", "Le jour du service fait est attendu pour ce statut.")
    if status is InvoiceStatus.APPROVED:
        approved = needed(values, "approved_on", "Le jour de l'approbation est attendu pour ce statut.")
    if status is InvoiceStatus.DISPUTED:
        attested = values["attested_on"]
        disputed = needed(values, "disputed_on", "Le jour de la mise en litige est attendu pour ce statut.")
        reason = needed(values, "reason", "Un litige est motivé.")
    return RecordPastInvoice(
        dossier_id=dossier_of(values, references),
        beneficiary_establishment_id=references("siret", values["beneficiary_siret"], field="beneficiary_siret"),
        reference=values["reference"],
        issued_on=values["issued_on"],
        starts_on=values["starts_on"],
        ends_on=values["ends_on"],
        net_cents=values["net"],
        vat_rate_basis_points=values["vat_rate"],
        vat_cents=values["vat"],
        gross_cents=values["gross"],
        vat_exemption=values["vat_exemption"],
        on=values["received_on"],
        attested_on=attested,
        approved_on=approved,
        approved_cents=values["approved_amount"] if approved else None,
        disputed_on=disputed,
        dispute_reason=reason,
    )


def _given(*names: tuple[str, str | None]) -> tuple[Name, ...]:
    return tuple((kind, value) for kind, value in names if value is not None)


def needed(values: Values, column: str, rule: str) -> Any:
    """The value of a column that this line needs, though others do without."""
    if values[column] is None:
        raise Invalid(field=column, rule=rule)
    return values[column]


PLANS: Final = (
    Plan(
        kinds.ORGANISATIONS,
        key=lambda values: values["siren"],
        command=_organisation,
        seeks=lambda values, _: _given(("siren", values["siren"]), ("member-number", values["member_number"])),
        new_subjects=1,
    ),
    Plan(
        kinds.ESTABLISHMENTS,
        key=lambda values: values["siret"],
        command=_establishment,
        refers=lambda values: [("siren", values["siret"][:9])],
        columns={"establishment_number": "number", "organisation_id": "siret", "on": "bank_details_on"},
        seeks=lambda values, _: _given(("siret", values["siret"]), ("establishment-number", values["number"])),
        new_subjects=1,
    ),
    Plan(
        kinds.DOSSIERS,
        key=lambda values: values["number"],
        command=_dossier,
        refers=_dossier_refers,
        columns={
            "dossier_number": "number",
            "company_establishment_id": "company_siret",
            "provider_establishment_ids": "provider_sirets",
            "on": "opened_on",
        },
        ignored=frozenset(MILESTONES),
        seeks=lambda values, _: _given(("dossier-number", values["number"])),
    ),
    Plan(
        kinds.TRAINEES,
        key=_trainee_key,
        command=_trainee,
        refers=_of_a_dossier,
        columns={"dossier_id": "dossier_number", "person_id": "nir"},
        seeks=lambda values, _: _given(("nir", values["nir"])),
        new_subjects=1,
    ),
    Plan(
        kinds.AGREEMENTS,
        key=_agreement_key,
        command=_agreement,
        refers=_of_a_dossier,
        columns={"dossier_id": "dossier_number", "amount_cents": "amount"},
    ),
    Plan(
        kinds.INVOICES,
        key=_invoice_line_key,
        command=_invoice,
        refers=_invoice_refers,
        columns={
            "dossier_id": "dossier_number",
            "beneficiary_establishment_id": "beneficiary_siret",
            "net_cents": "net",
            "vat_cents": "vat",
            "gross_cents": "gross",
            "vat_rate_basis_points": "vat_rate",
            "amount_cents": "approved_amount",
            "approved_cents": "approved_amount",
            "invoice": "reference",
            "dispute_reason": "reason",
            "on": "received_on",
        },
        seeks=_invoice_claim,
    ),
)
