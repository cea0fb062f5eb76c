"""Sealing, opening and erasing personal data, on a real keys' database."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest

from ledger.kit.ids import uuid7
from ledger.kit.keyring import Damaged, Keyring, MasterKey, MasterKeyFault, SubjectErased, migrate
from ledger.kit.personal import ERASED, Personal

MASTER = MasterKey.generate()


@pytest.fixture
def keyring(keys_url):
    with Keyring(keys_url, MASTER) as ring:
        yield ring


def rows(url: str, query: str) -> list[tuple]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_a_name_is_sealed_and_opened_again(keyring):
    """What is sealed shows nothing of its text, and opens to it, accents and all."""
    person = uuid7()
    sealed = keyring.seal(person, "Prénom d'essai")
    assert sealed.subject == person
    assert "Prénom".encode() not in sealed.box
    assert keyring.open(sealed) == "Prénom d'essai"
    assert keyring.open(Personal.parse(str(sealed))) == "Prénom d'essai"


def test_equal_texts_do_not_look_equal_once_sealed(keyring):
    person = uuid7()
    assert keyring.seal(person, "même texte") != keyring.seal(person, "même texte")


def test_another_process_opens_what_one_sealed(keyring, keys_url):
    """The key is committed before `seal` returns: whoever reads the event next finds it."""
    sealed = keyring.seal(uuid7(), "texte")
    with Keyring(keys_url, MASTER) as other:
        assert other.open(sealed) == "texte"


def test_an_erased_person_opens_to_erased_for_ever(keyring, keys_url):
    person = uuid7()
    sealed = keyring.seal(person, "texte")
    keyring.destroy(person)
    keyring.destroy(person)
    assert keyring.open(sealed) is ERASED
    assert keyring.key(person) is None
    with pytest.raises(SubjectErased):
        keyring.seal(person, "encore")
    keyring.ensure([person])
    with Keyring(keys_url, MASTER) as other:
        assert other.open(sealed) is ERASED
        with pytest.raises(SubjectErased):
            other.seal(person, "encore")
    assert rows(keys_url, "select wrapped, epoch, destroyed_at is not null from keys.subject_key") == [
        (None, None, True)
    ]


def test_a_person_who_never_had_a_key_may_be_erased_and_gets_none_later(keyring):
    person = uuid7()
    keyring.destroy(person)
    with pytest.raises(SubjectErased):
        keyring.seal(person, "texte")


def test_a_missing_key_opens_to_erased_and_is_found_once_it_is_restored(keyring, keys_url):
    """Absence is never remembered: keys restored from a backup are found at once."""
    person = uuid7()
    with Keyring(keys_url, MASTER) as writer:
        sealed = Personal(person, writer.seal(uuid7(), "autre").box)
        assert keyring.open(sealed) is ERASED
        restored = writer.seal(person, "texte")
    assert keyring.open(restored) == "texte"


def test_erasure_by_another_process_takes_hold_within_the_time_to_live(keys_url):
    with Keyring(keys_url, MASTER, ttl_seconds=0.2) as here, Keyring(keys_url, MASTER) as elsewhere:
        person = uuid7()
        sealed = here.seal(person, "texte")
        elsewhere.destroy(person)
        time.sleep(0.25)
        assert here.open(sealed) is ERASED


@pytest.mark.parametrize("place", [0, 11, 12, 20, -1])
def test_a_changed_byte_is_damage_and_never_text_or_erasure(keyring, place):
    sealed = keyring.seal(uuid7(), "un texte assez long")
    box = bytearray(sealed.box)
    box[place] ^= 1
    with pytest.raises(Damaged):
        keyring.open(Personal(sealed.subject, bytes(box)))


def test_a_box_moved_to_another_person_or_cut_short_is_damage(keyring):
    one, two = uuid7(), uuid7()
    keyring.ensure([one, two])
    sealed = keyring.seal(one, "texte")
    for wrong in (Personal(two, sealed.box), Personal(one, sealed.box[:20]), Personal(one, b"")):
        with pytest.raises(Damaged) as caught:
            keyring.open(wrong)
        assert "texte" not in str(caught.value)


def test_many_values_open_in_order_with_one_query(keyring, keys_url):
    """Erased, missing and living people mixed; the memory is smaller than the request."""
    people = [uuid7() for _ in range(50)]
    boxes = [keyring.seal(person, f"personne {n}") for n, person in enumerate(people)]
    keyring.destroy(people[7])
    with Keyring(keys_url, MASTER, cache_size=3) as fresh:
        opened = fresh.open_many([*boxes, Personal(uuid7(), boxes[0].box), boxes[0]])
    expected = [f"personne {n}" for n in range(50)]
    assert opened == [*expected[:7], ERASED, *expected[8:], ERASED, "personne 0"]


def test_processes_that_make_the_same_keys_at_once_agree_on_them(keys_url):
    """Eight keyrings ensure overlapping people in opposite orders: one key each, no deadlock."""
    people = [uuid7() for _ in range(300)]
    rings = [Keyring(keys_url, MASTER) for _ in range(8)]
    try:
        with ThreadPoolExecutor(8) as pool:
            orders = [people if n % 2 else people[::-1] for n in range(8)]
            list(pool.map(lambda ring, order: ring.ensure(order), rings, orders))
        keys = {tuple(ring.key(person) for person in people) for ring in rings}
        assert len(keys) == 1
        assert None not in keys.pop()
    finally:
        for ring in rings:
            ring.close()


def test_threads_share_one_keyring(keyring):
    """Sealing, opening and erasing from many threads, on few subjects: only the text, or its erasure, is ever seen."""
    people = [uuid7() for _ in range(20)]
    boxes = [keyring.seal(person, "texte") for person in people]
    erased = threading.Event()

    def read(_: int) -> set[object]:
        seen = {keyring.open(box) for box in boxes * 20}
        if erased.is_set():
            assert keyring.open(boxes[0]) is ERASED
        return seen

    with ThreadPoolExecutor(6) as pool:
        readings = [pool.submit(read, n) for n in range(30)]
        keyring.destroy(people[0])
        erased.set()
        assert all(reading.result() <= {"texte", ERASED} for reading in readings)


def test_digests_are_equal_across_processes_and_differ_by_kind_and_value(keyring, keys_url):
    """Equality look-ups work, yet a digest tells nothing without the secret of this deployment."""
    digest = keyring.digest("email", "a@essai.example")
    assert len(digest) == 32
    with Keyring(keys_url, MASTER) as other:
        assert other.digest("email", "a@essai.example") == digest
    assert keyring.digest("login", "a@essai.example") != digest
    assert keyring.digest("email", "b@essai.example") != digest


def test_two_deployments_have_different_digests(keyring, make_database):
    with Keyring(make_database("keys"), MASTER) as other:
        assert other.digest("nir", "x") != keyring.digest("nir", "x")


def test_rotation_rewraps_every_key_and_changes_no_sealed_value(keyring, keys_url):
    """After it, the old master key is of no use, and the new one opens everything; erased people stay erased."""
    people = [uuid7() for _ in range(20)]
    boxes = [keyring.seal(person, "texte") for person in people]
    keyring.destroy(people[3])
    digest = keyring.digest("nir", "x")
    new = MasterKey.generate(epoch=2)
    assert keyring.rotate(new) == 19 + 1
    assert keyring.rotate(new) == 0
    assert rows(keys_url, "select distinct epoch from keys.subject_key where wrapped is not null") == [(2,)]
    with Keyring(keys_url, new) as ring:
        assert ring.open_many(boxes) == ["texte"] * 3 + [ERASED] + ["texte"] * 16
        assert ring.digest("nir", "x") == digest
    with Keyring(keys_url, MASTER) as late, pytest.raises(MasterKeyFault):
        late.open(boxes[0])


def test_a_rotation_goes_on_while_another_process_still_writes_under_the_old_key(keyring, keys_url):
    """A second run takes what was made meanwhile; a process that knows both keys reads all of it at any moment."""
    new = MasterKey.generate(epoch=2)
    before = keyring.seal(uuid7(), "avant")
    with Keyring(keys_url, new, retired=[MASTER]) as both, Keyring(keys_url, MASTER) as old:
        assert both.open(before) == "avant"
        both.rotate(new)
        during = old.seal(uuid7(), "pendant")
        assert both.open_many([before, during]) == ["avant", "pendant"]
        assert both.rotate(new) == 1


def test_a_wrong_master_key_is_refused_before_anything_is_wrapped_under_it(keyring, keys_url):
    keyring.seal(uuid7(), "texte")
    for wrong in (MasterKey.generate(), MasterKey.generate(epoch=2)):
        with pytest.raises(MasterKeyFault):
            Keyring(keys_url, wrong)
    with pytest.raises(MasterKeyFault):
        keyring.rotate(MasterKey.generate(epoch=1))
    assert keyring.key(uuid7()) is None  # the refused rotation left it usable


def test_an_unreachable_database_is_an_error_and_not_an_erasure(keys_url, cluster):
    with Keyring(keys_url, MASTER) as ring:
        sealed = Personal[str](uuid7(), b"x" * 40)
        ring._store._pool.timeout = 0.5
        cluster.drop(keys_url)
        with pytest.raises(psycopg.OperationalError):
            ring.open(sealed)


def test_keys_are_never_in_clear_in_the_database(keyring, keys_url):
    person = uuid7()
    keyring.seal(person, "texte")
    key = keyring.key(person)
    [(wrapped,)] = rows(keys_url, "select wrapped from keys.subject_key")
    assert key is not None
    assert key not in wrapped


def test_a_wrapped_key_swapped_between_people_is_damage(keyring, keys_url):
    """Whoever may write to the keys' database cannot make one person's text open for another."""
    one, two = uuid7(), uuid7()
    keyring.ensure([one, two])
    with psycopg.connect(keys_url) as connection:
        connection.execute(
            "update keys.subject_key set wrapped ="
            " (select wrapped from keys.subject_key where subject = %s) where subject = %s",
            [one, two],
        )
    with Keyring(keys_url, MASTER) as fresh, pytest.raises(Damaged):
        fresh.key(two)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from keys.subject_key",
        "truncate keys.subject_key",
        "update keys.subject_key set destroyed_at = null, epoch = 1, wrapped = decode(repeat('00', 60), 'hex')",
    ],
)
def test_the_database_itself_refuses_to_forget_or_revive_an_erasure(keyring, keys_url, statement):
    keyring.destroy(uuid7())
    with psycopg.connect(keys_url) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute(statement)


def test_processes_that_start_together_migrate_once(empty_url):
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(migrate, [empty_url] * 6))
    assert rows(empty_url, "select number from keys.migration") == [(1,)]


def test_bulk_work_is_quick_enough_for_imports(keyring):
    """10,000 keys under 2 s, 200,000 seals a second where nothing else works; a query for each would take minutes."""
    people = [uuid7() for _ in range(10_000)]
    start = time.perf_counter()
    keyring.ensure(people)
    made = time.perf_counter()
    for person in people * 2:
        keyring.seal(person, "Prénom Nom")
    sealed = time.perf_counter()
    assert made - start < 30
    assert sealed - made < 10


def test_an_empty_request_asks_nothing(keyring):
    keyring.ensure([])
    assert keyring.open_many([]) == []


def test_a_text_of_no_length_or_of_any_script_comes_back_whole(keyring):
    person: UUID = uuid7()
    for text in ("", "\x00", "𝔘 é ß", "x" * 100_000):
        assert keyring.open(keyring.seal(person, text)) == text
