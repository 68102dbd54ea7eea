"""Jobs beside each other: as many as the maker has slots, and heavy ones alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from horde_worker.loop.slots import Slots


async def is_over(waiting: Awaitable[object]) -> bool:
    """Whether it is over without anything happening."""
    task = asyncio.ensure_future(waiting)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    done = task.done()
    task.cancel()
    await asyncio.wait((task,))
    return done


async def test_as_many_as_there_are_slots() -> None:
    """Also when there are more or fewer later."""
    able = [2]
    slots = Slots(lambda: able[0])
    for _ in range(2):
        assert await is_over(slots.until_free())
        slots.take()
    assert not await is_over(slots.until_free())
    able[0] = 3
    assert await is_over(slots.until_free())
    able[0] = 1
    slots.give()
    assert not await is_over(slots.until_free())


async def test_a_heavy_job_is_alone() -> None:
    """It waits for the others, and the others for it."""
    slots = Slots(lambda: 3)
    slots.take()
    assert not await is_over(slots.until_all_free())
    slots.give()
    assert await is_over(slots.until_all_free())
    slots.take(alone=True)
    assert not await is_over(slots.until_free())
    slots.give()
    assert await is_over(slots.until_free())


async def test_who_waits_is_woken() -> None:
    """By the slot that gets free."""
    slots = Slots(lambda: 1)
    slots.take()
    waiting = asyncio.ensure_future(slots.until_free())
    await asyncio.sleep(0)
    slots.give()
    async with asyncio.timeout(5):
        await waiting


def test_too_many_at_a_time_become_fewer() -> None:
    """Halved, down to one."""
    slots = Slots(lambda: 4)
    assert [(slots.narrow(), slots.total) for _ in range(3)] == [(True, 2), (True, 1), (False, 1)]


def test_a_maker_without_slots_has_one() -> None:
    """There would be no work at all."""
    assert Slots(lambda: 0).total == 1
