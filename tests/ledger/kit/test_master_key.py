"""The master key on disk and in the environment."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.kit.master_key import VARIABLE, Damaged, MasterKey, MasterKeyFault


def test_a_new_key_is_written_for_its_owner_alone_and_read_back(tmp_path):
    path = tmp_path / "master.key"
    made = MasterKey.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert MasterKey.from_file(path) == made
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_is_never_written_over(tmp_path):
    path = tmp_path / "master.key"
    made = MasterKey.create(path)
    with pytest.raises(FileExistsError):
        MasterKey.create(path)
    assert MasterKey.from_file_or_new(path) == made
    assert list(tmp_path.iterdir()) == [path]


def test_processes_that_start_together_end_with_one_key(tmp_path):
    path = tmp_path / "master.key"
    with ThreadPoolExecutor(8) as pool:
        assert len({key.key for key in pool.map(MasterKey.from_file_or_new, [path] * 8)}) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_may_read_is_refused(tmp_path, mode):
    path = tmp_path / "master.key"
    MasterKey.create(path)
    path.chmod(mode)
    with pytest.raises(MasterKeyFault, match="chmod 600"):
        MasterKey.from_file(path)


def test_a_key_comes_from_the_environment_with_or_without_its_epoch():
    key = MasterKey.generate(epoch=3)
    assert MasterKey.from_environment({VARIABLE: key.as_text()}) == key
    assert MasterKey.from_environment({VARIABLE: key.as_text().partition(":")[2]}) == MasterKey(key.key, 1)
    assert MasterKey.from_environment({}) is None


@pytest.mark.parametrize("text", ["1:c2VjcmV0", "x:", "un:AAAA", "0:" + "A" * 43 + "=", "secret!secret!"])
def test_a_malformed_key_is_refused_without_being_shown(text):
    with pytest.raises(MasterKeyFault) as caught:
        MasterKey.parse(text)
    assert text.partition(":")[2] not in str(caught.value) or not text.partition(":")[2]
    assert "secret!" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_does_not_show_itself():
    key = MasterKey.generate()
    assert repr(key) == "MasterKey(epoch=1)"


def test_a_wrapped_key_opens_for_its_owner_and_its_epoch_alone():
    key = MasterKey.generate()
    wrapped = key.wrap(b"owner", b"k" * 32)
    assert key.unwrap(b"owner", wrapped) == b"k" * 32
    with pytest.raises(Damaged):
        key.unwrap(b"other", wrapped)
    with pytest.raises(Damaged):
        MasterKey(key.key, 2).unwrap(b"owner", wrapped)
    with pytest.raises(Damaged):
        MasterKey.generate().unwrap(b"owner", wrapped)
