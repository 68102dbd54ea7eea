"""The built-in language model behind the worker's seam."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from horde_worker.backends.demo_text.model import DemoTextModel, GenerationStopped, Passage
from horde_worker.backends.demo_text.network import Network
from horde_worker.backends.demo_text_backend import (
    FASTEST_TOKENS_PER_S,
    MAPPING,
    SHORTEST_NAP_S,
    DemoTextBackend,
)
from horde_worker.backends.events import BackendFailure, Piece, Progress
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.mapping import Sent
from horde_worker.backends.text import TextEvent, TextJob, TextResult
from horde_worker.sampler_settings import TextSampling

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
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def __call__(self) -> float:
        return self.now


def loaded(clock: Clock | None = None) -> DemoTextBackend:
    """A backend with its weights, that does not really wait."""
    clock = clock or Clock()
    return DemoTextBackend(DemoTextModel.load(), sleep=clock.sleep, clock=clock)


async def events(job: TextJob, clock: Clock | None = None) -> list[TextEvent]:
    """All that it tells of a job."""
    return [event async for event in loaded(clock).make(job)]


async def results(job: TextJob, clock: Clock | None = None) -> list[TextResult]:
    """What it makes of a job."""
    return [event for event in await events(job, clock) if isinstance(event, TextResult)]


async def test_a_batch_has_one_text_for_each_seed() -> None:
    """In their order, and different from each other."""
    first, second = await results(JOB)
    assert (first.seed, second.seed) == (7, 8)
    assert first.text != second.text
    assert first.text and 0 < first.tokens <= 24


async def test_texts_are_not_made_faster_than_hordes_believe() -> None:
    """Above 150 tokens a second a worker is suspected; this model would be faster (moderation.md §3.3)."""
    clock, tokens = Clock(), 0
    async for event in loaded(clock).make(JOB):
        if isinstance(event, TextResult):
            tokens += event.tokens
            assert clock.now == pytest.approx(tokens / FASTEST_TOKENS_PER_S)
    assert tokens > 0


async def test_progress_is_told_after_every_token() -> None:
    """Text, tokens done, tokens at most."""
    told = await events(replace(JOB, may_end=False, max_length=3))
    assert [(one.place, one.step, one.steps) for one in told if isinstance(one, Progress)] == [
        (0, 1, 3), (0, 2, 3), (0, 3, 3), (1, 1, 3), (1, 2, 3), (1, 3, 3)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"prompt": "Once upon a time "},
        {"stop_sequences": (" the",)},
        {"stop_sequences": ("e", "nd")},
        {"max_length": 1},
        {"may_end": False, "max_length": 300},
    ],
    ids=["plain", "after a space", "stop", "stop within a word", "one token", "long"],
)
async def test_the_pieces_of_a_text_are_the_text(wish: dict[str, Any]) -> None:
    """Of each text of a batch, also of one that a stop sequence ends in the middle of a piece."""
    told = await events(replace(JOB, seeds=(1, 2), **wish))
    texts = [one.text for one in told if isinstance(one, TextResult)]
    assert [
        "".join(one.text for one in told if isinstance(one, Piece) and one.place == place) for place in (0, 1)
    ] == texts
    assert len(texts) == 2 and all(texts)
    assert all(one.text for one in told if isinstance(one, Piece))


async def test_pieces_come_while_the_text_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model may not go on before its first piece was heard: only a text that streams ever ends."""
    heard, tokens = threading.Event(), 0
    read = Network.read

    def waiting(self: Network, *arguments: Any) -> Any:
        nonlocal tokens
        tokens += 1
        if tokens == 6 and not heard.wait(20):
            raise AssertionError("nobody heard a piece before the sixth token")
        return read(self, *arguments)

    monkeypatch.setattr(Network, "read", waiting)
    pieces = 0
    async for event in loaded().make(replace(JOB, seeds=(7,), may_end=False)):
        if isinstance(event, Piece):
            heard.set()
            pieces += 1
    assert pieces == JOB.max_length


async def test_pieces_are_not_told_faster_than_hordes_believe() -> None:
    """A text grows evenly, but for what is not worth a nap."""
    clock, tokens = Clock(), 0
    async for event in loaded(clock).make(replace(JOB, seeds=(7,), may_end=False)):
        if isinstance(event, Progress):
            assert event.step / FASTEST_TOKENS_PER_S - clock.now <= SHORTEST_NAP_S + 1e-9
            tokens = event.step
    assert tokens == JOB.max_length


