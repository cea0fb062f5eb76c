"""A connection cut at any moment of an append: one event or none, and the caller knows which."""

from __future__ import annotations

import pytest
from eventsourcing.persistence import StoredEvent

from ledger.kit.ids import uuid7
from ledger.log.appending import Append
from ledger.log.database import Database
from ledger.log.recorder import Recorder
from ledger.log.refusals import AppendVoided
from support.proxy import Cut, Wire


def append() -> Append:
    return Append([StoredEvent(uuid7(), 1, "thing.done.v1", b"{}")], command_id=uuid7())


def test_an_answer_lost_after_the_commit_is_found_by_its_receipt(ledger_url: str) -> None:
    with Wire(ledger_url) as wire, Database(wire.client_url) as database:
        recorder = Recorder(database)
        assert recorder.append([append()]) == [1]
        wire.arm(Cut.ANSWER_LOST)
        assert recorder.append([append(), append()]) == [2, 3]
        assert recorder.max_notification_id() == 3


@pytest.mark.parametrize("cut", [Cut.REQUEST_LOST, Cut.REQUEST_LATE])
def test_an_append_that_was_not_committed_is_void_for_ever(ledger_url: str, cut: Cut) -> None:
    with Wire(ledger_url) as wire, Database(wire.client_url) as database:
        recorder = Recorder(database)
        recorder.append([append()])
        lost = append()
        wire.arm(cut)
        with pytest.raises(AppendVoided):
            recorder.append([lost])
        wire.deliver()
        # What arrives late finds the command void: it is not recorded behind the caller's back.
        assert recorder.max_notification_id() == 1
        with pytest.raises(Exception, match="receipts_pkey"):
            recorder.append([lost])
        assert recorder.append([append()]) == [2]
