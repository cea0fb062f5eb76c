"""Histories made of random orders on the real ledger: what is refused is refused, the rest is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from ledger.account.commands import (
    AcceptTerms,
    ChangeEmail,
    ChangeMembership,
    CreateAccount,
    DisableAccount,
    EnableAccount,
    EndMembership,
    GrantMembership,
    RefuseTerms,
    RegisterEmployee,
    ResumeMembership,
    SetMenuRights,
    SuspendMembership,
)
from ledger.account.events import Menu, Profile, Role
from ledger.application import Ledger
from ledger.document.commands import RecordDeposit, WithdrawDocument
from ledger.document.events import Category
from ledger.dossier import commands as dossiers
from ledger.dossier.aggregate import Dossier
from ledger.dossier.scheme import Scheme
from ledger.establishment import commands as establishments
from ledger.invitation.commands import AcceptInvitation, SendInvitation, SendInvitationAgain, WithdrawInvitation
from ledger.invoice import commands as invoices
from ledger.invoice.aggregate import Invoice
from ledger.kit.aggregate import Aggregate
from ledger.kit.command import Command
from ledger.kit.errors import Refusal
from ledger.kit.fictitious import FICTITIOUS_BIC, fictitious_iban, fictitious_siren, fictitious_siret
from ledger.kit.ids import uuid7
from ledger.organisation.commands import AddOrganisationKind, RecordContact, RegisterOrganisation, RenameOrganisation
from ledger.organisation.events import OrganisationKind
from ledger.person.commands import RegisterPerson, RenamePerson
from ledger.transfer import commands as transfers
from ledger.transfer.events import RejectReason
from ledger.transfer.lot import Lot

A = TypeVar("A", bound=Aggregate)

NAMES = ("Aubin", "Bastide", "Cœur", "De la Forêt", "Éloi", "Zéphirin-Aubin")
DAY = date(2023, 3, 2)


@dataclass
class History:
    """`play` gives one order of a kind, its particulars drawn from `random`. Ids are kept by noun."""

    ledger: Ledger
    random: Random
    ids: dict[str, list[Any]] = field(default_factory=dict)
    recorded: int = 0
    latest: bool = False

    def play(self, kind: str) -> None:
        ORDERS[kind](self)

    def begin(self) -> None:
        """What every fund has: two providers, two companies, a portal account, some dossiers."""
        for kind in (OrganisationKind.PROVIDER, OrganisationKind.MEMBER):
            for _ in range(2):
                self.organisation(kind)
        for _ in range(3):
            self.play("open dossier")
        self.play("create account")
        self.play("invite")
        self.play("open lot")

    def do(self, noun: str | None, command: Callable[[], Command], *, actor: UUID | None = None) -> UUID | None:
        """Give an order, and keep the id of what it made; None where it was refused, or nothing could be ordered."""
        try:
            made = self.ledger.execute(command(), actor=actor).resource_id
        except (Refusal, LookupError):
            return None
        self.recorded += 1
        if noun is not None and made not in self.ids.setdefault(noun, []):
            self.ids[noun].append(made)
        return made

    def any(self, noun: str) -> Any:
        """One of the ids of a noun, the last made half of the time; LookupError where there is none."""
        known = self.ids.get(noun, [])
        return known[-1] if known and (self.latest or self.random.random() < 0.5) else self.random.choice(known)

    def some(self, noun: str, most: int) -> tuple[Any, ...]:
        known = self.ids.get(noun, [])
        if not known:
            raise LookupError(noun)
        return tuple(self.random.sample(known, min(len(known), self.random.randint(1, most))))

    def state(self, aggregate_class: type[A], stream_id: UUID) -> A:
        aggregate = self.ledger.repository.get(stream_id)
        assert isinstance(aggregate, aggregate_class)
        return aggregate

    def day(self) -> date:
        return DAY + timedelta(days=self.random.randint(0, 3))

    def name(self) -> str:
        return self.random.choice(NAMES)

    def cents(self) -> int:
        return self.random.choice((1, 10_000, 25_000, 40_000))

    def number(self) -> int:
        self.ids.setdefault("number", []).append(None)
        return len(self.ids["number"])

    def organisation(self, kind: OrganisationKind) -> None:
        n = self.number()
        organisation_id = self.do(
            f"{kind} organisation",
            lambda: RegisterOrganisation(siren=fictitious_siren(n), name=self.name(), kinds=frozenset({kind})),
        )
        for nth in range(2):
            made = self.do(
                kind.value,
                lambda nth=nth: establishments.RegisterEstablishment(  # type: ignore[misc]
                    organisation_id=organisation_id,
                    number=str(n * 10 + nth),
                    siret=fictitious_siret(n, nth),
                    name=self.name(),
                    postcode="99000",
                    town="Essaiville",
                ),
            )
            self.ids.setdefault(f"places of {organisation_id}", []).append(made)
            self.do(
                None,
                lambda made=made, nth=nth: establishments.RecordBankDetails(  # type: ignore[misc]
                    establishment_id=made, iban=fictitious_iban(n * 10 + nth), bic=FICTITIOUS_BIC, on=date(2020, 1, 1)
                ),
            )


def _open_dossier(h: History) -> None:
    starts_on = h.day()
    h.do(
        "dossier",
        lambda: dossiers.OpenDossier(
            number=f"{h.number():010d}.01",
            scheme=h.random.choice(list(Scheme)),
            title="Conduite",
            company_establishment_id=h.any("member"),
            provider_establishment_ids=h.some("provider", 3),
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=30),
            on=DAY,
        ),
    )


def _enrol(h: History) -> None:
    named: dict[str, Any] = {"last_name": h.name(), "first_name": h.name()}
    if h.random.random() < 0.5 and h.ids.get("trainee"):
        named = {"person_id": h.any("trainee")}
    h.do(
        "trainee",
        lambda: dossiers.EnrolTrainee(dossier_id=h.any("dossier"), **named, starts_on=DAY, ends_on=DAY),
    )


def _withdraw_trainee(h: History) -> None:
    dossier_id = h.any("dossier")
    enrolled = list(h.state(Dossier, dossier_id).trainees)
    h.do(
        None,
        lambda: dossiers.WithdrawTrainee(dossier_id=dossier_id, person_id=h.random.choice(enrolled), on=h.day()),
    )


def _amend(h: History) -> None:
    starts_on = h.day()
    h.do(
        None,
        lambda: dossiers.AmendAgreement(
            dossier_id=h.any("dossier"),
            amount_cents=h.cents() * 3,
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=h.random.randint(0, 60)),
            on=DAY,
        ),
    )


def _receive_invoice(h: History) -> None:
    cents, dossier_id = h.cents(), h.any("dossier")
    dossier = h.state(Dossier, dossier_id)
    h.do(
        "invoice",
        lambda: invoices.ReceiveInvoice(
            dossier_id=dossier_id,
            beneficiary_establishment_id=h.random.choice(dossier.provider_establishment_ids),
            reference=f"F{h.number()}",
            issued_on=DAY,
            starts_on=DAY,
            ends_on=DAY,
            net_cents=cents,
            gross_cents=cents,
            on=h.day(),
        ),
    )


def _prepare(h: History) -> None:
    """Some approved invoices of one beneficiary, in an open lot where there is one."""

    def order() -> Command:
        known = [h.state(Invoice, each) for each in h.ids.get("invoice", [])]
        beneficiary = h.random.choice(
            [each for each in known if each.status == "approved"]
        ).beneficiary_establishment_id
        payable = [
            each.id for each in known if each.status == "approved" and each.beneficiary_establishment_id == beneficiary
        ]
        return transfers.PrepareTransfer(
            lot_id=h.ids["lot"][-1], beneficiary_establishment_id=beneficiary, invoice_ids=tuple(payable[:3])
        )

    h.do("transfer", order)


def _chain(*kinds: str | tuple[str, ...]) -> Callable[[History], None]:
    """Orders one after the other, each about the last made of its noun; a tuple is a choice."""

    def order(h: History) -> None:
        h.latest = True
        for kind in kinds:
            h.play(kind if isinstance(kind, str) else h.random.choice(kind))
        h.latest = False

    return order


TO_PREPARATION = ("open dossier", "agree", "receive invoice", "approve", "open lot", "prepare")
OVER = ("finish", "break off")


def _release(h: History) -> None:
    def order() -> Command:
        lot = h.state(Lot, h.ids["lot"][-1])
        if not lot.transfer_count:
            raise LookupError
        return transfers.ReleaseLot(
            lot_id=lot.id, transfer_count=lot.transfer_count, total_cents=lot.total_cents, on=DAY
        )

    h.do(None, order)


def _deposit(h: History) -> None:
    establishment_id = h.any("provider") if h.random.random() < 0.5 else None
    h.do(
        "document",
        lambda: RecordDeposit(
            document_id=uuid7(),
            category=h.random.choice(list(Category)),
            name="Pièce.pdf",
            media_type="application/pdf",
            size_bytes=1,
            stored_bytes=1,
            stored_sha256="0" * 64,
            plain_sha256="0" * 64,
            dossier_ids=h.some("dossier", 2),
            establishment_id=establishment_id,
            on=h.day(),
        ),
    )


def _register_person(h: History) -> None:
    h.do("trainee", lambda: RegisterPerson(last_name=h.name(), first_name=h.name()))


def _open_lot(h: History) -> None:
    h.do("lot", lambda: transfers.OpenLot(reference=f"VIR{h.number()}", scheduled_on=DAY))


def _create_account(h: History) -> None:
    email = f"compte{h.number()}@essai.example"
    h.ids.setdefault("email", []).append(email)
    h.do(
        "account",
        lambda: CreateAccount(last_name=h.name(), first_name=h.name(), email=email, role=Role.PORTAL),
    )


def _membership(command: type[Command], **fields: Callable[[History, UUID], Any]) -> Callable[[History], None]:
    """An order about the last user's membership, mostly; else of any account in any organisation."""

    def order(h: History) -> None:
        if h.random.random() < 0.7 and h.ids.get("user"):
            account_id, organisation_id, kind = h.any("user")
        else:
            kind = h.random.choice(list(OrganisationKind))
            account_id, organisation_id = h.any("account"), h.any(f"{kind} organisation")
        more = {name: make(h, organisation_id) for name, make in fields.items()}
        made = h.do(None, lambda: command(account_id=account_id, organisation_id=organisation_id, kind=kind, **more))
        if made is not None and command is GrantMembership:
            h.ids.setdefault("user", []).append((account_id, organisation_id, kind))

    return order


