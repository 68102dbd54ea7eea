"""The built-in language model behind the worker's seam."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from horde_worker.backends.demo_text_backend import FASTEST_TOKENS_PER_S, DemoTextBackend
from horde_worker.backends.interface import BackendFailure, TextJob

JOB = TextJob(
    ids=("a", "b"),
    model="ember-demo-text",
    prompt="Once upon a time",
    max_length=24,
    max_context_length=2048,
    seeds=(7, 8),
    ttl_s=150.0,
)


class Clock:
    """Time that stands still but for naps."""

    def __init__(self) -> None:
        self.naps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)

    def __call__(self) -> float:
        return 0.0


async def loaded(clock: Clock | None = None) -> DemoTextBackend:
    """A backend with its weights, that does not really wait."""
    clock = clock or Clock()
    backend = DemoTextBackend(sleep=clock.sleep, clock=clock)
    await backend.start()
    return backend


def ignore(_text: int, _done: int, _most: int) -> None:
    """Nobody watches."""


async def test_a_batch_has_one_text_for_each_seed() -> None:
    """In their order, and different from each other."""
    first, second = await (await loaded()).generate(JOB, ignore)
    assert (first.seed, second.seed) == (7, 8)
    assert first.text != second.text
    assert first.text and 0 < first.tokens <= 24


async def test_texts_are_not_made_faster_than_hordes_believe() -> None:
    """Above 150 tokens a second a worker is suspected; this model would be faster (worker.md §1.1.7)."""
    clock = Clock()
    results = await (await loaded(clock)).generate(JOB, ignore)
    assert clock.naps == [pytest.approx(sum(one.tokens for one in results) / FASTEST_TOKENS_PER_S)]


async def test_progress_is_told_after_every_token() -> None:
    """Text, tokens done, tokens at most."""
    told: list[tuple[int, int, int]] = []
    await (await loaded()).generate(replace(JOB, may_end=False, max_length=3), lambda *one: told.append(one))
    assert told == [(0, 1, 3), (0, 2, 3), (0, 3, 3), (1, 1, 3), (1, 2, 3), (1, 3, 3)]


async def test_a_cancelled_text_stops_before_its_next_token() -> None:
    """The processor is free again soon."""
    loop, has_begun = asyncio.get_running_loop(), asyncio.Event()
    made: list[int] = []

    def note(_text: int, done: int, _most: int) -> None:
        made.append(done)
        loop.call_soon_threadsafe(has_begun.set)

    backend = await loaded()
    writing = asyncio.create_task(backend.generate(replace(JOB, max_length=4096, may_end=False), note))
    await has_begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await loop.shutdown_default_executor()
    assert len(made) < 4096


async def test_nothing_is_written_before_the_start() -> None:
    """A forgotten start is told as what it is."""
    with pytest.raises(BackendFailure, match="not loaded"):
        await DemoTextBackend().generate(JOB, ignore)


def test_it_takes_what_requests_ask_for_by_default() -> None:
    """80 tokens in a context of 2048 (generation.md §4.2)."""
    able = DemoTextBackend.abilities
    assert able.max_length >= 80 and able.max_context_length >= 2048
