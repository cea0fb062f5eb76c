"""Orders over HTTP: recorded once whatever is sent again, refused with a problem that says where and why."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from ledger.kit.fictitious import fictitious_siren
from support.gateway import Gateway, World


def _organisation(gateway: Gateway, **changed):
    return {"siren": fictitious_siren(5000 + gateway.number()), "name": "Organisme", "kinds": ["provider"], **changed}


def _events(gateway: Gateway) -> int:
    with psycopg.connect(gateway.settings.database_url) as connection:
        row = connection.execute("select count(*) from log.events").fetchone()
    assert row is not None
    return row[0]


def test_what_is_made_is_answered_with_its_address_and_position(gateway: Gateway):
    answer = gateway.post("case-manager", "/v1/organisations", _organisation(gateway))
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "position"}
    assert answer.headers["location"] == f"/v1/organisations/{answer.json()['id']}"
    assert answer.headers["ledger-position"] == str(answer.json()["position"]) == str(_events(gateway))


def test_what_was_made_is_found_at_its_address(gateway: Gateway, world: World):
    """`Location` leads somewhere, for each kind of thing that orders make."""
    person = {"last_name": "Essai", "first_name": "Ariane", "birth_date": "1990-04-12"}
    account = {"last_name": "Essai", "first_name": "Compte", "email": "adresse@example.org", "role": "portal"}
    dossier_id = gateway.dossier(world.first, world.company)
    invoice_id = gateway.approved_invoice(dossier_id, world.first)
    lot = gateway.post("accountant", "/v1/lots", {"reference": "VIR9010", "scheduled_on": "2026-04-16"})
    lines = {"beneficiary_establishment_id": str(world.first), "invoice_ids": [str(invoice_id)]}
    made = [
        ("case-manager", gateway.post("case-manager", "/v1/organisations", _organisation(gateway))),
        ("case-manager", gateway.post("case-manager", "/v1/persons", person)),
        ("case-manager", gateway.post("case-manager", "/v1/accounts", account)),
        ("accountant", lot),
        ("accountant", gateway.post("accountant", f"{lot.headers['location']}/transfers", lines)),
        ("accountant", gateway.deposited(dossier_ids=[str(dossier_id)])),
    ]
    for who, answer in made:
        shown = gateway.get(who, answer.headers["location"])
        assert shown.status_code == 200, answer.headers["location"]
        assert answer.json()["id"] in shown.text
        assert "1990-04" not in shown.text
        assert "adresse@" not in shown.text
        assert gateway.get("provider", answer.headers["location"]).status_code == 404 or who == "accountant"


def test_an_order_sent_again_is_answered_the_same_and_recorded_once(gateway: Gateway):
    body = _organisation(gateway)
    first = gateway.post("case-manager", "/v1/organisations", body, key="deux fois")
    assert first.status_code == 422  # a key has no space
    first = gateway.post("case-manager", "/v1/organisations", body, key="deux-fois")
    recorded = _events(gateway)
    again = gateway.post("case-manager", "/v1/organisations", dict(reversed(body.items())), key="deux-fois")
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert _events(gateway) == recorded


def test_a_hundred_threads_with_one_key_get_one_answer(gateway: Gateway):
    """100 threads send one idempotency key at once: one event, 100 equal answers."""
    body = _organisation(gateway)
    before = _events(gateway)

    def send(_: int) -> tuple[int, str]:
        headers = {**gateway.headers("case-manager"), "Idempotency-Key": "cent-fois"}
        answer = gateway.client.post("/v1/organisations", json=body, headers=headers)
        return answer.status_code, answer.text

    with ThreadPoolExecutor(100) as threads:
        answers = set(threads.map(send, range(100)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201
    assert _events(gateway) == before + 1


def test_a_key_used_for_another_body_is_refused(gateway: Gateway):
    gateway.post("case-manager", "/v1/organisations", _organisation(gateway), key="autre-corps")
    answer = gateway.post("case-manager", "/v1/organisations", _organisation(gateway), key="autre-corps")
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/idempotency-key-reused"


def test_a_key_used_for_another_resource_is_refused(gateway: Gateway, world: World):
    """The path's ids are part of what is asked: the same body on another dossier is another demand."""
    body = {"on": "2026-03-02"}
    first = gateway.post("case-manager", f"/v1/dossiers/{world.dossier}/execution/start", body, key="autre-dossier")
    assert first.status_code == 200
    answer = gateway.post(
        "case-manager", f"/v1/dossiers/{world.other_dossier}/execution/start", body, key="autre-dossier"
    )
    assert answer.json()["type"] == "/problems/idempotency-key-reused"


def test_two_accounts_may_use_one_key(gateway: Gateway):
    """A key is scoped by account: nobody can probe or block another's."""
    answer = gateway.post(
        "accountant", "/v1/lots", {"reference": "VIR9001", "scheduled_on": "2026-04-02"}, key="commune"
    )
    other = gateway.post(
        "second-accountant", "/v1/lots", {"reference": "VIR9002", "scheduled_on": "2026-04-02"}, key="commune"
    )
    assert (answer.status_code, other.status_code) == (201, 201)


def test_an_order_without_a_key_is_refused(gateway: Gateway):
    headers = gateway.headers("case-manager")
    answer = gateway.client.post("/v1/organisations", json=_organisation(gateway), headers=headers)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["in"], error["pointer"]) == ("header", "/Idempotency-Key")


