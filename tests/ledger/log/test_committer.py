"""Group commit by itself: who is written with whom, who is refused without a transaction, and who waits for whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import OperationalError, StoredEvent

from ledger.kit.ids import uuid7
from ledger.log import committer
from ledger.log.appending import Append, Guard, Key
from ledger.log.committer import Committer
from ledger.log.refusals import GuardBroken, KeyUsed, StreamConflict
from support.eventually import PATIENCE_SECONDS, eventually


class Log:
    """Accepts everything, one group at a time; the first group is held until `others` wait behind it."""

    def __init__(self) -> None:
        self.groups: list[list[Append]] = []
        self.held = threading.Event()
        self.fails: BaseException | None = None
        self.committer = Committer(self.write)

    def write(self, batch: Sequence[Append]) -> list[int]:
        self.held.wait(PATIENCE_SECONDS)
        if self.fails is not None:
            raise self.fails
        self.groups.append(list(batch))
        return [sum(map(len, self.groups))] * len(batch)

    def together(self, *appends: Append) -> list[Future[list[int]]]:
        """Submit each from a thread of its own, all while a first one is being written."""
        with ThreadPoolExecutor(len(appends) + 1) as pool:
            pool.submit(self.committer.submit, [writes(uuid7(), 1)])
            eventually(lambda: self.committer._writing and not self.committer._waiting, pause=0.001)
            submitted = []
            for number, append in enumerate(appends, start=1):
                submitted.append(pool.submit(self.committer.submit, [append]))
                eventually(lambda n=number: len(self.committer._waiting) == n, pause=0.001)
            self.held.set()
        return submitted


def writes(stream_id: UUID, version: int, *, guards: Sequence[Guard] = (), key: bytes | None = None) -> Append:
    made = None if key is None else Key(key, key, 200, stream_id)
    return Append([StoredEvent(stream_id, version, "thing.done.v1", b"{}")], guards=guards, key=made)


def test_who_meets_another_of_the_group_is_refused_and_does_not_fail_the_group():
    """Two decided on the same version: one is written with everybody else, the other decides again."""
    log, busy, other = Log(), uuid7(), uuid7()
    first, second, third = log.together(writes(busy, 2), writes(busy, 2), writes(other, 1))
    assert first.result()
    assert third.result()
    with pytest.raises(StreamConflict):
        second.result()
    assert [len(group) for group in log.groups] == [1, 2]


def test_a_guard_on_what_the_group_writes_is_broken():
    log, busy = Log(), uuid7()
    first, second = log.together(writes(busy, 2), writes(uuid7(), 1, guards=[Guard(busy, 1)]))
    assert first.result()
    with pytest.raises(GuardBroken):
        second.result()


def test_a_key_that_the_group_uses_is_used():
    log = Log()
    first, second = log.together(writes(uuid7(), 1, key=b"k"), writes(uuid7(), 1, key=b"k"))
    assert first.result()
    with pytest.raises(KeyUsed):
        second.result()


def test_what_was_decided_before_the_last_commit_is_refused_without_a_transaction():
    """A decision on a remembered state that has just moved on would fail everybody who is written with it."""
    log, busy = Log(), uuid7()
    log.held.set()
    log.committer.submit([writes(busy, 2)])
    with pytest.raises(StreamConflict):
        log.committer.submit([writes(busy, 2)])
    assert len(log.groups) == 1
    assert log.committer.submit([writes(busy, 3)])


def test_after_a_fault_nothing_is_taken_as_written():
    """Another server may answer next, which never had what this process wrote: the log alone can tell."""
    log, busy = Log(), uuid7()
    log.held.set()
    log.committer.submit([writes(busy, 2)])
    log.fails = OperationalError("the connection was lost")
    with pytest.raises(OperationalError):
        log.committer.submit([writes(uuid7(), 1)])
    log.fails = None
    assert log.committer.submit([writes(busy, 2)])


def test_a_commit_waits_for_those_who_wrote_a_moment_ago_but_not_for_ever():
    """Three wrote together: one who comes alone waits for the others, as long as a transaction takes, and no longer."""
    log = Log()
    log.together(*(writes(uuid7(), 1) for _ in range(3)))
    assert log.committer._expected == 3
    log.committer._seconds = 0.005
    started = time.perf_counter()
    log.committer.submit([writes(uuid7(), 1)])
    assert time.perf_counter() - started >= 0.004
    assert log.committer._expected == 1, "a lone writer waits for nobody"


def test_of_a_crowd_half_is_waited_for():
    """While one half is written, the other decides."""
    log = Log()
    log.together(*(writes(uuid7(), 1) for _ in range(24)))
    assert log.committer._expected == 12


def test_whoever_is_interrupted_while_waiting_leaves_nobody_behind():
    """Each that is answered wakes the next: one whose wait is broken off is stood in for."""
    log, interrupted = Log(), writes(uuid7(), 1)

    class Interrupted(committer._Ticket):
        """A ticket whose wait is broken off once, as Ctrl-C does in the main thread."""

        __slots__ = ("real",)

        def __init__(self, unit: Any) -> None:
            super().__init__(unit)
            if unit == [interrupted]:
                self.real, self.wake = self.wake, self

        def acquire(self) -> None:
            self.wake = self.real
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(committer, "_Ticket", Interrupted)
        first, second, third = log.together(writes(uuid7(), 1), interrupted, writes(uuid7(), 1))
    with pytest.raises(KeyboardInterrupt):
        second.result()
    assert first.result()
    assert third.result(timeout=PATIENCE_SECONDS)
    assert interrupted in log.groups[1], "what was submitted is written all the same"


class Slow(committer._Ticket):
    """A ticket whose thread is held up whenever it looks whether it is to write, as a busy machine does."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name == "leads":
            time.sleep(0.005)
        return super().__getattribute__(name)


def test_whoever_is_told_to_write_before_it_waits_is_told_once(monkeypatch: pytest.MonkeyPatch):
    """The leader may be done, and name a successor, before that one has begun to wait: nobody is left waiting."""
    monkeypatch.setattr(committer, "_Ticket", Slow)
    told: list[list[int]] = []

    def write(batch: Sequence[Append]) -> list[int]:
        time.sleep(0.003)
        return list(range(len(batch)))

    group = committer.Committer(write)

    def work(number: int) -> None:
        for turn in range(30):
            time.sleep((number * 7 + turn * 3) % 16 / 1000)  # out of step: some come while another is being written
            told.append(group.submit([Append(events=())]))

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert len(told) == 180
