"""Those who listen, and what one event costs: the same for one as for five hundred."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from prometheus_client import CollectorRegistry
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from starlette.requests import ClientDisconnect

from gateway.api.metrics import Metrics
from gateway.api.problems import Problem
from gateway.auth.caller import Caller, caller_of
from gateway.live import stream
from gateway.live.hub import Hub
from gateway.live.listener import MOST, Listener, News
from gateway.live.live import Live
from gateway.live.stream import EventStream
from gateway.service import Service
from ledger.account.events import Menu, Role
from ledger.log.database import AsyncDatabase
from ledger.log.database import Role as DatabaseRole
from projections.audience import Concern
from support.eventually import LOADED, eventually
from support.gateway import Gateway, World, in_a_thread

LISTENERS = 500


class Counting(AsyncDatabase):
    """The real one, which counts the transactions that it is asked for."""

    asked = 0

    @asynccontextmanager
    async def transaction(
        self, role: DatabaseRole, *, scope: Iterable[UUID] = (), managed: Iterable[str] = ()
    ) -> AsyncIterator[AsyncConnection[DictRow]]:
        self.asked += 1
        async with super().transaction(role, scope=scope, managed=managed) as connection:
            yield connection


@dataclass
class Room:
    """A process's live update without its task: what it does is done when it is told to."""

    gateway: Gateway
    live: Live
    queries: Counting

    async def listener(self, who: str) -> Listener:
        secret = self.gateway.tokens[who]
        caller = await caller_of(self.queries, secret)
        assert isinstance(caller, Caller)
        return Listener(caller, secret, "follow_changes")

    async def cost(self, act: Callable[[], Awaitable[Any]]) -> int:
        """How many transactions it takes."""
        before = self.queries.asked
        await act()
        return self.queries.asked - before

    async def told_of(self, act: Callable[[], Any]) -> int:
        """Have something done elsewhere, and tell of it: what the telling cost, account for account of the log."""
        await asyncio.to_thread(act)

        async def tell() -> None:
            while await self.live.follower.step():
                pass

        return await self.cost(tell)


def within(gateway: Gateway, story: Callable[[Room], Awaitable[None]], **changed: Any) -> None:
    """A story on an event loop of its own."""

    async def told() -> None:
        async with Counting(gateway.settings.database_url, max_size=4) as queries:
            settings = replace(gateway.settings, **changed)
            service: Service = replace(gateway.service, queries=queries, settings=settings)
            await story(Room(gateway, Live(service), queries))

    in_a_thread(lambda: asyncio.run(told()))


def test_five_hundred_listen_for_the_price_of_one(gateway: Gateway, world: World):
    """An event is read, placed and told with as many questions as for one listener; rights are asked for together, in
    one transaction; each hears it once, and the strangers among them nothing.
    """
    create = gateway.service.tokens.create
    tokens = [create(gateway.accounts["provider"], label=f"essai {nth}") for nth in range(LISTENERS)]

    async def story(room: Room) -> None:
        hub = room.live.hub
        first = await room.listener("provider")
        hub.join(first, at=await room.live.follower.reached())
        deposit = lambda: gateway.deposited(dossier_ids=str(world.dossier))  # noqa: E731
        alone = await room.told_of(deposit)
        assert await room.cost(room.live.follower.recheck) == 1
        assert first.told == 1

        crowd = [replace(first, secret=secret, told=0, _woken=asyncio.Event()) for secret, _ in tokens]
        strangers = [await room.listener("other-provider") for _ in range(10)]
        for listener in (*crowd, *strangers):
            hub.join(listener, at=0)
        began = time.monotonic()
        assert await room.told_of(deposit) == alone
        assert time.monotonic() - began < LOADED
        assert await room.cost(room.live.follower.recheck) == 1
        assert {listener.told for listener in crowd} == {1}
        assert {listener.told for listener in strangers} == {0}
        assert not any(listener.ended for listener in (*crowd, *strangers))
        await asyncio.to_thread(gateway.service.tokens.revoke, tokens[7][1].token_id)
        await room.live.follower.recheck()
        assert [listener for listener in crowd if listener.ended] == [crowd[7]]

    within(gateway, story, streams=LISTENERS + 100, streams_per_account=LISTENERS + 100)


def test_nothing_is_asked_while_nobody_listens(gateway: Gateway, world: World):
    """A process that serves nobody's stream costs the database nothing; the first one who listens wakes it."""

    async def story(room: Room) -> None:
        async with room.live:
            await asyncio.to_thread(gateway.deposited, dossier_ids=str(world.dossier))
            await asyncio.sleep(0.1)
            assert room.queries.asked == 0
            listener = await room.listener("provider")
            async with room.live.listening(listener, None):
                await asyncio.to_thread(gateway.deposited, dossier_ids=str(world.dossier))
                assert (await listener.news(10)).dossiers == (world.dossier,)
            await asyncio.to_thread(eventually, lambda: not room.live.follower._inhabited.is_set())
            before = room.queries.asked
            await asyncio.to_thread(gateway.deposited, dossier_ids=str(world.dossier))
            await asyncio.sleep(0.1)
            assert room.queries.asked == before

    within(gateway, story)


