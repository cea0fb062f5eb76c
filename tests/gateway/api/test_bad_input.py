"""Bad input: a clear error that names the field and the rule, never quotes the value, and records nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from ledger.kit.fictitious import fictitious_siren
from support.gateway import Gateway, World


@pytest.fixture(autouse=True)
def _nothing_is_recorded(gateway: Gateway, world: World) -> Iterator[None]:
    before = _state(gateway)
    yield
    assert _state(gateway) == before


def _state(gateway: Gateway) -> tuple[object, ...] | None:
    with psycopg.connect(gateway.settings.database_url) as connection:
        return connection.execute(
            "select (select count(*) from log.events), (select count(*) from log.claims), "
            "(select count(*) from log.idempotency)"
        ).fetchone()


def _raw(gateway: Gateway, body: bytes, *, path: str = "/v1/organisations", content_type: str = "application/json"):
    headers = {**gateway.headers("case-manager"), "Idempotency-Key": f"brut-{gateway.number()}"}
    return gateway.client.post(path, content=body, headers={**headers, "Content-Type": content_type})


def _refused(answer, status: int, code: str, pointer: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"/problems/{code}"
    assert problem["status"] == status
    assert problem["detail"]
    if pointer is not None:
        assert pointer in [error["pointer"] for error in problem["errors"]]
        assert all(error["detail"] for error in problem["errors"])


def _dossier(world: World, **changed):
    return {
        "number": "1900099999.01",
        "scheme": "PLAN",
        "title": "Lire un plan",
        "company_establishment_id": str(world.company),
        "provider_establishment_ids": [str(world.first)],
        "starts_on": "2026-03-02",
        "ends_on": "2026-03-06",
        "on": "2026-02-01",
        **changed,
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"siren": }',
        b"\xff\xfe",
        b'{"name": NaN}',
        b'{"name": "a", "name": "b"}',
        b'{"kinds": [{"amount_cents": 1, "x": 2, "amount_cents": 100}]}',
        b'{"name": "\\ud800"}',
        b'{"name": "\x00"}',
        b"[" * 100_000,
    ],
    ids=[
        "empty",
        "cut",
        "no-value",
        "not-utf8",
        "nan",
        "twice",
        "twice-within",
        "lone-surrogate",
        "raw-nul",
        "deep-list",
    ],
)
def test_what_is_no_json_is_refused(gateway: Gateway, body: bytes):
    _refused(_raw(gateway, body), 400, "malformed-json")


def test_deep_json_is_refused(gateway: Gateway):
    for depth in (300, 900, 50_000):
        _refused(_raw(gateway, b'{"name": ' + b'{"a":' * depth + b"1" + b"}" * (depth + 1)), 400, "malformed-json")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"texte"', b"12"])
def test_what_is_no_object_is_refused(gateway: Gateway, body: bytes):
    _refused(_raw(gateway, body), 422, "invalid", "")


def test_another_type_of_content_is_refused(gateway: Gateway):
    _refused(_raw(gateway, b"siren=1", content_type="application/x-www-form-urlencoded"), 415, "unsupported-media-type")


def test_a_nul_byte_is_refused_where_it_stands(gateway: Gateway, world: World):
    body = {"siren": fictitious_siren(777), "name": "Nul\x00", "kinds": ["provider"]}
    _refused(gateway.post("case-manager", "/v1/organisations", body), 422, "invalid", "/name")
    body = {"siren": fictitious_siren(777), "name": "Nul", "kinds": ["provider", "nul\x00"]}
    _refused(gateway.post("case-manager", "/v1/organisations", body), 422, "invalid", "/kinds/1")
    refusal = {"reason": "Non\x00", "on": "2026-03-01"}
    _refused(gateway.post("case-manager", f"/v1/dossiers/{world.dossier}/refusal", refusal), 422, "invalid", "/reason")


def test_an_oversized_body_is_refused_whatever_its_length_claims(gateway: Gateway):
    body = json.dumps({"name": "x" * 1_100_000}).encode()
    _refused(_raw(gateway, body), 413, "too-large")
    headers = {**gateway.headers("case-manager"), "Idempotency-Key": "morceaux", "Content-Type": "application/json"}
    pieces = (b" " * 65536 for _ in range(20))
    _refused(gateway.client.post("/v1/organisations", content=pieces, headers=headers), 413, "too-large")


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"number": 12}, "/number"),
        ({"number": ""}, "/number"),
        ({"scheme": "AUTRE"}, "/scheme"),
        ({"title": None}, "/title"),
        ({"title": "x" * 301}, "/title"),
        ({"company_establishment_id": "x"}, "/company_establishment_id"),
        ({"provider_establishment_ids": []}, "/provider_establishment_ids"),
        ({"provider_establishment_ids": "x"}, "/provider_establishment_ids"),
        ({"starts_on": "2026-02-30"}, "/starts_on"),
        ({"starts_on": "01/09/2026"}, "/starts_on"),
        ({"starts_on": 0}, "/starts_on"),
        ({"starts_on": "2026-09-01T00:00:00"}, "/starts_on"),
        ({"ends_on": "2026-01-01"}, "/ends_on"),
        ({"inconnu": 1}, "/inconnu"),
    ],
)
def test_a_field_that_breaks_its_rule_is_named(
    gateway: Gateway, world: World, changed: dict[str, object], pointer: str
):
    """Bad input: impossible date, body of the wrong type, unknown field."""
    answer = gateway.post("case-manager", "/v1/dossiers", _dossier(world, **changed))
    _refused(answer, 422, "invalid", pointer)


@pytest.mark.parametrize("amount", [-1, 12.5, 1e30, 10**14, 2**70, "1200", "12,345", None, True])
def test_an_amount_is_a_positive_whole_number_of_cents(gateway: Gateway, world: World, amount: object):
    """Bad input: amount with decimals, negative amount, a text, a number that no database holds."""
    body = json.dumps({"amount_cents": amount, "on": "2026-02-10"}).encode()
    answer = _raw(gateway, body, path=f"/v1/dossiers/{world.dossier}/amendments")
    _refused(answer, 422, "invalid", "/amount_cents")


def test_the_account_to_pay_is_not_the_accountants_to_choose(gateway: Gateway, world: World):
    """A transfer goes to the account on record: one named in its order would be nobody's to check."""
    body = {
        "beneficiary_establishment_id": str(world.first),
        "invoice_ids": [str(world.dossier)],
        "paid_iban": "FR7610011001100000000000123",
        "paid_bic": "PSSTFRPP",
    }
    _refused(gateway.post("accountant", f"/v1/lots/{world.dossier}/transfers", body), 422, "invalid", "/paid_iban")


