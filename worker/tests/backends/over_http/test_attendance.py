"""A server is looked at, tried out before it is used and when it is back, and its owner reads why it cannot work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.over_http.attendance import Attendance, tells_if_lost
from horde_worker.backends.over_http.server import BackendGone


class Bench:
    """A server's state, and what was asked of it."""

    def __init__(self) -> None:
        self.models: tuple[str, ...] = ("paint",)
        self.failure: Exception | None = None
        self.test_failure: Exception | None = None
        self.looks = 0
        self.tests: list[tuple[str, ...]] = []

    async def look(self) -> tuple[str, ...]:
        self.looks += 1
        if self.failure:
            raise self.failure
        return self.models

    async def self_test(self, models: tuple[str, ...]) -> None:
        self.tests.append(models)
        if self.test_failure:
            raise self.test_failure

    def attendance(self) -> Attendance[tuple[str, ...]]:
        return Attendance("Paintbox", self.look, self.self_test, look_every_s=0.02, look_every_s_while_away=0.01)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.005)


async def test_it_is_tried_out_before_the_first_use() -> None:
    """And not again as long as nothing changes."""
    bench = Bench()
    attendance = bench.attendance()
    assert attendance.unready
    await attendance.start()
    assert (attendance.abilities, attendance.unready) == (("paint",), "")
    await until(lambda: bench.looks > 3)
    await attendance.aclose()
    assert bench.tests == [("paint",)]


@pytest.mark.parametrize("at", ["failure", "test_failure"])
async def test_a_server_that_cannot_work_does_not_start(at: str) -> None:
    """Its owner reads why."""
    bench = Bench()
    setattr(bench, at, BackendFailure("it has no models"))
    with pytest.raises(BackendFailure, match="it has no models"):
        await bench.attendance().start()


async def test_what_it_can_do_is_read_again() -> None:
    """A model that came is tried out, and offered then."""
    bench = Bench()
    attendance = bench.attendance()
    await attendance.start()
    bench.models = ("paint", "ink")
    await until(lambda: attendance.abilities == ("paint", "ink"))
    await attendance.aclose()
    assert bench.tests == [("paint",), ("paint", "ink")]


async def test_a_server_that_goes_and_comes_back_is_tried_out_again() -> None:
    """Meanwhile it is unready, with a reason."""
    bench = Bench()
    attendance = bench.attendance()
    await attendance.start()
    bench.failure = BackendGone("Paintbox is not running")
    await until(lambda: attendance.unready == "Paintbox is not running")
    assert attendance.abilities == ("paint",)
    bench.failure = None
    await until(lambda: not attendance.unready)
    await attendance.aclose()
    assert bench.tests == [("paint",), ("paint",)]


async def test_a_job_that_finds_it_gone_makes_it_unready_at_once() -> None:
    """It does not wait for the next look."""
    bench = Bench()
    attendance = Attendance("Paintbox", bench.look, bench.self_test, look_every_s=3600, look_every_s_while_away=0.01)
    await attendance.start()
    failure = tells_if_lost(attendance, BackendGone("cut"))
    assert (str(failure), attendance.unready) == ("cut", "cut")
    await until(lambda: not attendance.unready)
    await attendance.aclose()
    assert len(bench.tests) == 2


async def test_a_job_that_is_refused_says_nothing_of_the_server() -> None:
    """A prompt that it does not like is no reason to ask for no more."""
    bench = Bench()
    attendance = bench.attendance()
    await attendance.start()
    tells_if_lost(attendance, BackendFailure("too many steps"))
    assert not attendance.unready
    await attendance.aclose()


async def test_strange_answers_do_not_end_the_looking() -> None:
    """Of any kind."""
    bench = Bench()
    attendance = bench.attendance()
    await attendance.start()
    bench.failure = KeyError("models")
    await until(lambda: "strangely" in attendance.unready)
    bench.failure = None
    await until(lambda: not attendance.unready)
    await attendance.aclose()
