"""What holds for every noun: no event without an applier, no order without a handler, no state that can be changed."""

from __future__ import annotations

import inspect
import random
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from ledger.account.aggregate import Account
from ledger.account.commands import GrantMembership
from ledger.account.events import Role
from ledger.application import NOUNS
from ledger.document.commands import RecordDeposit
from ledger.document.events import Category
from ledger.dossier.commands import EnrolTrainee
from ledger.establishment.aggregate import Establishment
from ledger.invitation.commands import SendInvitation
from ledger.kit import errors as kit_errors
from ledger.kit.aggregate import Aggregate
from ledger.kit.command import Command, handler_of
from ledger.kit.errors import Forbidden, Refusal, RuleBroken
from ledger.kit.event import Event, OpeningEvent
from ledger.kit.ids import uuid7
from ledger.kit.names import published
from ledger.kit.personal import Personal
from ledger.organisation.events import OrganisationKind
from ledger.person.events import PersonRenamed
from ledger.transfer.lot import Lot
from support.givens import DAY, ENDS, STARTS, Givens

OWN = [event_class for name, event_class in published.items() if event_class.__module__.startswith("ledger.")]
COMMANDS = [
    command
    for noun in NOUNS
    for command in vars(import_module(f"ledger.{noun}.commands")).values()
    if inspect.isclass(command) and issubclass(command, Command) and command.__module__.startswith(f"ledger.{noun}.")
]


def refusals() -> Iterator[type[Refusal]]:
    waiting = [Refusal]
    while waiting:
        refusal = waiting.pop()
        waiting += refusal.__subclasses__()
        if refusal.__module__.startswith("ledger."):
            yield refusal


def aggregates() -> list[type[Aggregate]]:
    return [opening.AGGREGATE for opening in OWN if issubclass(opening, OpeningEvent)]


def test_every_refusal_has_a_code_of_its_own():
    """The code is the last part of a problem's stable `type`: two rules under one code could not be told apart."""
    codes = [refusal.code for refusal in refusals() if refusal is not RuleBroken]
    assert len(codes) == len(set(codes)) >= 40
    assert [refusal for refusal in refusals() if "code" not in vars(refusal)] == [RuleBroken]


@pytest.mark.parametrize("noun", NOUNS)
def test_a_nouns_refusals_are_its_own_and_speak_french(noun):
    module: ModuleType = import_module(f"ledger.{noun}.commands")
    folder = f"ledger.{noun}.errors"
    own = [refusal for refusal in refusals() if refusal.__module__ == folder]
    assert all(
        issubclass(refusal, RuleBroken | Forbidden) and refusal.template.endswith((".", ").")) for refusal in own
    )
    assert module.__doc__


def test_no_two_aggregates_share_an_opening_event():
    assert len(set(aggregates())) == len(aggregates()) == 10


@pytest.mark.parametrize("event_class", OWN, ids=lambda event_class: event_class.NAME)
def test_every_event_is_remembered_by_one_aggregate(event_class: type[Event]):
    """An event without an applier would make its stream unreadable, once it is in the log."""
    knowing = []
    for aggregate in aggregates():
        blank = object.__new__(aggregate)
        blank.when  # noqa: B018 - the library registers the appliers when `when` is first looked at
        if event_class in inspect.getattr_static(aggregate, "when").dispatcher.registry:
            knowing.append(aggregate)
    assert len(knowing) == 1
    assert not issubclass(event_class, OpeningEvent) or knowing == [event_class.AGGREGATE]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_every_order_has_a_handler_that_says_what_it_refuses(command: type[Command]):
    """Each refusal that a handler's text names is one that exists."""
    said = inspect.getdoc(handler_of(command)) or ""
    assert "efuse" in said
    known = {refusal.__name__ for refusal in refusals()}
    named = {word.strip("(),.:;") for word in said.partition("Refused:")[2].split()}
    unknown = {word for word in named if word[:1].isupper() and word not in known}
    assert unknown <= {"SIRET", "IBAN", "BIC"}


def test_an_unknown_event_is_refused_by_its_aggregate(fund: Givens):
    account = fund.state(Account, fund.account())
    foreign = PersonRenamed(
        originator_id=account.id,
        originator_version=2,
        timestamp=account.created_on,
        last_name=account.email,
        first_name=account.email,
    )
    with pytest.raises(TypeError, match=PersonRenamed.NAME):
        account.when(foreign)


