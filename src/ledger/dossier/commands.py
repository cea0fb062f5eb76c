"""Orders about a dossier. Trainees' names and reasons are in clear here, and nowhere after."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from ledger.dossier.aggregate import Dossier
from ledger.dossier.events import DossierOpened
from ledger.dossier.scheme import Scheme
from ledger.establishment.aggregate import Establishment
from ledger.kit.command import Command, handles
from ledger.kit.days import Day, check_period
from ledger.kit.errors import Invalid
from ledger.kit.identifiers import DossierNumber, Nir, OneLine, RequestNumber
from ledger.kit.money import Cents, PositiveCents
from ledger.kit.personal import Personal
from ledger.kit.text import FreeText
from ledger.person.aggregate import Person
from ledger.person.commands import RegisterPerson, register_person
from ledger.work import Work


class OpenDossier(Command):
    """The company's establishment employs, the providers' train; the first provider is the principal one."""

    number: DossierNumber
    request_number: RequestNumber | None = None
    scheme: Scheme
    title: OneLine
    company_establishment_id: UUID
    provider_establishment_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=20)]
    starts_on: Day
    ends_on: Day
    on: Day


class EnrolTrainee(Command):
    """Either `person_id`, or `last_name` and `first_name` with what else is known; the same NIR is the same person."""

    dossier_id: UUID
    person_id: UUID | None = None
    last_name: OneLine | None = None
    first_name: OneLine | None = None
    birth_date: Day | None = None
    nir: Nir | None = None
    starts_on: Day
    ends_on: Day


class WithdrawTrainee(Command):
    dossier_id: UUID
    person_id: UUID
    on: Day


class IssueAgreement(Command):
    dossier_id: UUID
    amount_cents: PositiveCents
    on: Day


class RefuseAgreement(Command):
    dossier_id: UUID
    reason: FreeText
    on: Day


class AmendAgreement(Command):
    """The agreement as it will stand, whole: title and dates that are not given stay what they are."""

    dossier_id: UUID
    amount_cents: Cents
    title: OneLine | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    reason: FreeText | None = None
    on: Day


class StartExecution(Command):
    dossier_id: UUID
    on: Day


class BreakOffExecution(Command):
    dossier_id: UUID
    reason: FreeText | None = None
    on: Day


class FinishExecution(Command):
    dossier_id: UUID
    on: Day


class SettleDossier(Command):
    dossier_id: UUID
    on: Day


class CloseDossier(Command):
    dossier_id: UUID
    on: Day


class CancelDossier(Command):
    dossier_id: UUID
    reason: FreeText | None = None
    on: Day


@handles(OpenDossier)
def open_dossier(command: OpenDossier, work: Work) -> UUID:
    """Refused: NotFound (an establishment), AlreadyClaimed (dossier-number), Invalid (period, a provider twice)."""
    check_period(command.starts_on, command.ends_on)
    providers = command.provider_establishment_ids
    if len(set(providers)) < len(providers):
        raise Invalid(field="provider_establishment_ids", rule="Un organisme de formation est cité deux fois.")
    # An establishment, once registered, never goes away: nothing to guard.
    work.read(Establishment, command.company_establishment_id, field="company_establishment_id")
    for establishment_id in providers:
        work.read(Establishment, establishment_id, field="provider_establishment_ids")
    dossier = Dossier.open(DossierOpened, id=work.new_id(), at=work.now, **dict(command))
    work.add(dossier)
    return dossier.id


@handles(EnrolTrainee)
def enrol_trainee(command: EnrolTrainee, work: Work) -> UUID:
    """Returns the person's id, which the caller may not know.

    Refused: NotFound (dossier, person), DossierNotOpen, AgreementAlreadyRefused, TraineeAlreadyEnrolled, Invalid
    (period, neither or both of a person and names).
    """
    person_id = _trainee(command, work)  # first, so that the log tells of the person before the enrolment
    dossier = work.load(Dossier, command.dossier_id)
    dossier.enrol(person_id, command.starts_on, command.ends_on, at=work.now)
    return person_id


@handles(WithdrawTrainee)
def withdraw_trainee(command: WithdrawTrainee, work: Work) -> UUID:
    """Refused: NotFound, DossierNotOpen, AgreementAlreadyRefused, TraineeNotEnrolled."""
    dossier = work.load(Dossier, command.dossier_id)
    dossier.withdraw(command.person_id, command.on, at=work.now)
    return dossier.id


@handles(IssueAgreement)
def issue_agreement(command: IssueAgreement, work: Work) -> UUID:
    """Refused: NotFound, DossierNotOpen, AgreementAlreadyIssued, AgreementAlreadyRefused."""
    dossier = work.load(Dossier, command.dossier_id)
    dossier.issue_agreement(command.amount_cents, command.on, at=work.now)
    return dossier.id


@handles(RefuseAgreement)
def refuse_agreement(command: RefuseAgreement, work: Work) -> UUID:
    """Refused: NotFound, DossierNotOpen, AgreementAlreadyIssued, AgreementAlreadyRefused."""
    dossier = work.load(Dossier, command.dossier_id)
    dossier.refuse_agreement(work.seal(dossier.id, command.reason), command.on, at=work.now)
    return dossier.id


@handles(AmendAgreement)
def amend_agreement(command: AmendAgreement, work: Work) -> UUID:
    """Refused: NotFound, DossierNotOpen, AgreementMissing, AgreementBelowReserved, Invalid (period)."""
    dossier = work.load(Dossier, command.dossier_id)
    period = (command.starts_on or dossier.starts_on, command.ends_on or dossier.ends_on)
    reason = _reason(work, dossier, command.reason)
    title = command.title or dossier.title
    dossier.amend_agreement(command.amount_cents, title, period, reason, command.on, at=work.now)
    return dossier.id


@handles(StartExecution)
def start_execution(command: StartExecution, work: Work) -> UUID:
    """Refused: NotFound, DossierNotOpen, AgreementAlreadyRefused, ExecutionAlreadyStarted."""
    dossier = work.load(Dossier, command.dossier_id)
    dossier.start_execution(command.on, at=work.now)
    return dossier.id


@handles(BreakOffExecution)
def break_off_execution(command: BreakOffExecution, work: Work) -> UUID:
    """Refused: NotFound, DossierNotOpen, AgreementAlreadyRefused, ExecutionAlreadyOver, ExecutionEndsBeforeItStarts."""
    dossier = work.load(Dossier, command.dossier_id)
    dossier.break_off(_reason(work, dossier, command.reason), command.on, at=work.now)
    return dossier.id


@handles(FinishExecution)
def finish_execution(command: FinishExecution, work: Work) -> UUID:
    """Refused: NotFound, DossierNotOpen, AgreementAlreadyRefused, ExecutionNotStarted, ExecutionAlreadyOver,
    ExecutionEndsBeforeItStarts.
    """
    dossier = work.load(Dossier, command.dossier_id)
    dossier.finish_execution(command.on, at=work.now)
    return dossier.id


@handles(SettleDossier)
def settle_dossier(command: SettleDossier, work: Work) -> UUID:
    """Refused: NotFound, DossierNotOpen, AgreementMissing, PaymentsOutstanding."""
    dossier = work.load(Dossier, command.dossier_id)
    dossier.settle(command.on, at=work.now)
    return dossier.id


@handles(CloseDossier)
def close_dossier(command: CloseDossier, work: Work) -> UUID:
    """Refused: NotFound, DossierNotOpen (closed or cancelled), DossierNotSettled."""
    dossier = work.load(Dossier, command.dossier_id)
    dossier.close(command.on, at=work.now)
    return dossier.id


@handles(CancelDossier)
def cancel_dossier(command: CancelDossier, work: Work) -> UUID:
    """Refused: NotFound, DossierNotOpen, AgreementAlreadyRefused, PaymentsReserved."""
    dossier = work.load(Dossier, command.dossier_id)
    dossier.cancel(_reason(work, dossier, command.reason), command.on, at=work.now)
    return dossier.id


def _trainee(command: EnrolTrainee, work: Work) -> UUID:
    names = command.last_name, command.first_name, command.birth_date, command.nir
    if command.person_id is not None:
        if any(names):
            raise Invalid(field="person_id", rule="Donnez la personne ou son identité, pas les deux.")
        return work.read(Person, command.person_id, field="person_id").id
    if command.last_name is None or command.first_name is None:
        raise Invalid(field="last_name", rule="Donnez le nom et le prénom du stagiaire, ou la personne.")
    identity = RegisterPerson(
        last_name=command.last_name, first_name=command.first_name, birth_date=command.birth_date, nir=command.nir
    )
    return register_person(identity, work)


def _reason(work: Work, dossier: Dossier, reason: str | None) -> Personal[Any] | None:
    return None if reason is None else work.seal(dossier.id, reason)
