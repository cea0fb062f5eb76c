"""The API's description: committed, stable, with examples, and never broken for those who rely on it."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gateway.api.app import build
from gateway.api.openapi import as_text, description
from gateway.rights import RIGHTS
from ledger.kit.command import Command
from support.breaking import breaking_changes

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "schemas" / "openapi.v1.json"


@pytest.fixture(scope="module")
def described():
    return json.loads(as_text(build()))


def _operations(described):
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def test_the_committed_description_is_the_applications():
    """After a wanted change: `python -m gateway.api > schemas/openapi.v1.json`."""
    assert COMMITTED.read_bytes() == as_text(build())


def test_nothing_that_was_released_is_broken(described):
    """Compared with the description of the last release; there is none only as long as the changelog names none."""
    released = _released()
    if released is None:
        changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        assert re.findall(r"^## (.+)$", changelog, re.MULTILINE) == ["Unreleased"], (
            "the release's tag is not in this clone"
        )
        released = described
    assert breaking_changes(released, described) == []


def test_every_operation_has_its_own_stable_id(described):
    ids = [operation["operationId"] for _, _, operation in _operations(described)]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= set(RIGHTS), "the rest are pages (tests/gateway/test_rights_matrix.py)"


def test_every_operation_says_what_it_is_and_how_it_fails(described):
    for path, method, operation in _operations(described):
        assert operation["summary"], (path, method)
        assert operation["tags"], (path, method)
        assert "default" in operation["responses"], (path, method)


def test_every_json_body_and_answer_has_an_example_that_its_schema_accepts(described):
    for path, method, operation in _operations(described):
        contents = [("answer", each) for each in operation["responses"].values()]
        contents.append(("body", operation.get("requestBody", {})))
        for what, each in contents:
            content = each.get("content", {}).get("application/json")
            if content is None:
                continue
            schema = {**content["schema"], "components": described["components"]}
            errors = list(Draft202012Validator(schema).iter_errors(content["example"]))
            assert not errors, (path, method, what, errors[0].message)


def test_every_example_of_an_order_is_a_command_that_would_be_accepted():
    """What a reader copies from the description passes every check that needs no ledger."""
    app = build()
    some_id = "01890a5d-ac96-774b-bcce-b302099a8057"
    for route in app.state.orders:
        path = {name: "provider" if name == "kind" else some_id for name in route.path_names}
        body = {**route.example, **path}
        assert issubclass(route.command, Command)
        route.command.model_validate_json(json.dumps(body), strict=True)


def test_removing_or_demanding_more_is_breaking():
    old = description(build())

    def breaks(change) -> bool:
        new = copy.deepcopy(old)
        change(new)
        return bool(breaking_changes(old, new))

    def schema(new, name):
        return new["components"]["schemas"][name]

    demanded = [*schema(old, "OpenDossier")["required"], "x"]
    assert not breaks(lambda new: None)
    assert not breaks(lambda new: new["paths"].update({"/v1/new": {}}))
    assert not breaks(lambda new: schema(new, "DossierShown")["properties"].update(x={"type": "string"}))
    assert not breaks(lambda new: schema(new, "DossierShown")["required"].append("x"))
    assert not breaks(lambda new: schema(new, "OpenDossier")["properties"].update(x={"type": "string"}))
    assert breaks(lambda new: new["paths"].pop("/v1/dossiers"))
    assert breaks(lambda new: new["paths"]["/v1/dossiers"].pop("get"))
    assert breaks(lambda new: new["paths"]["/v1/dossiers"]["get"].update(operationId="other"))
    assert breaks(lambda new: new["paths"]["/v1/dossiers"]["get"]["parameters"].pop())
    assert breaks(lambda new: schema(new, "DossierShown")["properties"].pop("number"))
    assert breaks(lambda new: schema(new, "DossierShown")["properties"]["number"].update(type="integer"))
    assert breaks(lambda new: schema(new, "OpenDossier")["properties"].pop("title"))
    assert breaks(lambda new: schema(new, "OpenDossier").update(required=demanded))
    assert breaks(lambda new: schema(new, "Scheme")["enum"].pop())


def _released():
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return None
    tags = subprocess.run(
        [git, "tag", "--list", "v*", "--sort=-v:refname"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    if not tags:
        return None
    shown = subprocess.run(
        [git, "show", f"{tags[0]}:schemas/openapi.v1.json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return json.loads(shown.stdout) if shown.returncode == 0 else None
