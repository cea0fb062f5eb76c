"""Places for what is dear: who finds none is told so, and one is free again however its work ended."""

from __future__ import annotations

import asyncio

import pytest

from gateway.places import NoPlace, Places


async def taken(places: Places) -> None:
    async with places.one():
        pass


def test_who_finds_no_place_in_time_is_told_so():
    async def crowd() -> None:
        places = Places(1, patience_seconds=0.05)
        async with places.one():
            with pytest.raises(NoPlace):
                await taken(places)
        await taken(places)

    asyncio.run(crowd())


def test_work_that_fails_leaves_its_place():
    async def fail(places: Places) -> None:
        async with places.one():
            raise ZeroDivisionError

    async def crowd() -> None:
        places = Places(1, patience_seconds=60)
        with pytest.raises(ZeroDivisionError):
            await fail(places)
        await taken(places)

    asyncio.run(crowd())


def test_who_waits_has_its_turn():
    async def crowd() -> list[int]:
        places, done = Places(1, patience_seconds=60), list[int]()

        async def work(number: int) -> None:
            async with places.one():
                await asyncio.sleep(0)
                done.append(number)

        await asyncio.gather(*(work(number) for number in range(3)))
        return done

    assert asyncio.run(crowd()) == [0, 1, 2]