def _profile(h: History, _: UUID) -> Profile:
    return h.random.choice(list(Profile))


def _places(h: History, organisation_id: UUID) -> frozenset[UUID]:
    return frozenset(h.some(f"places of {organisation_id}", 2))


def _menus(h: History, _: UUID) -> frozenset[Menu]:
    return frozenset(h.random.sample(list(Menu), h.random.randint(0, 2)))


def _invite(h: History) -> None:
    """An e-mail that nobody has, or somebody's; somebody typed, or an employee."""
    kind = h.random.choice(list(OrganisationKind))
    organisation_id = h.any(f"{kind} organisation")
    email = h.any("email") if h.random.random() < 0.5 else f"invite{h.number()}@essai.example"
    who: dict[str, Any] = {"civility": "Mme", "last_name": h.name(), "first_name": h.name()}
    if h.random.random() < 0.3 and h.ids.get(f"employee of {organisation_id}"):
        who = {"person_id": h.any(f"employee of {organisation_id}")}
    h.do(
        "invitation",
        lambda: SendInvitation(
            organisation_id=organisation_id,
            kind=kind,
            profile=h.random.choice(list(Profile)),
            establishment_ids=_places(h, organisation_id),
            menus=_menus(h, organisation_id) if kind is OrganisationKind.MEMBER else None,
            email=email,
            **who,
        ),
    )


