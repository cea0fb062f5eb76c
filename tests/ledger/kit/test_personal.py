"""A sealed value in and out of events, as text and as JSON."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from ledger.kit.personal import ERASED, Erased, Personal


class Holder(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)

    name: Personal[str]


@given(st.uuids(), st.binary(min_size=1, max_size=100))
def test_a_sealed_value_survives_text_json_and_models(subject, box):
    sealed: Personal[str] = Personal(subject, box)
    assert Personal.parse(str(sealed)) == sealed
    held = Holder(name=sealed)
    assert Holder.model_validate_json(held.model_dump_json()) == held
    assert Holder.model_validate(held.model_dump()).name == sealed
    assert hash(Holder(name=sealed).name) == hash(sealed)


def test_what_a_sealed_value_shows_is_whose_it_is_alone():
    sealed: Personal[str] = Personal(UUID(int=7), b"secret box")
    assert repr(sealed) == f"Personal({UUID(int=7)})"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Prénom Nom",
        "sealed:",
        "sealed:x:YQ==",
        f"sealed:{UUID(int=1)}",
        f"sealed:{UUID(int=1)}:",
        f"sealed:{UUID(int=1)}:a",
        f"sealed:{UUID(int=1)}:é",
        f"open:{UUID(int=1)}:YQ==",
    ],
)
def test_a_clear_text_is_never_taken_for_a_sealed_one(text):
    """The promise of the log: a name in clear cannot enter a sealed field."""
    with pytest.raises(ValueError, match=r".+") as parsed:
        Personal.parse(text)
    with pytest.raises(ValidationError) as caught:
        Holder.model_validate({"name": text})
    assert "Nom" not in f"{parsed.value}{caught.value}"


@pytest.mark.parametrize("value", [1, None, b"x", ["sealed"]])
def test_another_kind_of_value_is_refused(value):
    with pytest.raises(ValidationError):
        Holder.model_validate({"name": value})


def test_sealed_values_differ_by_subject_and_by_box():
    one = UUID(int=1)
    assert Personal(one, b"a") != Personal(one, b"b")
    assert Personal(one, b"a") != Personal(UUID(int=2), b"a")
    assert Personal(one, b"a") != "a"


def test_the_schema_says_sealed():
    properties = Holder.model_json_schema()["properties"]
    assert properties["name"]["format"] == "sealed"


def test_an_erasure_shows_as_such():
    assert str(ERASED) == "effacé"
    assert isinstance(ERASED, Erased)
