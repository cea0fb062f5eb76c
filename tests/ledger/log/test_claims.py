"""The table of unique values is what the log says, can be compared with it, and is mended from it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from ledger.application import Ledger
from ledger.establishment.commands import RegisterEstablishment
from ledger.kit.errors import AlreadyClaimed
from ledger.kit.fictitious import fictitious_nir, fictitious_siren, fictitious_siret
from ledger.kit.ids import uuid7
from ledger.kit.names import UnknownName
from ledger.log import claims
from ledger.log.claims import Differences, compare, repair, silent_names
from ledger.log.database import Database
from ledger.organisation.commands import RegisterOrganisation
from ledger.organisation.events import OrganisationKind
from ledger.person.commands import RegisterPerson
from support.deployments import ledger_on

NOTHING = Differences(frozenset(), frozenset())


@pytest.fixture
def ledger(ledger_url: str, keys_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("LEDGER_FICTITIOUS", "1")  # the NIR here is a marked one
    with ledger_on(ledger_url, keys_url) as ledger:
        yield ledger


def database_of(ledger: Ledger) -> Database:
    return ledger.log_recorder.database


def organisation(number: int = 1) -> RegisterOrganisation:
    kinds = frozenset({OrganisationKind.PROVIDER})
    return RegisterOrganisation(siren=fictitious_siren(number), name="Fictive Formation", kinds=kinds)


def register(ledger: Ledger, number: int = 1) -> UUID:
    organisation_id = ledger.execute(organisation(number), actor=None).resource_id
    return ledger.execute(
        RegisterEstablishment(
            organisation_id=organisation_id,
            number=str(1000 + number),
            siret=fictitious_siret(number),
            name="Fictive Formation",
            postcode="31000",
            town="VILLE-FICTIVE",
        ),
        actor=None,
    ).resource_id


def person(ledger: Ledger) -> UUID:
    order = RegisterPerson(last_name="Essai", first_name="Ariane", nir=fictitious_nir(1))
    return ledger.execute(order, actor=None).resource_id


def execute(url: str, query: str, *parameters: object) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode(), parameters).rowcount


def test_what_was_claimed_is_what_a_replay_says(ledger: Ledger, ledger_url: str):
    """Clear values and sealed ones, of several kinds; refused orders leave nothing."""
    register(ledger)
    person(ledger)
    with pytest.raises(AlreadyClaimed):
        ledger.execute(organisation(), actor=None)
    assert compare(database_of(ledger), ledger.keyring) == NOTHING
    with psycopg.connect(ledger_url) as connection:
        kinds = {kind for (kind,) in connection.execute("select kind from log.claims")}
    assert kinds == {"siren", "siret", "establishment-number", "nir"}


def test_a_claim_that_was_lost_is_seen_and_mended(ledger: Ledger, ledger_url: str):
    """Without its row a value could be taken twice: the repair puts it back, and the second taker is refused again."""
    register(ledger)
    assert execute(ledger_url, "delete from log.claims where kind = 'siren'") == 1
    (missing,) = compare(database_of(ledger), ledger.keyring).missing
    assert missing[0] == "siren"
    assert repair(database_of(ledger), ledger.keyring).missing == {missing}
    assert compare(database_of(ledger), ledger.keyring) == NOTHING
    with pytest.raises(AlreadyClaimed):
        ledger.execute(organisation(), actor=None)


def test_a_claim_of_nobody_and_one_of_the_wrong_stream_are_mended(ledger: Ledger, ledger_url: str):
    establishment_id = register(ledger)
    stranger = uuid7()
    execute(ledger_url, "insert into log.claims values ('email', %s, %s)", b"d" * 32, stranger)
    execute(ledger_url, "update log.claims set stream_id = %s where kind = 'siret'", stranger)
    found = repair(database_of(ledger), ledger.keyring)
    assert {kind for kind, _, _ in found.superfluous} == {"email", "siret"}
    assert [(kind, stream_id) for kind, _, stream_id in found.missing] == [("siret", establishment_id)]
    assert repair(database_of(ledger), ledger.keyring) == NOTHING


def test_what_an_erased_person_held_is_nobodys(ledger: Ledger, ledger_url: str):
    """The NIR cannot be computed again once its key is destroyed, and its digest tells of nobody any more."""
    person_id = person(ledger)
    ledger.keyring.destroy(person_id)
    (left,) = compare(database_of(ledger), ledger.keyring).superfluous
    assert (left[0], left[2]) == ("nir", person_id)
    repair(database_of(ledger), ledger.keyring)
    assert person(ledger) != person_id


def test_an_empty_table_is_made_again_whole(ledger: Ledger, ledger_url: str, monkeypatch: pytest.MonkeyPatch):
    """After a restore without the table: batch by batch, the same rows."""
    for number in range(1, 6):
        register(ledger, number)
    before = claims_in(ledger_url)
    execute(ledger_url, "delete from log.claims")
    monkeypatch.setattr(claims, "BATCH", 3)
    assert len(repair(database_of(ledger), ledger.keyring).missing) == 15
    assert claims_in(ledger_url) == before


def test_a_comparison_while_orders_come_finds_nothing(ledger: Ledger):
    """Log and table are read at one instant: an append under way is in both or in neither."""
    stop = threading.Event()

    def write() -> None:
        number = 10
        while not stop.is_set():
            register(ledger, number)
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert [compare(database_of(ledger), ledger.keyring) for _ in range(10)] == [NOTHING] * 10
        assert [repair(database_of(ledger), ledger.keyring) for _ in range(3)] == [NOTHING] * 3
    finally:
        stop.set()
        thread.join()


def test_an_unknown_name_is_no_silence(ledger: Ledger, ledger_url: str):
    """A newer release's event may claim something: a replay that cannot read it must not say that all is well."""
    register(ledger)
    execute(
        ledger_url,
        "insert into log.events (position, recorded_at, stream_id, version, name, dossiers, payload) "
        "select max(position) + 1, now(), gen_random_uuid(), 1, 'thing.done.v1', '{}', '{}' from log.events",
    )
    with pytest.raises(UnknownName):
        compare(database_of(ledger), ledger.keyring)


def test_events_that_claim_nothing_are_not_read():
    assert "dossier.trainee-enrolled.v1" in silent_names()
    assert "dossier.opened.v1" not in silent_names()


def claims_in(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("select kind, digest, stream_id from log.claims order by 1, 2").fetchall()