def _employ(h: History) -> None:
    kind = h.random.choice(list(OrganisationKind))
    organisation_id = h.any(f"{kind} organisation")
    h.do(
        f"employee of {organisation_id}",
        lambda: RegisterEmployee(
            organisation_id=organisation_id,
            kind=kind,
            civility="M.",
            last_name=h.name(),
            first_name=h.name(),
            birth_date=date(1980, 2, 3),
        ),
    )


def _terms(command: type[AcceptTerms | RefuseTerms]) -> Callable[[History], None]:
    def order(h: History) -> None:
        account_id = h.any("account")
        version = h.random.choice(("2026-11-01", "2027-01-01"))
        h.do(None, lambda: command(account_id=account_id, version=version, sha256="0" * 64), actor=account_id)

    return order


def _simple(
    command: type[Command], noun: str, key: str, **fields: Callable[[History], Any]
) -> Callable[[History], None]:
    """An order about one thing that there is."""

    def order(h: History) -> None:
        h.do(None, lambda: command(**{key: h.any(noun)}, **{name: make(h) for name, make in fields.items()}))

    return order


def _on(h: History) -> date:
    return h.day()


def _reason(_: History) -> str:
    return "Motif"


def _names(h: History) -> str:
    return h.name()


ORDERS: dict[str, Callable[[History], None]] = {
    "open dossier": _open_dossier,
    "enrol": _enrol,
    "withdraw trainee": _withdraw_trainee,
    "agree": _simple(dossiers.IssueAgreement, "dossier", "dossier_id", amount_cents=lambda h: h.cents() * 4, on=_on),
    "refuse": _simple(dossiers.RefuseAgreement, "dossier", "dossier_id", reason=_reason, on=_on),
    "amend": _amend,
    "start": _simple(dossiers.StartExecution, "dossier", "dossier_id", on=_on),
    "break off": _simple(dossiers.BreakOffExecution, "dossier", "dossier_id", on=_on),
    "finish": _simple(dossiers.FinishExecution, "dossier", "dossier_id", on=_on),
    "settle": _simple(dossiers.SettleDossier, "dossier", "dossier_id", on=_on),
    "close": _simple(dossiers.CloseDossier, "dossier", "dossier_id", on=_on),
    "cancel": _simple(dossiers.CancelDossier, "dossier", "dossier_id", on=_on),
    "register person": _register_person,
    "rename person": _simple(RenamePerson, "trainee", "person_id", last_name=_names, first_name=_names),
    "receive invoice": _receive_invoice,
    "attest": _simple(invoices.AttestService, "invoice", "invoice_id", on=_on),
    "approve": _simple(invoices.ApproveInvoice, "invoice", "invoice_id", on=_on),
    "dispute": _simple(invoices.DisputeInvoice, "invoice", "invoice_id", reason=_reason, on=_on),
    "resolve": _simple(invoices.ResolveDispute, "invoice", "invoice_id", on=_on),
    "open lot": _open_lot,
    "prepare": _prepare,
    "withdraw transfer": _simple(transfers.WithdrawTransfer, "transfer", "transfer_id", on=_on),
    "release": _release,
    "pay": _simple(transfers.PayTransfer, "transfer", "transfer_id", on=_on),
    "reject": _simple(transfers.RejectTransfer, "transfer", "transfer_id", reason=lambda h: RejectReason.AC04, on=_on),
    "pay through": _chain(*TO_PREPARATION, "release", "pay"),
    "settle through": _chain(*TO_PREPARATION, "release", "pay", "enrol", "start", OVER, "settle", "close"),
    "reject through": _chain(*TO_PREPARATION, "release", "reject"),
    "withdraw through": _chain(*TO_PREPARATION, "withdraw transfer"),
    "dispute through": _chain(*TO_PREPARATION[:3], ("attest", "approve"), "dispute", "resolve"),
    "train through": _chain("open dossier", "enrol", "enrol", "withdraw trainee", "start", OVER),
    "end through": _chain("open dossier", ("refuse", "cancel"), "close"),
    "join and leave": _chain(
        *("create account", "grant", "grant", "change membership", "suspend", "change membership", "resume"),
        *("set menus", "set menus", "end membership", "end membership", "disable", "enable", "change address"),
    ),
    "invite through": _chain("create account", "employ", *("invite", "invite again", "accept") * 3),
    "invite in vain": _chain("invite", "invite again", "withdraw invitation"),
    "answer terms": _chain("refuse terms", "accept terms", "refuse terms"),
    "deposit": _deposit,
    "withdraw document": _simple(WithdrawDocument, "document", "document_id", reason=_reason, on=_on),
    "rename establishment": _simple(
        establishments.RenameEstablishment, "provider", "establishment_id", name=_names, trade_name=_names
    ),
    "move": _simple(
        establishments.MoveEstablishment,
        "member",
        "establishment_id",
        street=_names,
        postcode=lambda h: "59000",
        town=lambda h: "Lille",
    ),
    "change nda": _simple(establishments.ChangeNda, "provider", "establishment_id", nda=lambda h: "11990000000"),
    "rename organisation": _simple(RenameOrganisation, "member organisation", "organisation_id", name=_names),
    "add kind": _simple(
        AddOrganisationKind, "member organisation", "organisation_id", kind=lambda h: OrganisationKind.PROVIDER
    ),
    "create account": _create_account,
    "grant": _membership(GrantMembership, profile=_profile, establishment_ids=_places),
    "change membership": _membership(ChangeMembership, profile=_profile, establishment_ids=_places),
    "end membership": _membership(EndMembership),
    "suspend": _membership(SuspendMembership),
    "resume": _membership(ResumeMembership),
    "set menus": _membership(SetMenuRights, menus=_menus),
    "invite": _invite,
    "invite again": _simple(SendInvitationAgain, "invitation", "invitation_id"),
    "withdraw invitation": _simple(WithdrawInvitation, "invitation", "invitation_id"),
    "accept": _simple(AcceptInvitation, "invitation", "invitation_id"),
    "employ": _employ,
    "change address": _simple(
        ChangeEmail, "account", "account_id", email=lambda h: f"adresse{h.number()}@essai.example"
    ),
    "accept terms": _terms(AcceptTerms),
    "refuse terms": _terms(RefuseTerms),
    "record contact": _simple(
        RecordContact, "member organisation", "organisation_id", email=lambda h: f"contact{h.number()}@essai.example"
    ),
    "disable": _simple(DisableAccount, "account", "account_id", on=_on),
    "enable": _simple(EnableAccount, "account", "account_id", on=_on),
}