def test_nobody_is_told_before_the_read_models_show_it(gateway: Gateway, world: World):
    """Whoever is told looks at once, and sees it: while the folds stand still, so does what is told."""

    async def story(room: Room) -> None:
        listener = await room.listener("provider")
        async with room.live.listening(listener, None):
            with psycopg.connect(gateway.settings.database_url) as connection:
                connection.execute("lock table read.position in exclusive mode")
                settle, gateway.settle = gateway.settle, lambda: None
                try:
                    assert (await asyncio.to_thread(gateway.deposited, dossier_ids=str(world.dossier))).is_success
                finally:
                    gateway.settle = settle
                for _ in range(3):
                    assert await room.live.follower.step()  # there is something, and it waits
                assert listener.told == 0
            while not listener.told:
                await room.live.follower.step()

    within(gateway, story)


def test_a_full_process_says_when_to_come_back(gateway: Gateway, world: World):
    async def story(room: Room) -> None:
        one, other = await room.listener("provider"), await room.listener("other-provider")
        async with room.live.listening(one, None):
            with pytest.raises(Problem) as refused:
                room.live.hub.join(other, at=0)
            assert (refused.value.code, refused.value.headers["Retry-After"]) == ("unavailable", "30")
        room.live.hub.join(other, at=0)
        room.live.close()
        assert (await other.news(1)).ended == "stopping"
        with pytest.raises(Problem) as refused:
            room.live.hub.join(one, at=0)
        assert refused.value.code == "unavailable"

    within(gateway, story, streams=1)


def concern(nth: int, kind: str = "dossiers") -> Concern:
    return Concern(nth, kind, uuid4(), frozenset({Menu.HR}), frozenset())


def a_listener(**changed: Any) -> Listener:
    caller = Caller(uuid4(), uuid4(), Role.CASE_MANAGER, ())
    return Listener(caller, "", "follow_changes", **changed)


def test_what_waits_is_bounded_and_told_once():
    """What changes ten times is told once; too much is told as that; what is known already is passed over."""

    async def story() -> None:
        listener = a_listener(since=10)
        again = concern(11)
        for known in (concern(10), again, again):
            listener.tell(known)
        assert await listener.news(0) == News(dossiers=(again.id,))
        assert await listener.news(0) == News()
        for nth in range(10 * MOST):
            listener.tell(concern(12 + nth))
        assert sum(len(waiting) for waiting in listener._waiting.values()) <= MOST
        assert await listener.news(0) == News(lost=True)
        listener.tell(concern(9999, "transfers"))
        listener.end("right-ended")
        listener.end("over")
        assert await listener.news(0) == News(ended="right-ended")  # and nothing of what happened before

    asyncio.run(story())


def test_who_reads_nothing_is_dropped(gateway: Gateway, world: World, monkeypatch: pytest.MonkeyPatch):
    """A client that takes nothing holds no memory and no place for longer than it may."""
    monkeypatch.setattr(stream, "SLOW_SECONDS", 0.2)

    async def story(room: Room) -> None:
        metrics = Metrics()
        answer = EventStream(room.live, await room.listener("provider"), metrics, since=None, seconds=60)
        sent = 0

        async def send(message: dict[str, Any]) -> None:
            nonlocal sent
            sent += 1
            if sent > 1:
                await asyncio.sleep(60)

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        began = time.monotonic()
        with pytest.raises(ClientDisconnect):
            await answer({"type": "http", "state": {}}, receive, send)
        assert time.monotonic() - began < LOADED
        assert len(room.live.hub) == 0
        registry: CollectorRegistry = metrics.registry
        assert registry.get_sample_value("ledger_streams_ended_total", {"reason": "slow"}) == 1

    within(gateway, story)


@pytest.mark.parametrize("menu", Menu)
def test_an_entry_that_is_not_open_tells_nothing(menu: Menu):
    """E15: « RH » hears of no règlement, « comptable » of no piece; of one company's entry, nothing of the other's."""
    mine, other = uuid4(), uuid4()
    hub = Hub(most=10, most_of_one=10)
    caller = Caller(uuid4(), uuid4(), Role.PORTAL, (mine, other), menus=frozenset({menu}), narrowed={menu: (mine,)})
    listener = Listener(caller, "", "follow_changes")
    hub.join(listener, at=0)
    for told in Menu:
        for place in (mine, other):
            about = Concern(1, "dossiers", uuid4(), frozenset({told}), frozenset({place}))
            assert (listener in hub.hearing(about)) is (told is menu and place == mine)
    hub.revise(listener, replace(caller, narrowed={menu: (other,)}))
    assert hub.hearing(Concern(1, "dossiers", uuid4(), frozenset(Menu), frozenset({mine}))) == set()
    hub.leave(listener)
    assert (len(hub), hub.position, hub._places) == (0, None, {})
