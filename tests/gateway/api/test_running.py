"""What operators and their machines see: health, readiness, figures, logs. Nothing personal in any of it."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import structlog

from gateway import logging
from gateway.api.app import create_app
from gateway.settings import Settings, SettingsError
from ledger.kit.fictitious import fictitious_siren
from support import plain
from support.gateway import Gateway, World, served
from support.programs import free_port


@pytest.fixture
def lines(gateway: Gateway) -> Iterator[io.StringIO]:
    """The log lines written while a test runs."""
    stream = io.StringIO()
    logging.configure("debug", stream=stream)
    yield stream
    logging.configure("warning")


def test_it_is_alive_and_ready(gateway: Gateway):
    assert gateway.client.get("/healthz").json() == {"status": "ok"}
    answer = gateway.client.get("/readyz")
    body = answer.json()
    assert answer.status_code == 200
    assert {name: body[name] for name in ("status", "database", "keys", "migrations", "lag")} == dict.fromkeys(
        ("status", "database", "keys", "migrations", "lag"), "ok"
    )
    assert set(body["projections"].values()) == {0}
    assert body["stopped"] == {}


def test_a_read_model_that_stopped_is_said(gateway: Gateway):
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute("update read.position set state = 'failed', failed_position = 1 where projector = 'invoice'")
    assert gateway.client.get("/readyz").json()["stopped"] == {"invoice": "failed"}
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute("update read.position set state = 'live', failed_position = null")


def test_without_its_migrations_it_is_not_ready(gateway: Gateway):
    with psycopg.connect(gateway.settings.database_url) as connection:
        ran = connection.execute("delete from auth.migration returning name, run_at").fetchall()
    answer = gateway.client.get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, "missing")
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.cursor().executemany("insert into auth.migration values (%s, %s)", ran)
    assert gateway.client.get("/readyz").status_code == 200


def test_figures_have_a_listener_of_their_own(gateway: Gateway, world: World):
    port = free_port()
    settings = dataclasses.replace(gateway.settings, metrics_port=port)
    with served(create_app(settings)) as (client, _):
        path = f"/v1/dossiers/{world.dossier}"
        client.get(path, params={"min_position": 1}, headers=gateway.headers("provider"))
        headers = {**gateway.headers("case-manager"), "Idempotency-Key": "figures"}
        client.post(f"{path}/closing", json={"on": "2026-03-01"}, headers=headers)
        client.request("PROPFIND", "/v1/Jean-Dupont")
        assert client.get("/metrics").status_code == 404
        client.get("/healthz")  # a client has its answer a moment before it is counted: the next one waits for that
        text = plain.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'ledger_http_requests_total{method="GET",route="/v1/dossiers/{dossier_id}",status="200"} 1.0' in text
    assert 'ledger_http_requests_total{method="other",route="unknown",status="404"} 1.0' in text
    assert 'ledger_commands_total{command="CloseDossier",outcome="dossier-not-settled"} 1.0' in text
    assert 'ledger_projection_lag{projection="dossier"} 0.0' in text
    assert "ledger_log_position" in text
    assert 'ledger_pool_connections{pool="queries",state="open"}' in text
    for personal in (str(world.dossier), "Dupont", "Stagiaire"):
        assert personal not in text


def test_a_request_leaves_one_line_and_nothing_personal_in_it(gateway: Gateway, world: World, lines: io.StringIO):
    answer = gateway.post(
        "provider", "/v1/dossiers/search", {"trainee_name": "Stagiaire Confidentielle"}, headers={"User-Agent": "x"}
    )
    gateway.get("provider", f"/v1/dossiers/{world.dossier}", inconnu="Confidentielle")
    gateway.post("case-manager", "/v1/persons", {"last_name": "Confidentielle", "first_name": 1, "nir": "290"})
    gateway.client.get("/healthz")  # a client has its answer a moment before its line is written
    written = [json.loads(line) for line in lines.getvalue().splitlines()]
    requests = [line for line in written if line["event"] == "request"]
    routes = ["/v1/dossiers/search", "/v1/dossiers/{dossier_id}", "/v1/persons"]
    assert [line["route"] for line in requests][:3] == routes
    assert requests[0]["correlation_id"] == answer.headers["correlation-id"]
    assert requests[0]["account_id"] == str(gateway.accounts["provider"])
    assert set(requests[0]) == {
        "event", "level", "timestamp", "method", "route", "status", "ms", "correlation_id", "account_id",
    }  # fmt: skip
    for personal in ("Confidentielle", "Stagiaire", str(world.dossier), gateway.tokens["provider"]):
        assert personal not in lines.getvalue()


def test_an_unexpected_error_says_nothing_and_is_found_again(gateway: Gateway, world: World, lines: io.StringIO):
    """The answer has the correlation id and no detail; the log has the id and the cause."""
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute("alter table read.dossier rename to dossier_away")
    try:
        answer = gateway.get("provider", f"/v1/dossiers/{world.dossier}")
    finally:
        with psycopg.connect(gateway.settings.database_url) as connection:
            connection.execute("alter table read.dossier_away rename to dossier")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert "dossier_away" not in answer.text
    assert "read.dossier" not in answer.text
    found = [json.loads(line) for line in lines.getvalue().splitlines() if "unexpected error" in line]
    assert found[0]["correlation_id"] == answer.json()["correlation_id"]
    cause = found[0]["exception"][0]
    assert cause["type"] == "psycopg.errors.UndefinedTable"
    assert cause["sqlstate"] == "42P01"
    assert any("queries.py" in frame for frame in cause["at"])


def test_an_exceptions_text_is_not_logged(lines: io.StringIO):
    """PostgreSQL and parsers quote the values that they stumble on, which may be names."""
    try:
        try:
            raise ValueError("Confidentielle")
        except ValueError as error:
            raise RuntimeError("Ariane Confidentielle") from error
    except RuntimeError:
        structlog.get_logger("essai").exception("essai")
    written = json.loads(lines.getvalue())
    assert [each["type"] for each in written["exception"]] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert "Confidentielle" not in lines.getvalue()


def test_no_interactive_page_loads_anything_from_outside(gateway: Gateway):
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert gateway.client.get(path).status_code == 404
    assert gateway.client.get("/v1/openapi.json").json()["openapi"].startswith("3.1")


def test_callers_side_by_side_never_see_each_others(gateway: Gateway, world: World):
    """Row-level security on reused pooled connections: a scope never outlives its request."""
    expected = {"provider": {str(world.dossier)}, "other-provider": {str(world.other_dossier)}}

    def ask(n: int) -> tuple[str, set[str]]:
        who = ("provider", "other-provider", "case-manager")[n % 3]
        answer = gateway.client.get("/v1/dossiers", headers=gateway.headers(who))
        return who, {each["dossier_id"] for each in answer.json()["items"]}

    with ThreadPoolExecutor(16) as threads:
        for who, seen in threads.map(ask, range(150)):
            assert seen == expected.get(who, {str(world.dossier), str(world.other_dossier)})


def test_settings_name_what_is_missing_and_hide_what_is_secret(tmp_path: Path):
    urls = {"DATABASE_URL": "postgresql://u:motdepasse@h/l", "KEYS_DATABASE_URL": "postgresql://u:motdepasse@h/k"}
    settings = Settings.from_environment({**urls, "DATA_DIR": str(tmp_path), "PORT": "9000", "LOG_LEVEL": "DEBUG"})
    assert (settings.port, settings.log_level) == (9000, "debug")
    assert settings.master_key_path == tmp_path / "master.key"
    assert "motdepasse" not in repr(settings)
    for broken, named in [
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"KEYS_DATABASE_URL": ""}, "KEYS_DATABASE_URL"),
        ({"PORT": "abc"}, "PORT"),
        ({"PORT": "65536"}, "PORT"),
        ({"METRICS_PORT": "-1"}, "METRICS_PORT"),
        ({"LOG_LEVEL": "fort"}, "LOG_LEVEL"),
    ]:
        with pytest.raises(SettingsError, match=named):
            Settings.from_environment({**urls, **broken})


def test_an_order_that_cannot_have_its_turn_in_time_is_recorded_once_when_given_again(gateway: Gateway):
    """Somebody holds the append's lock: 503 with Retry-After and nothing recorded; the same key goes through later."""
    order = {"siren": fictitious_siren(9901), "name": "Organisme", "kinds": ["provider"]}
    gateway.done("case-manager", "/v1/organisations", order)
    writer = gateway.service.ledger.log_recorder._statement.connection
    writer.execute("set lock_timeout = '200ms'")
    order["siren"] = fictitious_siren(9902)
    with psycopg.connect(gateway.settings.database_url) as holder:
        holder.execute("select pg_advisory_xact_lock(1818585191, 1)")
        refused = gateway.post("case-manager", "/v1/organisations", order, key="en-attente")
        holder.rollback()
    writer.execute("reset lock_timeout")
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")
    assert refused.headers["retry-after"] == "1"
    accepted = gateway.post("case-manager", "/v1/organisations", order, key="en-attente")
    assert accepted.status_code == 201
    repeated = gateway.post("case-manager", "/v1/organisations", order, key="en-attente")
    assert repeated.json() == accepted.json()


