"""How a dossier is invented: parties, training, decisions, invoices, each within the ledger's rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from gateway.generator import names
from gateway.generator.chance import draw
from gateway.generator.fund import Establishment, Fund
from gateway.generator.life import Decided, Dossier, Invoice, Trainee
from gateway.generator.size import LAST_DAY
from gateway.generator.trainings import TRAININGS, Training, training_of
from gateway.importer.kinds import Decision, InvoiceStatus
from ledger.dossier.scheme import Scheme
from ledger.kit.fictitious import fictitious_nir
from ledger.kit.money import split_cents

_PRO_A_ENDS: Final = date(2026, 1, 1)
_STANDARD_VAT: Final = 2_000


_CONTRACTS: Final = frozenset({Scheme.ALTE, Scheme.C_PRO})
_REFUSALS: Final = (
    "Formation hors du champ du fonds.",
    "Pièces incomplètes malgré deux relances.",
    "Plafond annuel atteint.",
)


class DossierMaker:
    """Makes dossiers one by one. Each depends on its index alone, except for which go to the largest provider."""

    def __init__(self, fund: Fund) -> None:
        self.fund = fund
        self._left = fund.size.dossiers
        self._left_to_largest = fund.size.dossiers_of_the_largest(len(fund.providers.things))
        self._schemes = list(TRAININGS)
        self._weights = [training.weight for training in TRAININGS.values()]

    def make(self, index: int, monday: date) -> Dossier:
        """The dossier of an index, opened in the week of `monday`."""
        chance = draw(self.fund.seed, "dossier", index)
        opened_on = monday + timedelta(days=chance.randrange(5))
        scheme = self._scheme(opened_on, chance)
        training = training_of(scheme)
        starts_on = opened_on + timedelta(days=chance.randint(10, 60))
        dossier = Dossier(
            index=index,
            number=_number(scheme, opened_on, index),
            request_number=str(1_000_000 + index),
            scheme=scheme,
            title=chance.choice(training.titles),
            company=self.fund.companies.pick(chance),
            providers=self._providers(index, chance),
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=chance.randint(*training.days)),
            opened_on=opened_on,
        )
        dossier.trainees = self._trainees(dossier, chance)
        _live(dossier, training, chance)
        return dossier

    def _scheme(self, opened_on: date, chance: Random) -> Scheme:
        scheme = chance.choices(self._schemes, weights=self._weights)[0]
        return Scheme.RECONV if scheme is Scheme.PRO_A and opened_on >= _PRO_A_ENDS else scheme

    def _providers(self, index: int, chance: Random) -> tuple[Establishment, ...]:
        # Selection sampling: exactly so many dossiers go to the largest provider, spread over the years.
        to_largest = chance.randrange(self._left) < self._left_to_largest
        self._left -= 1
        self._left_to_largest -= to_largest
        first = chance.choice(self.fund.largest_provider) if to_largest else self.fund.providers.pick(chance)
        second = self.fund.providers.pick(chance)
        shared = index == 1 or chance.random() < 0.02
        return (first, second) if shared and second is not first else (first,)

    def _trainees(self, dossier: Dossier, chance: Random) -> tuple[Trainee, ...]:
        several = dossier.scheme not in _CONTRACTS and chance.random() < 0.2
        count = chance.randint(2, 6) if several else 1
        persons = chance.sample(range(max(50, self.fund.size.dossiers)), count)
        return tuple(self._trainee(person, dossier) for person in persons)

    def _trainee(self, person: int, dossier: Dossier) -> Trainee:
        chance = draw(self.fund.seed, "person", person)
        sex, year = chance.choice((1, 2)), chance.randint(1962, 2006)
        return Trainee(
            person=person,
            last_name=names.last_name(chance),
            first_name=names.first_name(chance),
            birth_date=date(year, chance.randint(1, 12), chance.randint(1, 28)),
            nir=fictitious_nir(person, sex=sex, year=year) if chance.random() < 0.6 else None,
            starts_on=dossier.starts_on,
            ends_on=dossier.ends_on,
        )


def _number(scheme: Scheme, opened_on: date, index: int) -> str:
    return f"4{opened_on:%y}{index:08d}00" if scheme in _CONTRACTS else f"{opened_on:%y}{index:08d}.01"


def _live(dossier: Dossier, training: Training, chance: Random) -> None:
    """Decide on the dossier, and go on from there, as far as the last day of the history."""
    decided_on = dossier.opened_on + timedelta(days=chance.randint(2, 9))
    fate = chance.random()
    if decided_on > LAST_DAY:
        return
    if fate < 0.04:
        dossier.decisions = (Decided(Decision.REFUSED, decided_on, reason=chance.choice(_REFUSALS)),)
        dossier.closed_on = _by_last_day(decided_on + timedelta(days=60))
        return
    amount_cents = chance.randint(*training.euros) * len(dossier.trainees) * 100 + chance.choice((0, 0, 50, 33))
    issued = Decided(Decision.ISSUED, decided_on, amount_cents)
    dossier.decisions = (issued,)
    if fate < 0.06:
        dossier.cancelled_on = _by_last_day(decided_on + timedelta(days=chance.randint(1, 9)))
        dossier.reason = "Annulé à la demande de l'entreprise." if dossier.cancelled_on else None
        return
    if fate < 0.10:
        _amend(dossier, issued, chance)
    _execute(dossier, chance, broken_off=fate > 0.97)
    _bill(dossier, training, decided_on, chance)


def _amend(dossier: Dossier, issued: Decided, chance: Random) -> None:
    amended_on = issued.on + timedelta(days=chance.randint(1, 20))
    amount_cents = (issued.amount_cents or 0) * chance.randint(85, 120) // 100
    if amended_on <= LAST_DAY:
        amendment = Decided(
            Decision.AMENDED, amended_on, amount_cents, "Durée revue avec l'organisme.", dossier.ends_on
        )
        dossier.decisions = (issued, amendment)


def _execute(dossier: Dossier, chance: Random, *, broken_off: bool) -> None:
    dossier.started_on = _by_last_day(dossier.starts_on)
    if broken_off:
        length = (dossier.ends_on - dossier.starts_on).days
        dossier.broken_off_on = _by_last_day(dossier.starts_on + timedelta(days=chance.randint(0, length)))
        dossier.reason = "Rupture du contrat de travail." if dossier.broken_off_on else None
    else:
        dossier.finished_on = _by_last_day(dossier.ends_on)


def _bill(dossier: Dossier, training: Training, decided_on: date, chance: Random) -> None:
    """Invoices by equal periods, never above the agreement, neither as issued nor as amended."""
    amounts = [each.amount_cents for each in dossier.decisions if each.amount_cents is not None]
    billed_cents = min(amounts) * chance.choice((100, 100, 100, 95, 90)) // 100
    days = (dossier.ends_on - dossier.starts_on).days + 1
    count = min(chance.randint(*training.invoices), days)
    lengths = split_cents(days, [1] * count)
    invoices = []
    starts_on = dossier.starts_on
    for place, cents in enumerate(split_cents(billed_cents, lengths)):
        part = _Part(place, starts_on, starts_on + timedelta(days=lengths[place] - 1), cents)
        if dossier.broken_off_on is not None and starts_on > dossier.broken_off_on:
            break
        # What is due at the term's start is billed before its period is over (apprenticeship).
        due_on = part.starts_on if dossier.scheme is Scheme.ALTE else part.ends_on
        issued_on = max(due_on, decided_on) + timedelta(days=chance.randint(1, 15))
        invoice = _invoice(dossier, part, issued_on, chance)
        if invoice.received_on > LAST_DAY:
            break
        invoices.append(invoice)
        starts_on = part.ends_on + timedelta(days=1)
    else:
        dossier.complete = True
    dossier.complete = dossier.complete or (dossier.broken_off_on is not None and invoices != [])
    dossier.invoices = tuple(invoices)


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the parts in which a training is billed: its period, and its share of the money, VAT included."""

    place: int
    starts_on: date
    ends_on: date
    cents: int


