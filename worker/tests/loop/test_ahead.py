"""No more jobs are fetched ahead than the owner wants, and than can be made in good time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from horde_worker.backends.text import TextJob
from horde_worker.loop import ahead as ahead_module
from horde_worker.loop.ahead import Ahead
from horde_worker.loop.held import Held
from horde_worker.loop.slots import Slots
from horde_worker.loop.speeds import Speeds
from horde_worker.steady_clock import Deadline

LIMIT_S = 5.0


def held(job_id: str, effort: float = 100.0, model: str = "quill") -> Held[TextJob]:
    """A job that is worth so much effort."""
    job = TextJob((job_id,), model, "", 10, 100, (1,), 150.0)
    return Held(job, Deadline(1e12, 0), effort)


def queue(size: int, slots: int = 1, speed: float | None = None) -> Ahead[TextJob]:
    """A queue for a maker of this speed (effort a second), if it is known."""
    speeds = Speeds()
    if speed is not None:
        speeds.learn("quill", speed, 1.0)
    return Ahead(size, Slots(lambda: slots), speeds)


async def has_room(jobs: Ahead[Any]) -> bool:
    """Whether another job may be fetched now."""
    waiting = asyncio.ensure_future(jobs.until_room())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    is_there = waiting.done()
    waiting.cancel()
    await asyncio.wait((waiting,))
    return is_there


async def test_without_a_measured_speed_the_owners_number_counts() -> None:
    """Nobody knows better."""
    jobs = queue(2)
    jobs.put(held("a", 1e9), 150)
    assert await has_room(jobs)
    jobs.put(held("b", 1e9), 150)
    assert not await has_room(jobs)


@pytest.mark.parametrize(("effort", "is_room"), [(20, True), (40, True), (50, False)])
async def test_what_is_held_and_one_more_is_made_in_six_tenths_of_the_time(effort: float, is_room: bool) -> None:
    """Of 150 seconds that a job has, 90: one that waits and another like it are 2 × effort seconds."""
    jobs = queue(5, speed=1.0)
    jobs.put(held("a", effort), 150)
    assert await has_room(jobs) is is_room


async def test_a_free_slot_is_filled_however_long_jobs_take() -> None:
    """A job that begins at once is not late."""
    jobs = queue(5, slots=2, speed=1.0)
    for name in "ab":
        assert await has_room(jobs)
        jobs.put(held(name, 1000), 150)
        running = await jobs.get()
        assert running is not None
        jobs.begun(running)
    assert not await has_room(jobs)


async def test_room_comes_as_time_goes_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs gets shorter, and nobody tells."""
    now = [0.0]
    monkeypatch.setattr(ahead_module, "steady_s", lambda: now[0])
    monkeypatch.setattr(ahead_module, "LOOK_AGAIN_S", 0.01)
    jobs = queue(1, speed=1.0)
    jobs.put(held("a", 80), 150)
    running = await jobs.get()
    assert running is not None
    jobs.begun(running)
    waiting = asyncio.ensure_future(jobs.until_room())
    await asyncio.sleep(0.05)
    assert not waiting.done(), "80 seconds left and 80 more are too many"
    now[0] = 71.0
    async with asyncio.timeout(LIMIT_S):
        await waiting


async def test_slots_share_what_waits() -> None:
    """Four slots make four times as much."""
    jobs = queue(9, slots=4, speed=1.0)
    for name in "abcd":
        jobs.begun(held(name, 60))
    jobs.put(held("e", 60), 200)
    assert not await has_room(jobs), "(240 + 60) / 4 + 60 is 135: more than 0.6 × 200"
    jobs.put(held("f", 60), 300)
    assert await has_room(jobs), "(240 + 120) / 4 + 60 is 150: less than 0.6 × 300"


async def test_jobs_come_out_in_their_order_and_then_the_end() -> None:
    """Who waits for a job gets it."""
    jobs = queue(3)
    first = asyncio.ensure_future(jobs.get())
    await asyncio.sleep(0)
    jobs.put(held("a"), 150)
    jobs.put(held("b"), 150)
    jobs.end()
    async with asyncio.timeout(LIMIT_S):
        got = [await first, await jobs.get(), await jobs.get()]
    assert [None if one is None else one.job.ids for one in got] == [("a",), ("b",), None]


def test_a_speed_follows_what_is_measured() -> None:
    """The last jobs count most; what makes no sense does not."""
    speeds = Speeds()
    assert speeds.expected_s("m", 10) is None
    speeds.learn("m", 100, 10)
    for strange in ((0, 1), (1, 0), (-1, 1)):
        speeds.learn("m", *strange)
    assert speeds.expected_s("m", 50) == 5.0
    for _ in range(30):
        speeds.learn("m", 100, 20)
    assert speeds.expected_s("m", 50) == pytest.approx(10.0, rel=0.01)


def test_speeds_of_no_more_models_are_kept_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was made longest ago is forgotten."""
    monkeypatch.setattr("horde_worker.loop.speeds.MOST_MODELS", 2)
    speeds = Speeds()
    for model in ("a", "b", "a", "c"):
        speeds.learn(model, 1, 1)
    assert [speeds.expected_s(model, 1) for model in "abc"] == [1.0, None, 1.0]