async def test_a_cancelled_text_stops_before_its_next_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor is free again soon."""
    has_begun = asyncio.Event()
    stopped_by: list[str] = []
    generate = DemoTextModel.generate

    def noted(self: DemoTextModel, passage: Passage, **watching: Any) -> Any:
        try:
            return generate(self, passage, **watching)
        except GenerationStopped as stop:
            stopped_by.append(str(stop))
            raise

    monkeypatch.setattr(DemoTextModel, "generate", noted)

    async def write() -> None:
        async for _event in loaded().make(replace(JOB, max_length=4096, may_end=False)):
            has_begun.set()

    writing = asyncio.create_task(write())
    await has_begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await asyncio.get_running_loop().shutdown_default_executor()  # the thread has ended
    [stop] = stopped_by
    assert "of 4096" in stop


async def test_it_has_no_options() -> None:
    """One that is given is mistyped, and named."""
    with pytest.raises(BackendFailure, match="has no option 'url'"):
        await DemoTextBackend.open(BackendSettings("demo-text", {"url": "http://localhost"}))


async def test_weights_that_cannot_be_read_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first pop."""

    def fail() -> DemoTextModel:
        raise KeyError("tokens")

    monkeypatch.setattr(DemoTextModel, "load", fail)
    with pytest.raises(BackendFailure, match="the weights of ember-demo-text cannot be read"):
        await DemoTextBackend.open(BackendSettings("demo-text"))


def test_it_takes_what_requests_ask_for_by_default() -> None:
    """80 tokens in a context of 2048 (requests.md §8.3)."""
    able = DemoTextBackend.abilities
    assert able.max_length >= 80 and able.max_context_length >= 2048


OTHER_SAMPLING: dict[str, Any] = {
    "temperature": 0.5, "top_k": 40, "top_a": 0.2, "top_p": 0.9, "min_p": 0.1, "tfs": 0.9, "typical": 0.8,
    "rep_pen": 1.2, "rep_pen_range": 64, "rep_pen_slope": 0.5, "sampler_order": (5, 0, 1, 2, 3, 4, 6),
    "smoothing_factor": 0.3, "dynatemp_range": 0.4, "dynatemp_exponent": 2.0,
}  # fmt: skip
OTHERS: dict[str, dict[str, Any]] = {
    "prompt": {"prompt": "In a cold town"},
    "max_length": {"max_length": 23},
    "max_context_length": {"max_context_length": 1024},
    "seed": {"seeds": (9, 8)},
    "stop_sequence": {"stop_sequences": ("the",)},
    "use_default_badwordsids": {"may_end": False},
    **{name: {"sampling": replace(TextSampling(), **{name: value})} for name, value in OTHER_SAMPLING.items()},
}
"""For each parameter that the table says is sent: what differs in a job with another value."""


def differences(before: Any, after: Any, name: str = "Passage") -> list[str]:
    """The fields in which two differ, those inside of the sampling by name."""
    if not is_dataclass(before):
        return [] if before == after else [name]
    return [
        one
        for field in fields(before)
        for one in differences(getattr(before, field.name), getattr(after, field.name), f"{name}.{field.name}")
    ]


async def passage_of(job: TextJob, monkeypatch: pytest.MonkeyPatch) -> Passage:
    """The first that the model is really asked for."""
    asked: list[Passage] = []
    generate = DemoTextModel.generate

    def noted(self: DemoTextModel, passage: Passage, **watching: Any) -> Any:
        asked.append(passage)
        return generate(self, replace(passage, max_length=1), **watching)

    monkeypatch.setattr(DemoTextModel, "generate", noted)
    await events(job)
    return asked[0]


def test_every_sent_parameter_is_tried() -> None:
    """And nothing else."""
    assert {name for name, mapped in MAPPING.items() if isinstance(mapped, Sent)} == set(OTHERS)


@pytest.mark.parametrize("name", OTHERS)
async def test_a_sent_parameter_arrives_where_the_table_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that differs in it alone is a passage that differs there alone."""
    mapped = MAPPING[name]
    assert isinstance(mapped, Sent)
    before = await passage_of(JOB, monkeypatch)
    after = await passage_of(replace(JOB, **OTHERS[name]), monkeypatch)
    assert differences(before, after) == [mapped.where]
