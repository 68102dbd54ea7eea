"""What each signal does to the workers of a process."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from horde_worker.stop import Stop
from horde_worker.worker import Worker


class Told:
    """A worker that writes down what it is told."""

    def __init__(self, jobs_in_hand: int) -> None:
        self.jobs_in_hand = jobs_in_hand
        self.told: list[str] = []

    def drain(self) -> None:
        self.told.append("drain")

    def finish_running(self) -> None:
        self.told.append("finish running")

    def leave(self) -> None:
        self.told.append("leave")


def stop_of(*workers: Told, limit_s: float = 300.0) -> Stop:
    stop = Stop(limit_s)
    stop.workers = [cast(Worker[Any, Any], one) for one in workers]
    return stop


async def test_each_signal_is_more_urgent() -> None:
    """And says what it does."""
    worker = Told(2)
    stop = stop_of(worker)
    with capture_logs() as logs:
        for _ in range(4):
            stop.ask()
    stop.forget()
    assert worker.told == ["drain", "finish running", "leave", "leave"]
    assert [one["event"] for one in logs] == [
        "worker.leaving", "worker.leaving_soon", "worker.leaving_at_once", "worker.leaving_at_once"
    ]  # fmt: skip
    assert "finishing 2 jobs" in logs[0]["message"]


@pytest.mark.parametrize(("jobs", "was_cut_short"), [(1, True), (0, False)])
async def test_jobs_that_were_given_back_are_told_by_the_exit_code(jobs: int, was_cut_short: bool) -> None:
    """Not that somebody was impatient with a worker that had nothing."""
    stop = stop_of(Told(jobs))
    for _ in range(3):
        stop.ask()
    stop.forget()
    assert stop.was_cut_short is was_cut_short


async def test_nobody_waits_for_ever() -> None:
    """After the limit what is held is given back, without another signal."""
    worker = Told(1)
    stop = stop_of(worker, limit_s=0.01)
    stop.ask()
    async with asyncio.timeout(5):
        while worker.told != ["drain", "leave"]:
            await asyncio.sleep(0.01)
    assert stop.was_cut_short


async def test_a_process_that_has_ended_in_order_is_not_cut_short() -> None:
    """The limit is forgotten."""
    worker = Told(1)
    stop = stop_of(worker, limit_s=0.01)
    stop.ask()
    stop.forget()
    await asyncio.sleep(0.05)
    assert (worker.told, stop.was_cut_short) == (["drain"], False)


async def test_what_takes_long_ends_with_the_first_signal() -> None:
    """Such as the loading of models; what is done by then is kept."""
    stop = stop_of()
    assert await stop.unless_asked(asyncio.sleep(0, "loaded")) == "loaded"
    waiting = asyncio.create_task(stop.unless_asked(asyncio.sleep(3600, "never")))
    await asyncio.sleep(0)
    stop.ask()
    async with asyncio.timeout(5):
        assert await waiting is None
    stop.forget()
