"""What an operator has to find at night: each is loud, explained with its page, and mended without loss."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from gateway.doctor import Level, Runbook, examine
from gateway.doctor.finding import Finding
from ledger.kit.keyring import MasterKey
from ledger.log.outside import Outside
from ledger.organisation.events import OrganisationRegistered
from projections.engine import status as condition_of
from projections.engine.engine import Engine
from projections.engine.reading import known_names
from projections.establishment.projector import EstablishmentProjector
from projections.registry import ALL
from support.eventually import PATIENCE_SECONDS, eventually

PAGES = Path(__file__).parents[3] / "docs" / "runbooks"


def told(ills: dict[str, Finding], subject: str, *words: str) -> Finding:
    """The one failure, which says these words, what to do, and a page that exists."""
    assert set(ills) == {subject}
    finding = ills[subject]
    for word in words:
        assert word in finding.told
    assert finding.remedy
    assert finding.runbook is not None
    assert (PAGES / f"{finding.runbook}.md").is_file()
    return finding


def test_a_house_in_good_health_has_nothing_to_say(house):
    assert house.ills() == {}
    assert house.ills(thorough=True) == {}
    subjects = [each.subject for each in house.found(thorough=True)]
    assert len(subjects) == len(set(subjects)) > 15


@pytest.mark.parametrize("page", list(Runbook))
def test_every_page_that_the_doctor_names_exists(page):
    assert (PAGES / f"{page}.md").is_file()


def test_an_unknown_name_is_waited_for_and_nothing_is_lost(house):
    """Bad input: an unknown event name in the log. A newer release folds on from there."""
    at = house.record("dossier.teleported.v1", b"{}")
    house.register(10)
    house.fold()
    ills = house.ills()
    assert "dossier.teleported.v1" in ills["noms d'événements"].told
    assert f"position {at}" in ills["noms d'événements"].told
    waiting = [each for subject, each in ills.items() if subject.startswith("modèle")]
    assert len(waiting) == len(ALL)
    assert house.register(11) == at + 2  # the log goes on
    newer = {*known_names(), "dossier.teleported.v1"}
    with Engine(house.service.database, house.service.keyring, ALL, known=newer) as engine:
        engine.catch_up()
    assert {each.position for each in condition_of.status(house.service.database, ALL)} == {at + 2}


def test_a_payload_that_fails_its_schema_is_named_without_its_values(house):
    """Bad input: a payload that fails its schema. Other streams go on."""
    at = house.record("organisation.renamed.v1", b'{"timestamp":"2026-03-05T09:00:00Z","surname":"Confidentiel"}')
    finding = told(house.ills(), "contenus", str(at), "organisation.renamed.v1", "surname")
    assert "Confidentiel" not in finding.told
    assert house.register(10) == at + 1
    assert "Confidentiel" not in "\n".join(line for each in house.found(thorough=True) for line in each.lines())


def test_a_fold_that_raises_stops_alone_and_goes_on_after_the_mend(house, monkeypatch):
    """Bad input: a projection that raises on one event."""
    handlers = EstablishmentProjector.HANDLERS
    name = OrganisationRegistered.NAME

    def broken(self, event, rows):
        raise ValueError("Organisme")

    with monkeypatch.context() as patched:
        patched.setattr(EstablishmentProjector, "HANDLERS", {**handlers, name: handlers[name]._replace(fold=broken)})
        at = house.register(10)
        house.fold()
    finding = told(house.ills(), f"modèle « {EstablishmentProjector.NAME} »", f"position {at}", name)
    assert "Organisme" not in finding.told
    assert f"projections retry {EstablishmentProjector.NAME}" in finding.remedy
    assert condition_of.retry(house.service.database, EstablishmentProjector.NAME)
    house.fold()
    assert house.ills() == {}


def test_a_lock_held_by_an_idle_transaction_names_who_holds_it(house):
    """Bad input: a lock held by an idle transaction. Ended as the doctor says, what waited goes through."""
    holder = psycopg.connect(house.url, application_name="poste-ouvert")
    holder.execute("lock table log.events in share mode")
    recorded: list[int] = []
    waiting = threading.Thread(target=lambda: recorded.append(house.register(10)))
    waiting.start()
    ills = eventually(house.ills)
    finding = told(ills, "verrous", "poste-ouvert", "bloque d'autres")
    assert recorded == []
    house.execute(finding.remedy.partition(" : ")[2].rstrip("."))
    waiting.join(PATIENCE_SECONDS)
    assert recorded == [4]
    holder.close()
    assert house.ills() == {}


def test_a_clock_set_back_an_hour_loses_nothing_and_is_told(house):
    """Bad input: the server's clock set back. What was recorded is an hour ahead; time stands until it is caught up."""
    house.execute(
        "insert into log.events select 4, clock_timestamp() + interval '1 hour', gen_random_uuid(), version, name, "
        "actor, correlation_id, causation_id, command_id, dossiers, payload from log.events where position = 3"
    )
    assert house.register(10) == 5
    told(house.ills(), "horloge", "a reculé")
    with psycopg.connect(house.url) as connection:
        instants = [row[0] for row in connection.execute("select recorded_at from log.events order by position")]
    assert instants == sorted(instants)


