"""Published events keep their promise: code and `schemas/` agree, and no released schema changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

import ledger.application  # noqa: F401 - imports every noun, and so fills the registry
from ledger.kit.event import Event
from ledger.kit.names import UnknownName, class_of, published
from ledger.log.schemas import IncompatibleSchema, drift, generated, incompatibilities, path_of, schema_of, write

SCHEMAS = Path(__file__).parents[3] / "schemas"


def test_the_files_are_what_the_code_says() -> None:
    """Regenerate with `dossier-ledger schemas` and commit the result."""
    assert drift(SCHEMAS) == []


@pytest.mark.parametrize("name", sorted(published))
def test_each_schema_is_one(name: str) -> None:
    schema = schema_of(class_of(name))
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert "originator_id" not in schema["properties"]


def _released(otherwise: str = "") -> dict[str, Any]:
    """A schema as a file might hold it that was released before the code changed."""
    schema: dict[str, Any] = orjson.loads(generated()[path_of("establishment.registered.v1")])
    match otherwise:
        case "a field is removed":
            schema["properties"]["fax"] = {"type": "string"}
        case "a field changes its type":
            schema["properties"]["siret"]["type"] = "integer"
        case "a field of a field changes":
            schema["$defs"]["Address"]["properties"]["town"]["type"] = "integer"
        case "a field becomes required":
            schema["required"].remove("siret")
        case "a field is no longer required":
            schema["required"].append("nda")
    return schema


@pytest.mark.parametrize(
    "change",
    [
        "a field is removed",
        "a field changes its type",
        "a field of a field changes",
        "a field becomes required",
        "a field is no longer required",
    ],
)
def test_an_incompatible_change_of_a_released_event_is_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / path_of("establishment.registered.v1")
    path.parent.mkdir()
    path.write_bytes(released := orjson.dumps(_released(change)))
    with pytest.raises(IncompatibleSchema, match="establishment/registered"):
        write(tmp_path)
    assert list(tmp_path.rglob("*.json")) == [path]
    assert path.read_bytes() == released


def test_a_new_description_or_optional_field_is_no_change() -> None:
    old, new = _released(), _released()
    new["properties"]["siret"]["description"] = "said better"
    new["properties"]["opened_on"] = {"type": "string", "format": "date"}
    assert incompatibilities(old, new) == []


def test_a_name_is_published_once_and_well_formed() -> None:
    with pytest.raises(TypeError, match="published by both"):

        class Again(Event):
            NAME = "dossier.opened.v1"

    with pytest.raises(TypeError, match="is not <noun>"):

        class Badly(Event):
            NAME = "DossierOpened"

    with pytest.raises(UnknownName):
        class_of("os.system")