def _invoice(dossier: Dossier, part: _Part, issued_on: date, chance: Random) -> Invoice:
    parties = (*dossier.providers, dossier.company)
    to_company = chance.random() < 0.06
    beneficiary = parties[-1] if to_company else dossier.providers[part.place % len(dossier.providers)]
    taxed = chance.random() < 0.15
    # The net amount is rounded down, so that with its VAT the invoice stays within what is agreed.
    net_cents = part.cents * 10_000 // (10_000 + _STANDARD_VAT) if taxed else part.cents
    invoice = Invoice(
        dossier=dossier,
        beneficiary=beneficiary,
        reference=f"FA{issued_on:%y%m}-{dossier.index}-{part.place + 1}",
        issued_on=issued_on,
        received_on=issued_on + timedelta(days=chance.randint(1, 5)),
        starts_on=part.starts_on,
        ends_on=part.ends_on,
        net_cents=net_cents,
        vat_rate_basis_points=_STANDARD_VAT if taxed else 0,
        vat_cents=(net_cents * _STANDARD_VAT + 5_000) // 10_000 if taxed else 0,
        status=InvoiceStatus.RECEIVED,
    )
    _process(invoice, chance)
    return invoice


def _process(invoice: Invoice, chance: Random) -> None:
    """Attest, then approve or dispute, as far as the last day allows."""
    attested_on = invoice.received_on + timedelta(days=chance.randint(1, 6))
    decided_on = attested_on + timedelta(days=chance.randint(0, 5))
    disputed, whole = chance.random() < 0.015, chance.random() < 0.97
    if attested_on > LAST_DAY:
        return
    invoice.attested_on, invoice.status = attested_on, InvoiceStatus.ATTESTED
    if decided_on > LAST_DAY:
        return
    if disputed:
        invoice.disputed_on, invoice.status = decided_on, InvoiceStatus.DISPUTED
        return
    invoice.approved_on, invoice.status = decided_on, InvoiceStatus.APPROVED
    invoice.approved_cents = invoice.gross_cents if whole else max(1, invoice.gross_cents * 9 // 10)


def _by_last_day(day: date) -> date | None:
    return day if day <= LAST_DAY else None
