"""Several clients at work at once, for the length of a block."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from support.demand import Client, Journal, Standing

RECOVERY_SECONDS = 90.0


@dataclass
class Crowd:
    """`journal` is theirs together; `said` tells what the programs said, for a failure's text."""

    journal: Journal
    clients: Sequence[Client]
    said: Callable[[], str]

    def until_accepted(self, more: int) -> None:
        """Wait until `more` orders than now are accepted; each client must still be at it."""
        goal = len(self.journal.accepted) + more
        deadline = time.monotonic() + RECOVERY_SECONDS
        while len(self.journal.accepted) < goal:
            self.raise_errors()
            assert time.monotonic() < deadline, f"nothing is accepted: {dict(self.journal.lost)}\n{self.said()}"
            time.sleep(0.02)

    def raise_errors(self) -> None:
        for client in self.clients:
            if client.error is not None:
                raise client.error


@contextmanager
def at_work(
    addresses: Sequence[str], standing: Standing, *, seed: int, clients: int, said: Callable[[], str]
) -> Iterator[Crowd]:
    """Clients that work until the block ends, and then finish the order that each is at: nothing is left in doubt."""
    journal, stop = Journal(), threading.Event()
    made = [Client(number, seed, addresses, standing, journal, stop) for number in range(clients)]
    crowd = Crowd(journal, made, said)
    for client in made:
        client.start()
    try:
        yield crowd
    finally:
        stop.set()
        for client in made:
            client.join()
    crowd.raise_errors()
    assert journal.wrong == [], said()