@pytest.mark.parametrize("key", ["", "é", "x" * 201, "a b"])
def test_a_malformed_key_is_refused(gateway: Gateway, key: str):
    headers = [*gateway.headers("case-manager").items(), ("Idempotency-Key", key.encode("latin-1"))]
    answer = gateway.client.post("/v1/organisations", json=_organisation(gateway), headers=headers)
    assert answer.status_code == 422


def test_a_value_that_is_taken_is_a_conflict_that_names_the_field(gateway: Gateway):
    """Bad input: duplicate number."""
    body = _organisation(gateway)
    gateway.post("case-manager", "/v1/organisations", body)
    answer = gateway.post("case-manager", "/v1/organisations", body)
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/already-exists"
    assert answer.json()["errors"][0]["pointer"] == "/siren"


def test_a_number_that_is_taken_is_told_by_the_field_of_the_order(gateway: Gateway, world: World):
    """Bad input: duplicate number."""
    body = {
        "number": f"1900088888.{gateway.number()}",
        "scheme": "PLAN",
        "title": "Lire un plan",
        "company_establishment_id": str(world.company),
        "provider_establishment_ids": [str(world.first)],
        "starts_on": "2026-03-02",
        "ends_on": "2026-03-06",
        "on": "2026-02-01",
    }
    assert gateway.post("case-manager", "/v1/dossiers", body).status_code == 201
    [error] = gateway.post("case-manager", "/v1/dossiers", body).json()["errors"]
    assert (error["pointer"], error["code"]) == ("/number", "already-exists")
    assert error["detail"] == "Cette valeur est déjà utilisée (numéro de dossier)."


def test_a_broken_rule_has_its_own_type(gateway: Gateway, world: World):
    answer = gateway.post(
        "case-manager", f"/v1/dossiers/{world.dossier}/agreement", {"amount_cents": 1, "on": "2026-02-11"}
    )
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/agreement-already-issued"
    assert answer.json()["correlation_id"] == answer.headers["correlation-id"]


def test_what_the_body_cites_and_is_not_there_is_named(gateway: Gateway):
    nobody = str(uuid4())
    answer = gateway.post(
        "case-manager",
        "/v1/establishments",
        {
            "organisation_id": nobody,
            "number": "1",
            "siret": "35600000000048",
            "name": "Poste",
            "postcode": "75001",
            "town": "Modèleville",
        },
    )
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/unknown-reference"
    assert answer.json()["errors"][0]["pointer"] == "/organisation_id"
    assert nobody not in answer.text


def test_an_order_on_what_is_not_there_is_not_found(gateway: Gateway):
    for name in (uuid4(), "pas-un-identifiant"):
        answer = gateway.post("case-manager", f"/v1/dossiers/{name}/closing", {"on": "2026-03-02"})
        assert answer.status_code == 404
        assert answer.json()["type"] == "/problems/not-found"


def test_the_callers_correlation_id_is_recorded(gateway: Gateway):
    mine = str(uuid4())
    answer = gateway.post("case-manager", "/v1/organisations", _organisation(gateway), headers={"Correlation-Id": mine})
    assert answer.headers["correlation-id"] == mine
    with psycopg.connect(gateway.settings.database_url) as connection:
        query = "select count(*) from log.events where correlation_id = %s and actor = %s"
        row = connection.execute(query, (mine, gateway.accounts["case-manager"])).fetchone()
    assert row == (1,)


def test_if_match_holds_an_order_to_the_version_that_was_read(gateway: Gateway, world: World):
    path = f"/v1/establishments/{world.second}"
    tag = gateway.get("case-manager", path).headers["etag"]
    moved = {"postcode": "69001", "town": "Exempleville"}
    assert gateway.post("case-manager", f"{path}/address", moved, headers={"If-Match": tag}).status_code == 200
    late = gateway.post("case-manager", f"{path}/address", moved, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.json()["type"] == "/problems/version-mismatch"
    assert gateway.post("case-manager", f"{path}/address", moved, headers={"If-Match": "*"}).status_code == 200
    for other in ('"nimporte"', 'W/"1.abcdefghijklmnop"', "rien"):
        answer = gateway.post("case-manager", f"{path}/address", moved, headers={"If-Match": other})
        assert answer.status_code == 412


def test_the_same_hand_neither_prepares_nor_releases(gateway: Gateway, world: World):
    """B3: a lot is released by a second person."""
    dossier_id = gateway.dossier(world.first, world.company)
    invoice_id = gateway.approved_invoice(dossier_id, world.first)
    lot_id = gateway.done("accountant", "/v1/lots", {"reference": "VIR9003", "scheduled_on": "2026-04-09"})
    lines = {"beneficiary_establishment_id": str(world.first), "invoice_ids": [str(invoice_id)]}
    gateway.done("accountant", f"/v1/lots/{lot_id}/transfers", lines)
    control = {"transfer_count": 1, "total_cents": 60000, "on": "2026-04-08"}
    answer = gateway.post("accountant", f"/v1/lots/{lot_id}/release", control)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/four-eyes")
    assert gateway.post("second-accountant", f"/v1/lots/{lot_id}/release", control).status_code == 200
