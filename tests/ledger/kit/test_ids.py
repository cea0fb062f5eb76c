"""Time-ordered ids (RFC 9562)."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from ledger.kit import ids
from ledger.kit.ids import uuid7


def test_an_id_is_a_version_7_of_now():
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_ids_rise_within_a_thread_and_never_repeat_across_threads():
    def make(_: int) -> list[uuid.UUID]:
        return [uuid7() for _ in range(2_000)]

    with ThreadPoolExecutor(8) as pool:
        series = list(pool.map(make, range(8)))
    assert all(one == sorted(one) for one in series)
    everything = [made for one in series for made in one]
    assert len(set(everything)) == len(everything)
    # The time parts alone tell any two ids of one process apart: the random part is never what orders them.
    assert len({made.int >> 64 for made in everything}) == len(everything)


def test_ids_rise_while_the_clock_stands_still_or_steps_back(monkeypatch):
    now = time.time_ns()
    readings = iter([now, now, now - 3_600_000_000_000, now])
    first = uuid7()
    monkeypatch.setattr(ids.time, "time_ns", lambda: next(readings))
    made = [uuid7() for _ in range(4)]
    assert [first, *made] == sorted([first, *made])
    assert len({one.int >> 64 for one in made}) == 4
