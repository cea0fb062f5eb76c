"""The kinds of import files and their columns. `docs/import.md` says the same, and a test compares the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from gateway.importer import cells
from gateway.importer.cells import Reader
from ledger.document.events import Category
from ledger.dossier.scheme import Scheme
from ledger.kit import identifiers
from ledger.kit.clock import parse_date
from ledger.kit.errors import Invalid
from ledger.kit.money import parse_cents
from ledger.organisation.events import OrganisationKind
from ledger.transfer.events import RejectReason


class Decision(StrEnum):
    """What the fund answered to a dossier's request."""

    ISSUED = "issued"
    REFUSED = "refused"
    AMENDED = "amended"


class InvoiceStatus(StrEnum):
    """How far an invoice had come when the file was made."""

    RECEIVED = "received"
    ATTESTED = "attested"
    APPROVED = "approved"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class Column:
    """`form` and `meaning` are for the documentation."""

    name: str
    read: Reader
    form: str
    meaning: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the cells of one line: (field, rule) pairs, in the order of the columns."""

    found: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """`prefixes`: how the names of its files begin. The first is the name of the kind."""

    prefixes: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        return self.prefixes[0]

    @property
    def by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def required(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns if column.required)

    def read(self, texts: Mapping[str, str]) -> Mapping[str, Any] | Faults:
        """The values by column, None where a cell is empty or its column absent; or every fault of the line."""
        values: dict[str, Any] = {}
        faults = []
        for column in self.columns:
            try:
                values[column.name] = _value(column, texts.get(column.name, ""))
            except Invalid as refusal:
                faults.append((column.name, refusal.message))
        return Faults(tuple(faults)) if faults else MappingProxyType(values)


def _value(column: Column, text: str) -> Any:
    if text.strip():
        return column.read(text.strip(), field=column.name)
    if column.required:
        raise Invalid(field=column.name, rule="Cette colonne est obligatoire et la cellule est vide.")
    return None


def _optional(name: str, read: Reader, form: str, meaning: str) -> Column:
    return Column(name, read, form, meaning, required=False)


_SIRET: Final = "14 digits"
_DAY: Final = "date"
_AMOUNT: Final = "amount"
_TEXT: Final = "text"
_DOSSIER: Final = Column(
    "dossier_number", identifiers.check_dossier_number, "1–40 characters", "number of a dossier already there"
)

ORGANISATIONS: Final = Kind(
    ("organisations",),
    (
        Column("siren", identifiers.check_siren, "9 digits", "legal unit; one line each"),
        Column("name", cells.line, _TEXT, "« Raison sociale »"),
        Column(
            "kinds",
            cells.several(cells.choice(OrganisationKind)),
            "`provider`, `member`, or both with `|`",
            "what it is to the fund",
        ),
        _optional("member_number", identifiers.check_short_number, "1–12 digits", "« Numéro d'adhérent »"),
        _optional(
            "legal_category",
            identifiers.check_short_number,
            "4 digits",
            "INSEE's « catégorie juridique »; 1000 is a sole trader",
        ),
    ),
)

ESTABLISHMENTS: Final = Kind(
    ("establishments",),
    (
        Column("siret", cells.siret, _SIRET, "its first nine digits name an organisation already there"),
        Column("number", identifiers.check_short_number, "1–12 digits", "the fund's own « N° »"),
        Column("name", cells.line, _TEXT, "« Raison sociale »"),
        _optional("trade_name", cells.line, _TEXT, "« Enseigne »"),
        _optional("nda", identifiers.check_nda, "11 digits", "« Numéro de déclaration d'activité » of a provider"),
        _optional("street", cells.line, _TEXT, "number and street"),
        Column("postcode", identifiers.check_postcode, "5 digits", "« CP »"),
        Column("town", cells.line, _TEXT, "« Ville »"),
        _optional("iban", cells.iban, "IBAN", "account to pay now; with `bic` or not at all"),
        _optional("bic", cells.bic, "BIC", "of that account"),
        _optional(
            "bank_details_on", parse_date, _DAY, "day from which that account is paid; the day of the import by default"
        ),
    ),
)

DOSSIERS: Final = Kind(
    ("dossiers",),
    (
        Column("number", identifiers.check_dossier_number, "1–40 characters", "« N° de dossier »"),
        _optional("request_number", identifiers.check_short_number, "1–12 digits", "« N° de demande »"),
        Column(
            "scheme",
            cells.choice(Scheme),
            "`PLAN`, `ALTE`, `C PRO`, `PRO-A`, `RECONV`, `POEC`, `POEI`",
            "« Dispositif »",
        ),
        Column("title", cells.line, _TEXT, "« Intitulé » of the training"),
        Column("company_siret", cells.siret, _SIRET, "establishment that employs"),
        Column(
            "provider_sirets", cells.several(cells.siret), "14 digits, several with `|`", "establishments that train"
        ),
        Column("starts_on", parse_date, _DAY, "« Du »"),
        Column("ends_on", parse_date, _DAY, "« Au »"),
        Column("opened_on", parse_date, _DAY, "day the request came in"),
        _optional("started_on", parse_date, _DAY, "the training began"),
        _optional("broken_off_on", parse_date, _DAY, "« Rupture »"),
        _optional("finished_on", parse_date, _DAY, "the training ended"),
        _optional("settled_on", parse_date, _DAY, "« Soldé »: all that was due is paid"),
        _optional("cancelled_on", parse_date, _DAY, "cancelled"),
        _optional("closed_on", parse_date, _DAY, "closed; retention runs from there"),
        _optional("reason", cells.line, _TEXT, "why it was broken off or cancelled"),
    ),
)

TRAINEES: Final = Kind(
    ("trainees",),
    (
        _DOSSIER,
        Column("last_name", cells.line, _TEXT, "« Nom »"),
        Column("first_name", cells.line, _TEXT, "« Prénom »"),
        _optional("birth_date", parse_date, _DAY, "« Date de naissance »"),
        _optional(
            "nir",
            identifiers.check_nir,
            "13 characters, or 15 with the key",
            "the same NIR is the same person in every dossier; without it, one person per dossier",
        ),
        Column("starts_on", parse_date, _DAY, "« Du » of this trainee"),
        Column("ends_on", parse_date, _DAY, "« Au » of this trainee"),
        _optional("reference", cells.line, _TEXT, "tells apart two homonyms of one dossier; never stored"),
    ),
)

AGREEMENTS: Final = Kind(
    ("agreements",),
    (
        _DOSSIER,
        Column(
            "decision",
            cells.choice(Decision),
            "`issued`, `refused`, `amended`",
            "an amendment comes after its agreement, in this file or before",
        ),
        Column("on", parse_date, _DAY, "day of the decision"),
        _optional(
            "amount",
            cells.positive_cents,
            _AMOUNT,
            "committed, gross; needed unless refused. An amendment gives the whole new amount",
        ),
        _optional("title", cells.line, _TEXT, "new one of an amendment; empty where it stays"),
        _optional("starts_on", parse_date, _DAY, "new one of an amendment; empty where it stays"),
        _optional("ends_on", parse_date, _DAY, "new one of an amendment; empty where it stays"),
        _optional("reason", cells.line, _TEXT, "needed for a refusal"),
    ),
)

INVOICES: Final = Kind(
    ("invoices",),
    (
        _DOSSIER,
        Column("beneficiary_siret", cells.siret, _SIRET, "establishment to pay"),
        Column("reference", identifiers.check_invoice_reference, "1–60 characters", "the beneficiary's own « Réf. »"),
        Column("issued_on", parse_date, _DAY, "« Date facture »"),
        Column("received_on", parse_date, _DAY, "day it came in"),
        Column("starts_on", parse_date, _DAY, "« Du » of the period billed"),
        Column("ends_on", parse_date, _DAY, "« Au » of the period billed"),
        Column("net", cells.positive_cents, _AMOUNT, "« Montant HT »"),
        Column("vat_rate", cells.percent, "percent: `20`, `5,5`, `0`", "« Taux de TVA »"),
        Column("vat", parse_cents, _AMOUNT, "« TVA »"),
        Column("gross", cells.positive_cents, _AMOUNT, "« Montant TTC »: net and VAT"),
        _optional("vat_exemption", cells.line, _TEXT, "legal mention where no VAT is due"),
        Column(
            "status",
            cells.choice(InvoiceStatus),
            "`received`, `attested`, `approved`, `disputed`",
            "what a transfer pays is `approved` here",
        ),
        _optional("attested_on", parse_date, _DAY, "« Service fait »; needed from `attested` on"),
        _optional("approved_on", parse_date, _DAY, "approval to pay; needed where `approved`"),
        _optional(
            "approved_amount", cells.positive_cents, _AMOUNT, "gross amount to pay, where it is not the whole invoice"
        ),
        _optional("disputed_on", parse_date, _DAY, "needed where `disputed`"),
        _optional("reason", cells.line, _TEXT, "of the dispute; needed where `disputed`"),
    ),
)

TRANSFERS: Final = Kind(
    ("transfers",),
    (
        Column("lot", cells.line, _TEXT, "« Référence » of the weekly run; the lines of a lot follow one another"),
        Column("scheduled_on", parse_date, _DAY, "day of the run, the same on all lines of the lot"),
        Column("beneficiary_siret", cells.siret, _SIRET, "establishment paid; its lines in the lot make one transfer"),
        Column("iban", cells.iban, "IBAN", "« IBAN payé »: the account of then, the same on all lines of the transfer"),
        Column("bic", cells.bic, "BIC", "of that account"),
        _DOSSIER,
        Column(
            "invoice_reference",
            identifiers.check_invoice_reference,
            "1–60 characters",
            "an approved invoice of this beneficiary on this dossier",
        ),
        Column("starts_on", parse_date, _DAY, "« Du » of the invoice"),
        Column("ends_on", parse_date, _DAY, "« Au » of the invoice"),
        Column("amount", cells.positive_cents, _AMOUNT, "« Montant TTC » of the line: what was approved, to the cent"),
        _optional("paid_on", parse_date, _DAY, "« Date de règlement », the same on all lines of the transfer"),
        _optional("rejected_on", parse_date, _DAY, "day the bank sent it back, the same on all lines"),
        _optional("reject_reason", cells.choice(RejectReason), "ISO 20022 code", "needed where rejected"),
    ),
)

DOCUMENTS: Final = Kind(
    ("documents", "avis"),
    (
        Column("file", cells.file_name, "relative path", "file beside this manifest"),
        Column("name", cells.line, _TEXT, "name shown, kept as it is"),
        Column(
            "category",
            cells.choice(Category),
            ", ".join(f"`{category.value}`" for category in Category),
            "an avis de virement is a `remittance-advice`",
        ),
        Column("deposited_on", parse_date, _DAY, "« Déposé le »"),
        _optional("siret", cells.siret, _SIRET, "establishment that holds it; needed for an avis"),
        _optional("lot", cells.line, _TEXT, "lot of an avis, where its transfer is there"),
        _optional(
            "dossier_numbers",
            cells.several(identifiers.check_dossier_number),
            "several with `|`",
            "dossiers that show it",
        ),
    ),
)

KINDS: Final = (ORGANISATIONS, ESTABLISHMENTS, DOSSIERS, TRAINEES, AGREEMENTS, INVOICES, TRANSFERS, DOCUMENTS)
"""In the order of the import: each kind refers to those before it only."""
