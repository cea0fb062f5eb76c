"""What a batch foresees is a hint: it spares queries, and changes no decision."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from ledger.application import Ledger, Order, Outcome
from ledger.establishment.commands import RegisterEstablishment
from ledger.kit.errors import AlreadyClaimed, NotFound
from ledger.kit.fictitious import fictitious_siren, fictitious_siret
from ledger.organisation.commands import RegisterOrganisation, RenameOrganisation
from ledger.organisation.events import OrganisationKind
from ledger.unit_of_work import Foreseen, UnitOfWork


def organisation(number: int) -> RegisterOrganisation:
    kinds = frozenset({OrganisationKind.PROVIDER})
    return RegisterOrganisation(siren=fictitious_siren(number), name=f"Institut {number}", kinds=kinds)


def register(ledger: Ledger, number: int) -> UUID:
    return ledger.execute(organisation(number), actor=None).resource_id


@pytest.mark.parametrize("hinted", [False, True], ids=["by itself", "foreseen"])
def test_a_batch_decides_alike_with_and_without_hints(ledger: Ledger, hinted: bool):
    """An organisation taken before, one twice in the batch, one that does not exist."""
    base = 700 + 10 * hinted
    known, stranger = register(ledger, base), uuid4()
    commands = [
        organisation(base), organisation(base + 1), organisation(base + 1),
        RenameOrganisation(organisation_id=known, name="Autre"),
        RenameOrganisation(organisation_id=stranger, name="Autre"),
    ]  # fmt: skip
    names = (("siren", fictitious_siren(base)), ("siren", fictitious_siren(base + 1)))
    foreseen = Foreseen((known, stranger), names, 1) if hinted else Foreseen()
    answers = ledger.execute_many([Order(command, foreseen=foreseen) for command in commands], actor=None)
    assert [type(answer) for answer in answers] == [AlreadyClaimed, Outcome, AlreadyClaimed, Outcome, NotFound]


def test_what_is_foreseen_is_read_at_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    """With the hints, no stream and no value is asked for one by one."""
    ids = [register(ledger, number) for number in range(720, 725)]
    orders = []
    for place, organisation_id in enumerate(ids):
        siret = fictitious_siret(720 + place)
        about = {"number": f"7{place}", "siret": siret, "name": "Site", "postcode": "00100", "town": "Sorbelac"}
        command = RegisterEstablishment(organisation_id=organisation_id, **about)
        names = (("siret", siret), ("establishment-number", f"7{place}"))
        orders.append(Order(command, foreseen=Foreseen((organisation_id,), names, 1)))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("asked for one by one")

    for name in ("select_events", "select_claim", "select_key"):
        monkeypatch.setattr(ledger.log_recorder, name, refuse)
    assert all(isinstance(answer, Outcome) for answer in ledger.execute_many(orders, actor=None))


def test_ids_whose_keys_are_made_are_handed_out_once(ledger: Ledger):
    unit = UnitOfWork(ledger.log_recorder, ledger.codec, ledger.keyring, ledger.clock())
    unit.foresee([Foreseen(new_subjects=2), Foreseen(new_subjects=1)])
    handed = [unit.new_id() for _ in range(5)]
    assert len(set(handed)) == 5
    assert [ledger.keyring.key(id_) is not None for id_ in handed] == [True, True, True, False, False]