def test_a_time_out_that_is_too_short_is_told_and_costs_no_event(house):
    """Bad input: statement time-outs. The order is refused loudly; given again, it is recorded once."""
    name = house.service.database.url.rpartition("/")[2].partition("?")[0]
    house.execute(f"alter database {name} set statement_timeout = '200ms'")
    house.service.ledger.log_recorder._statement.connection.close()
    with psycopg.connect(house.url) as holder:
        holder.execute("select pg_advisory_xact_lock(1818585191, 1)")
        with pytest.raises(psycopg.OperationalError):  # which the API answers with 503: it is of the moment
            house.register(10)
        holder.rollback()
    told(house.ills(), "délais", "200 ms")
    house.execute(f"alter database {name} reset statement_timeout")
    house.service.ledger.log_recorder._statement.connection.close()
    assert house.register(10) == 4
    assert house.ills() == {}


def test_a_limit_of_connections_is_told_from_a_server_that_is_away(house):
    """Bad input: connection limits reached. A place that becomes free is enough."""
    name = house.service.database.url.rpartition("/")[2].partition("?")[0]
    login = f"essai_{name}"
    house.execute(f"create role {login} login superuser password 'essai'")
    house.execute(f"alter role {login} nosuperuser connection limit 1")
    limited = make_conninfo(house.url, user=login, password="essai")
    settings = dataclasses.replace(house.settings, database_url=limited)
    try:
        with psycopg.connect(limited):
            findings = [each for each in examine(settings) if each.level is Level.FAIL]
        assert [each.runbook for each in findings] == [Runbook.CONNECTIONS]
        assert "plus aucune connexion libre" in findings[0].told
    finally:
        house.execute(f"drop role {login}")
    away = dataclasses.replace(house.settings, database_url="postgresql://x:motdepasse@127.0.0.1:1/ledger")
    (finding,) = [each for each in examine(away) if each.level is Level.FAIL]
    assert finding.runbook is Runbook.DATABASE_DOWN
    assert "motdepasse" not in finding.told


def test_a_head_that_went_back_is_told_before_any_process_has_started(house):
    with psycopg.connect(house.url) as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute("delete from log.events where position = 3")
    assert "--accept-head" in house.ills()["lecture seule"].remedy


def test_what_nobody_should_be_able_to_do_is_found(house):
    """A gap, a dossier that is not told, a right too many, a trigger off, a policy gone, a value nobody claims."""
    with psycopg.connect(house.url) as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute("delete from log.events where position = 2")
        connection.execute("insert into log.event_dossier values (gen_random_uuid(), 1)")
        connection.execute("delete from log.claims where digest = (select digest from log.claims limit 1)")
    house.execute("grant update on log.events to ledger_writer")
    house.execute("alter table log.events disable trigger events_append_only")
    house.execute("alter table read.dossier disable row level security")
    ills = house.ills(thorough=True)
    expected = {"positions", "dossiers", "droits", "cloisonnement", "valeurs uniques"}
    assert expected <= set(ills)
    assert "1 positions manquent" in ills["positions"].told


def test_missing_migrations_another_origin_and_a_missing_key(house):
    house.execute("delete from log.migration where name like '0002%'")
    assert "0002_read_only" in house.ills()["migrations"].told
    house.execute("update log.migration set sha256 = 'x'")
    assert "0001_log" in house.ills()["migrations"].told
    elsewhere = dataclasses.replace(house.settings, origin="autre.example")
    assert "origine" in {each.subject for each in examine(elsewhere) if each.level is Level.FAIL}
    other = house.settings.data_dir / "other.key"
    keyless = dataclasses.replace(house.settings, master_key_file=other)
    assert "clé maîtresse" in {each.subject for each in examine(keyless) if each.level is Level.FAIL}
    assert not other.exists()
    MasterKey.create(other)
    assert "clés" in {each.subject for each in examine(keyless) if each.level is Level.FAIL}


def test_a_deployment_without_an_outside_note_is_warned(house):
    (house.settings.outside_path / "head.json").unlink()
    (finding,) = [each for each in house.found() if each.subject == "lecture seule"]
    assert finding.level is Level.WARN
    assert Outside(house.settings.outside_path).read() is None
