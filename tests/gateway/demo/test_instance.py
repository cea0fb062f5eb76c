"""demo.json: private, whole, and of no use when damaged."""

from __future__ import annotations

import stat

from gateway.demo.instance import Instance

INSTANCE = Instance("http://127.0.0.1:8000", {"provider": "dlt_x"}, {"provider": "id"}, "1819")


def test_it_is_its_owners_alone_and_reads_back(tmp_path):
    path = tmp_path / "demo.json"
    INSTANCE.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Instance.read(path) == INSTANCE
    INSTANCE.write(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["demo.json"]


def test_a_damaged_or_older_file_is_made_anew(tmp_path):
    path = tmp_path / "demo.json"
    assert Instance.read(path) is None
    for content in ("", "{", "[]", '{"url": "x"}'):
        path.write_text(content)
        assert Instance.read(path) is None
