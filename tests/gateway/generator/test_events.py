"""Generated events: as consistent as those that orders record, in the order of their days."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any
from uuid import UUID

from gateway.generator.events import appends, events
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log.codec import Codec
from ledger.log.database import Database
from ledger.log.recorder import Recorder

NUMBER = 4_000


def test_generated_events_are_recorded_and_make_aggregates(ledger_url: str, keys_url: str):
    """Each stream folds from its first event, no amount goes above its agreement, and the recorder takes them all."""
    with Keyring(keys_url, MasterKey.generate()) as keyring, Database(ledger_url) as database:
        recorder = Recorder(database)
        batch = list(appends(events(5, NUMBER, keyring), keyring, together=20))
        positions = recorder.append(batch)
        assert positions[-1] == NUMBER
        streams = recorder.select_streams([stored.originator_id for each in batch for stored in each.events])
    kinds: Counter[str] = Counter()
    for stream in streams.values():
        aggregate: Any = None
        for stored in stream:
            aggregate = Codec().to_domain_event(stored).mutate(aggregate)
        kinds[type(aggregate).__name__] += 1
        if type(aggregate).__name__ == "Dossier":
            assert aggregate.paid_cents <= aggregate.reserved_cents <= aggregate.agreement_cents
    assert kinds.keys() >= {"Organisation", "Establishment", "Person", "Dossier", "Invoice", "Lot", "Transfer"}


def test_lives_are_mixed_and_days_go_forward(keys_url: str):
    with Keyring(keys_url, MasterKey.generate()) as keyring:
        facts = list(events(5, NUMBER, keyring))
    days = [fact.event.timestamp.date() for fact in facts]
    # The bank answers a lot within two days, which are told with the lot.
    assert all((earlier - later).days <= 2 for earlier, later in pairwise(days))
    runs: list[UUID] = [fact.event.originator_id for fact in facts if fact.event.NAME.startswith("dossier.")]
    assert sum(one != other for one, other in pairwise(runs)) > len(runs) // 3


def test_the_same_seed_gives_the_same_lives(keys_url: str):
    with Keyring(keys_url, MasterKey.generate()) as keyring:
        first, second = ([fact.event.NAME for fact in events(5, 1_000, keyring)] for _ in range(2))
        other = [fact.event.NAME for fact in events(6, 1_000, keyring)]
    assert first == second != other
