"""A master key changed while processes seal and open: nobody stops, nothing is lost or stays under the old one."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from ledger.kit.ids import uuid7
from ledger.kit.keyring import Keyring, MasterKey, MasterKeyFault
from ledger.kit.master_keys import MasterKeyFiles
from ledger.kit.personal import Personal


@pytest.fixture
def files(tmp_path: Path) -> MasterKeyFiles:
    files = MasterKeyFiles(tmp_path / "master.key")
    MasterKey.create(files.current)
    return files


def process(keys_url: str, files: MasterKeyFiles) -> Keyring:
    """What a process has: a keyring that keeps nothing, so that each opening asks the database."""
    return Keyring(keys_url, MasterKey.from_file(files.current), others=files.beside, cache_size=1, ttl_seconds=0)


def epochs(keys_url: str) -> dict[int, int]:
    with psycopg.connect(keys_url) as connection:
        return dict(connection.execute("select epoch, count(*)::int from keys.subject_key group by 1").fetchall())


def test_a_rotation_under_load_stops_nobody(keys_url: str, files: MasterKeyFiles) -> None:
    """Issue B: keys rotate while running."""
    stop = threading.Event()

    def work(keyring: Keyring) -> list[Personal[str]]:
        sealed: list[Personal[str]] = []
        while not stop.is_set():
            sealed.append(keyring.seal(uuid7(), f"texte {len(sealed)}"))
            assert keyring.open(sealed[len(sealed) // 2]) == f"texte {len(sealed) // 2}"
            assert keyring.digest("essai", "valeur")
        return sealed

    with process(keys_url, files) as first, process(keys_url, files) as second, ThreadPoolExecutor(4) as pool:
        working = [pool.submit(work, keyring) for keyring in (first, second, first, second)]
        time.sleep(0.3)
        new = files.make_next()
        with process(keys_url, files) as operator:
            wrapped = 0
            while count := operator.rotate(new):
                wrapped += count
        files.move_on()
        time.sleep(0.3)
        stop.set()
        sealed = [box for each in working for box in each.result()]
    assert wrapped > 0
    assert epochs(keys_url) == {2: len(sealed)}
    with Keyring(keys_url, MasterKey.from_file(files.current)) as later:  # the old master key is not needed any more
        assert all(str(text).startswith("texte") for text in later.open_many(sealed))


def test_a_process_that_was_not_given_the_new_key_goes_on_with_its_own(keys_url: str, files: MasterKeyFiles) -> None:
    """What it wraps is wrapped anew by the next rotation; what it cannot unwrap is a fault, said as one."""
    alone = MasterKey.from_file(files.current)
    with Keyring(keys_url, alone, ttl_seconds=0) as stale, process(keys_url, files) as operator:
        before = stale.seal(uuid7(), "avant")
        new = files.make_next()
        operator.rotate(new)
        with pytest.raises(MasterKeyFault, match="epoch 2"):
            stale.open(before)
        made = uuid7()
        stale.ensure([made])
        assert epochs(keys_url) == {1: 1, 2: 1}
        assert operator.rotate(new) == 1
        assert operator.key(made) is not None


def test_another_key_of_the_same_epoch_is_not_taken_up(keys_url: str, files: MasterKeyFiles) -> None:
    """A file that somebody put there is not the rotation's key: its fingerprint is not the database's."""
    with process(keys_url, files) as running, process(keys_url, files) as operator:
        sealed = running.seal(uuid7(), "texte")
        operator.rotate(MasterKey.generate(epoch=2))
        files.make_next()
        with pytest.raises(MasterKeyFault):
            running.open(sealed)


def test_the_files_move_on_once(files: MasterKeyFiles) -> None:
    first = MasterKey.from_file(files.current)
    new = files.make_next()
    with pytest.raises(FileExistsError):
        files.make_next()
    assert {each.epoch for each in files.beside()} == {1, 2}
    for _ in range(2):
        files.move_on()
        assert MasterKey.from_file(files.current) == new
        assert MasterKey.from_file(files.retired(1)) == first
    assert not files.next.exists()
    assert oct(files.current.stat().st_mode)[-3:] == "600"


def test_keys_are_read_while_they_move_on(files: MasterKeyFiles) -> None:
    """A process that looks at the files at the very moment when the next key takes its place sees them all."""
    stop = threading.Event()

    def look() -> bool:
        newest = 1
        while not stop.is_set():
            seen = {each.epoch for each in files.beside()}
            assert seen == set(range(1, max(seen) + 1)), seen
            assert max(seen) >= newest, seen
            newest = max(seen)
        return True

    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(look) for _ in range(3)]
        for _ in range(60):
            files.make_next()
            files.move_on()
        stop.set()
        assert all(each.result() for each in looking)