IMMUTABLE = (int, str, bytes, date, UUID, type(None), Personal)  # bool is an int, enums are str, datetime is a date


def changeable(value: Any, path: str) -> Iterator[str]:
    """The paths of what could be changed in place."""
    if isinstance(value, IMMUTABLE):
        return
    if isinstance(value, tuple | frozenset):
        for n, each in enumerate(value):
            yield from changeable(each, f"{path}[{n}]")
    elif isinstance(value, MappingProxyType):
        for key, each in value.items():
            yield from changeable(key, f"{path}.key")
            yield from changeable(each, f"{path}[…]")
    elif is_dataclass(value) and type(value).__dataclass_params__.frozen:
        for each in fields(value):
            yield from changeable(getattr(value, each.name), f"{path}.{each.name}")
    elif isinstance(value, BaseModel) and value.model_config.get("frozen"):
        for name in type(value).model_fields:
            yield from changeable(getattr(value, name), f"{path}.{name}")
    else:
        yield f"{path}: {type(value).__name__}"


@pytest.mark.parametrize("wrong", [[], {}, set(), {"a": MappingProxyType({})}, (1, [2])], ids=repr)
def test_the_check_itself_sees_what_can_be_changed(wrong):
    assert list(changeable(wrong, "state"))


def test_every_aggregates_state_is_immutable(fund: Givens):
    """Copies share their values, and so may a cache: one list changed in place would reach what was never decided."""
    dossier_id = fund.agreed_dossier()
    fund.do(EnrolTrainee(dossier_id=dossier_id, last_name="Essai", first_name="P", starts_on=STARTS, ends_on=ENDS))
    invoices = [fund.approved_invoice(dossier_id, 10_000) for _ in range(2)]
    fund.paid_transfer(dossier_id, invoices[0])
    fund.transfer(fund.lot(), dossier_id, invoices[1:])
    provider = fund.provider_of(dossier_id)
    organisation_id = fund.state(Establishment, provider).organisation_id
    fund.do(
        GrantMembership(
            account_id=fund.account(Role.PORTAL),
            organisation_id=organisation_id,
            kind=OrganisationKind.PROVIDER,
            establishment_ids={provider},
        )
    )
    fund.do(
        SendInvitation(
            organisation_id=organisation_id,
            kind=OrganisationKind.PROVIDER,
            establishment_ids={provider},
            civility="Mme",
            last_name="Essai",
            first_name="P",
            email="p@essai.example",
        )
    )
    fund.do(
        RecordDeposit(
            document_id=uuid7(),
            category=Category.OTHER,
            name="a.pdf",
            media_type="application/pdf",
            size_bytes=1,
            stored_bytes=1,
            stored_sha256="0" * 64,
            plain_sha256="0" * 64,
            dossier_ids=(dossier_id,),
            on=DAY,
        )
    )
    seen = set()
    for stream_id in streams(fund):
        aggregate = fund.state(Aggregate, stream_id)
        seen.add(type(aggregate))
        state = {name: value for name, value in vars(aggregate).items() if name != "_pending_events"}
        assert [path for name, value in state.items() for path in changeable(value, name)] == []
    assert seen == set(aggregates())


def test_a_refused_order_leaves_a_copys_original_untouched(fund: Givens):
    lot_id, rng = fund.lot(), random.Random(7)
    lot = fund.state(Lot, lot_id)
    before = dict(vars(lot))
    clone = lot.copy()
    for _ in range(20):
        clone.add_transfer(uuid7(), uuid7(), rng.randint(1, 10**6), by=uuid7(), at=lot.created_on)
    assert vars(lot) == before
    assert (lot.transfer_count, clone.transfer_count) == (0, 20)
    assert isinstance(clone.beneficiaries, Mapping)
    with pytest.raises(kit_errors.RuleBroken):
        clone.release(1, 1, DAY, by=None, at=lot.created_on)


def streams(fund: Givens) -> list[UUID]:
    with fund.ledger.log_recorder.database.transaction("ledger_auditor") as connection:
        return [row["stream_id"] for row in connection.execute("select distinct stream_id from log.events")]
