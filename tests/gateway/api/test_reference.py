"""What a portal needs beside the nouns: reference lists, and what the fund says of itself (rows E2, E3, O3)."""

from __future__ import annotations

import enum
import json
import re

import pytest

from gateway.api import codes
from gateway.api.app import build
from gateway.api.code_lists import CODE_LISTS, EXTENSION, action_of_list, coded_fields
from gateway.api.openapi import description
from gateway.labels import EVENT_LABELS
from gateway.rights import RIGHTS
from ledger.account.events import Menu, Profile, Role
from ledger.document.events import Category
from ledger.dossier.axes import Closing, Execution, Instruction
from ledger.dossier.scheme import Scheme
from ledger.organisation.events import OrganisationKind
from projections.dossier.status import Financial, Status
from projections.invoice.status import Status as InvoiceStatus
from projections.transfer.status import Status as TransferStatus
from support.gateway import Gateway, World

ENUMS: dict[str, type[enum.Enum]] = {
    "schemes": Scheme,
    "document-categories": Category,
    "dossier-statuses": Status,
    "instruction-states": Instruction,
    "execution-states": Execution,
    "financial-states": Financial,
    "closing-states": Closing,
    "invoice-statuses": InvoiceStatus,
    "transfer-statuses": TransferStatus,
    "organisation-kinds": OrganisationKind,
    "profiles": Profile,
    "menus": Menu,
    "roles": Role,
}


@pytest.mark.parametrize("name", CODE_LISTS)
def test_a_list_is_had_alone_and_with_all_others(gateway: Gateway, world: World, name: str):
    """The same codes, in the same order, under French labels."""
    alone = gateway.get("provider", f"/v1/{name}")
    assert alone.status_code == 200
    items = alone.json()["items"]
    assert [each["code"] for each in items] == list(CODE_LISTS[name].labels)
    assert all(each["label"] for each in items)
    assert items == gateway.get("auditor", "/v1/reference").json()["lists"][name]


def test_every_table_of_labels_is_a_list():
    """A label that a screen shows and no list has would be one that another portal cannot filter by."""
    tables = {name: table for name, table in vars(codes).items() if name.endswith("_LABELS")}
    listed = [each.labels for each in CODE_LISTS.values()]
    assert not [name for name, table in tables.items() if not any(table is each for each in listed)]
    assert CODE_LISTS["event-labels"].labels is EVENT_LABELS


@pytest.mark.parametrize("name", ENUMS)
def test_a_list_has_every_code_that_there_is(name: str):
    known = {str(each.value) for each in ENUMS[name]}
    assert known <= set(CODE_LISTS[name].labels)


def test_every_coded_field_of_the_description_names_its_list():
    """So that a generated client knows the codes; `status` is three nouns' word."""
    found = {(model, name): field.get(EXTENSION) for model, name, field in coded_fields(_schemas())}
    assert len(found) > 25
    assert not [where for where, listed in found.items() if listed not in CODE_LISTS]
    assert found["TransferRow", "status"] == "transfer-statuses"
    assert found["Me", "menus"] == found["TeamUserShown", "menus"] == "menus"


def _schemas() -> dict[str, dict[str, object]]:
    schemas: dict[str, dict[str, object]] = description(build())["components"]["schemas"]
    return schemas


def test_what_is_shown_is_in_the_list_that_the_field_names(gateway: Gateway, world: World):
    """The answers themselves, walked: each code with its label is one of the list's."""
    found = {name: field[EXTENSION] for _, name, field in coded_fields(_schemas()) if name != "status"}
    answers = ["/v1/me", "/v1/dossiers", f"/v1/dossiers/{world.dossier}", f"/v1/dossiers/{world.dossier}/history"]
    seen = set()
    for path in answers:
        for name, code, label in _coded(gateway.get("provider", path).json()):
            listed = CODE_LISTS[found.get(name, "dossier-statuses")].labels
            assert listed[code] == label, (path, name)
            seen.add(name)
    assert {"scheme", "status", "role", "profile", "stage", "menus", "actor", "closing"} <= seen


def _coded(value: object, name: str = "") -> list[tuple[str, str, str]]:
    if isinstance(value, list):
        return [each for inner in value for each in _coded(inner, name)]
    if not isinstance(value, dict):
        return []
    if set(value) == {"code", "label"}:
        return [(name, value["code"], value["label"])]
    return [each for key, inner in value.items() for each in _coded(inner, key)]


def test_a_list_is_kept_and_then_asked_for_by_its_tag(gateway: Gateway, world: World):
    """Five minutes without a request, then a request without an answer's body."""
    first = gateway.get("provider", "/v1/reference")
    assert first.headers["cache-control"] == "private, max-age=300"
    again = gateway.get("provider", "/v1/reference", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = gateway.get("provider", "/v1/schemes", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


def test_nobody_reads_them_without_signing_in(gateway: Gateway):
    assert gateway.get(None, "/v1/reference").status_code == 401
    assert gateway.get(None, "/v1/civilities").status_code == 401


def test_a_parameter_that_a_list_does_not_have_is_refused(gateway: Gateway, world: World):
    answer = gateway.get("provider", "/v1/roles", label="Comptable")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/label")


def test_each_list_has_its_row_of_rights():
    assert {action_of_list(name) for name in CODE_LISTS} <= set(RIGHTS)


def test_whoever_comes_reads_what_the_fund_says_of_itself(gateway: Gateway):
    """Without a session, and the same with one: what a sign-in page of one's own shows."""
    answer = gateway.get(None, "/v1/fund")
    fund = answer.json()
    assert fund["name"] == gateway.settings.fund_name
    assert fund["terms_version"] == gateway.service.terms.current.version
    assert {"/accessibilite", "/mentions-legales", "/donnees-personnelles"} <= {each["path"] for each in fund["pages"]}
    assert (fund["help_phone"], fund["offices"]) == (None, []), "a fund without a file has published nothing"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert "ledger-position" not in answer.headers
    again = gateway.get(None, "/v1/fund", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_codes_stand_in_the_description_in_their_order():
    described = description(build())
    assert described["x-code-lists"] == {name: list(each.labels) for name, each in CODE_LISTS.items()}
    assert re.findall(r'"x-codes"', json.dumps(described))