def test_a_siret_that_fails_its_check_is_refused_and_not_echoed(gateway: Gateway, world: World):
    body = {
        "organisation_id": str(world.first),
        "number": "99",
        "siret": "35600000000049",
        "name": "Poste",
        "postcode": "75001",
        "town": "Modèleville",
    }
    answer = gateway.post("case-manager", "/v1/establishments", body)
    _refused(answer, 422, "invalid", "/siret")
    assert "35600000000049" not in answer.text


def test_no_error_echoes_what_was_sent(gateway: Gateway):
    """A name, a NIR or an e-mail in a wrong field must not come back in an error, nor reach a log."""
    body = {"last_name": "Confidentiel", "first_name": 12, "nir": "190139999999999", "Confidentiel Jean": "x"}
    answer = gateway.post("case-manager", "/v1/persons", body)
    _refused(answer, 422, "invalid", "/first_name")
    for text in ("Confidentiel", "19013"):
        assert text not in answer.text


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("inconnu=1", "/inconnu"),
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("limit=abc", "/limit"),
        ("cursor=%C3%A9", "/cursor"),
        ("cursor=abc", "/cursor"),
        ("cursor=WyJ4IiwiXHUwMDAwIl0", "/cursor"),
        ("scheme=AUTRE", "/scheme"),
        ("starts_from=2026-02-30", "/starts_from"),
        ("starts_from=1664582400", "/starts_from"),
        ("establishment_id=x", "/establishment_id"),
        ("number=%00", "/number"),
        ("number=%01", "/number"),
        ("number=%20", "/number"),
        ("number=" + "1" * 41, "/number"),
        ("min_position=-1", "/min_position"),
        ("trainee_name=Exemple", "/trainee_name"),
        ("scheme=PLAN&scheme=ALTE", "/scheme"),
    ],
)
def test_a_query_that_breaks_a_rule_is_named(gateway: Gateway, query: str, pointer: str):
    """Bad input: unknown filter, malformed cursor. A trainee's name is no parameter of a URL."""
    _refused(gateway.get("provider", f"/v1/dossiers?{query}"), 422, "invalid", pointer)


@pytest.mark.parametrize("value", ["", "%20", "%01", "%00", "1" * 41])
@pytest.mark.parametrize(
    "path", ["transfers?lot", "establishments?number", "establishments?siret", "establishments?nda"]
)
def test_a_text_that_no_filter_takes_is_refused_before_the_read_models_see_it(gateway: Gateway, path: str, value: str):
    _refused(gateway.get("provider", f"/v1/{path}={value}"), 422, "invalid", f"/{path.partition('?')[2]}")


def test_an_order_takes_no_query_parameter(gateway: Gateway, world: World):
    answer = gateway.post("case-manager", f"/v1/dossiers/{world.dossier}/closing?force=1", {"on": "2026-03-01"})
    _refused(answer, 422, "invalid", "/force")


def test_an_id_of_the_path_is_not_repeated_in_the_body(gateway: Gateway, world: World):
    body = {"dossier_id": str(world.other_dossier), "on": "2026-03-01"}
    answer = gateway.post("case-manager", f"/v1/dossiers/{world.dossier}/closing", body)
    _refused(answer, 422, "invalid", "/dossier_id")


def test_unknown_addresses_and_methods(gateway: Gateway, world: World):
    _refused(gateway.get("provider", "/v1/nulle-part"), 404, "not-found")
    _refused(gateway.get("provider", "/v1/dossiers/"), 404, "not-found")
    answer = gateway.client.delete(f"/v1/dossiers/{world.dossier}")
    _refused(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET"
    assert gateway.client.put("/v1/dossiers").headers["allow"] == "GET, POST"
    for path in ("/v1/%FF", "/v1/dossiers/%00", "/v1/dossiers/%FF%FE", "/v1/dossiers/" + "9" * 4000, "//v1/dossiers"):
        _refused(gateway.get("provider", path), 404, "not-found")