def test_a_read_only_log_refuses_orders_and_still_answers_questions(gateway: Gateway, world: World):
    """Issue B: until an operator decides, 503 `log-read-only`; reading and repeats go on."""
    order = {"siren": fictitious_siren(9903), "name": "Organisme", "kinds": ["provider"]}
    first = gateway.post("case-manager", "/v1/organisations", order, key="avant")
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute("select log.close_for_writing('essai')")
    try:
        later = gateway.post("case-manager", "/v1/organisations", {**order, "siren": fictitious_siren(9904)})
        assert (later.status_code, later.json()["type"]) == (503, "/problems/log-read-only")
        assert gateway.post("case-manager", "/v1/organisations", order, key="avant").json() == first.json()
        assert gateway.get("provider", f"/v1/dossiers/{world.dossier}").status_code == 200
        ready = gateway.client.get("/readyz")
        assert (ready.status_code, ready.json()["log"]) == (200, "read-only")
    finally:
        with psycopg.connect(gateway.settings.database_url) as connection:
            connection.execute("select log.open_for_writing()")
    assert (
        gateway.post("case-manager", "/v1/organisations", {**order, "siren": fictitious_siren(9904)}).status_code == 201
    )


def test_without_its_database_it_says_so_and_comes_back(gateway: Gateway, world: World):
    """Every connection is cut, and new ones are refused for a moment: 503 with nothing of the cause, then as before."""
    path = f"/v1/dossiers/{world.dossier}"
    assert gateway.get("provider", path).status_code == 200
    name = urlsplit(gateway.settings.database_url).path.removeprefix("/")
    elsewhere = gateway.settings.database_url.replace(f"/{name}", "/postgres")
    gateway.engine.step_down()
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        connection.execute(f'alter database "{name}" allow_connections false')
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        try:
            answer = gateway.get("provider", path)
            ready = gateway.client.get("/readyz")
        finally:
            connection.execute(f'alter database "{name}" allow_connections true')
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert answer.headers["retry-after"] == "1"
    assert "terminat" not in answer.text
    assert (ready.status_code, ready.json()["database"]) == (503, "failed")
    assert gateway.client.get("/healthz").status_code == 200
    statuses = [gateway.get("provider", path).status_code for _ in range(20)]
    assert statuses[-1] == 200
