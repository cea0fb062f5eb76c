"""Opening sealed fields by the batch: what a fold reads in clear, and what stops it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from ledger.kit.keyring import Keyring, MasterKey
from ledger.kit.personal import Personal
from projections.engine import Entry
from projections.engine.folding import FoldFailed, prepared
from projections.engine.opening import opened
from support.toy_projections import PersonToy

WHO = UUID(int=1)


def entry(position: int, **data: object) -> Entry:
    at = datetime(2022, 9, 1, tzinfo=UTC)
    return Entry(position, str(WHO), 1, "person.registered.v1", at, None, data)


@pytest.fixture
def keyring(keys_url):
    with Keyring(keys_url, MasterKey.generate()) as made:
        yield made


def test_only_the_fields_asked_for_are_opened_nested_ones_too(keyring):
    street, name = str(keyring.seal(WHO, "1 rue Neuve")), str(keyring.seal(WHO, "Atelier"))
    one = entry(1, name=name, address={"street": street, "town": "Lyon"}, trade_name=None)
    (clear,) = opened([one], {"address.street", "trade_name", "absent.field"}, keyring)
    assert clear.data == {"name": name, "address": {"street": "1 rue Neuve", "town": "Lyon"}, "trade_name": None}
    assert one.data["address"] == {"street": street, "town": "Lyon"}, "other projectors are given the same entry"


def test_what_was_erased_opens_to_nothing(keyring):
    sealed = str(keyring.seal(WHO, "Dupont"))
    keyring.destroy(WHO)
    (clear,) = opened([entry(1, last_name=sealed)], {"last_name"}, keyring)
    assert clear.data == {"last_name": None}


@pytest.mark.parametrize("harm", ["damaged", "malformed"])
def test_a_damaged_field_stops_the_projection_at_its_event(keyring, harm):
    good = keyring.seal(WHO, "Dupont")
    box = good.box[:-1] + bytes([good.box[-1] ^ 1])
    bad = str(Personal(WHO, box)) if harm == "damaged" else "sealed:no-one:####"
    with pytest.raises(FoldFailed) as stopped:
        prepared(PersonToy(), [entry(1, last_name=str(good)), entry(2, last_name=bad)], keyring)
    assert stopped.value.position == 2
    assert "Dupont" not in str(stopped.value)
