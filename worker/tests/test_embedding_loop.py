"""Texts become vectors through the same loop as pictures, whichever backend makes them."""

from __future__ import annotations

import asyncio
import base64
import math
import random
from array import array
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest
from played_horde import Answer, PlayedHorde
from workshop import Naps

from horde_worker.backends.demo_embedding_backend import DIMENSIONS, MODEL_NAME, DemoEmbeddingBackend, vector_of
from horde_worker.backends.embedding import (
    EmbeddingAbilities,
    EmbeddingEvent,
    EmbeddingJob,
    EmbeddingMaker,
    EmbeddingResult,
)
from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.embedding.kind import EmbeddingKind
from horde_worker.kinds.embedding.popped import MOST_CHARACTERS, MOST_DIMENSIONS, MOST_TEXTS, read_embedding_pop
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.pool.embedding_pool import EmbeddingPool
from horde_worker.pool.members import Member, Members
from horde_worker.settings import OperatorWishes
from horde_worker.worker import Worker

LIMIT_S = 20.0


def a_job(model: str = MODEL_NAME, texts: tuple[str, ...] = ("a cat", "a dog"), **payload: Any) -> Answer:
    answer = {"id": "e1", "model": model, "ttl": 60, "payload": {"input": list(texts), **payload}, "skipped": {}}
    return Answer(body=answer)


class Told:
    """Makes the vectors that it is told."""

    abilities = EmbeddingAbilities(("told",), 512)

    def __init__(self, *rows: list[float]) -> None:
        self.rows = rows

    async def make(self, job: EmbeddingJob) -> AsyncGenerator[EmbeddingEvent, None]:
        yield EmbeddingResult(tuple(array("f", row) for row in self.rows), 4)


async def worked(horde: PlayedHorde, session: aiohttp.ClientSession, maker: EmbeddingMaker) -> dict[str, Any]:
    """What a worker hands in of its one job."""
    api = HordeApi(session, horde.url, "the key", Naps())
    worker = Worker(EmbeddingKind(api, "counter", maker, OperatorWishes("a counter")), sleep=Naps(), jobs_wanted=1)
    running = asyncio.create_task(worker.run())
    await horde.until(lambda: horde.embedding_submits)
    worker.drain()
    assert await asyncio.wait_for(running, LIMIT_S) == ExitCode.OK
    [submit] = horde.embedding_submits
    return submit


def numbers(vector: str) -> list[float]:
    found = array("f", base64.b64decode(vector))
    return list(found)


async def test_texts_become_vectors(horde: PlayedHorde, session: aiohttp.ClientSession) -> None:
    """As base64 of 32-bit floats, one for each text in their order."""
    horde.embedding_pop_script = [a_job()]
    submit = await worked(horde, session, DemoEmbeddingBackend())
    assert (submit["id"], submit["state"]) == ("e1", "ok")
    assert [numbers(one) for one in submit["vectors"]] == [list(vector_of("a cat")), list(vector_of("a dog"))]
    assert submit["tokens"] > 0
    pop = horde.embedding_pops[0]
    assert (pop["models"], pop["loaded"], pop["max_context_length"]) == ([MODEL_NAME], [MODEL_NAME], 8192)


async def test_vectors_are_as_long_as_was_asked_for(horde: PlayedHorde, session: aiohttp.ClientSession) -> None:
    """The first numbers, of length one again."""
    horde.embedding_pop_script = [a_job("told", dimensions=2)]
    submit = await worked(horde, session, Told([3.0, 4.0, 12.0], [0.0, 2.0, 0.0]))
    assert [numbers(one) for one in submit["vectors"]] == [pytest.approx([0.6, 0.8]), [0.0, 1.0]]


@pytest.mark.parametrize(
    ("rows", "payload"),
    [
        ([[1.0, 2.0]], {}),
        ([[1.0, 2.0], [1.0]], {}),
        ([[1.0, math.nan], [1.0, 2.0]], {}),
        ([[1.0, math.inf], [1.0, 2.0]], {}),
        ([[], []], {}),
        ([[1.0, 2.0], [1.0, 2.0]], {"dimensions": 3}),
    ],
    ids=["too few", "of two lengths", "none", "endless", "empty", "shorter than asked for"],
)
async def test_what_is_no_answer_is_given_back(
    horde: PlayedHorde, session: aiohttp.ClientSession, rows: list[list[float]], payload: dict[str, Any]
) -> None:
    horde.embedding_pop_script = [a_job("told", **payload)]
    submit = await worked(horde, session, Told(*rows))
    assert submit["state"] == "faulted"


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"input": "a cat"},
        {"input": [1]},
        {"input": ["x"] * (MOST_TEXTS + 1)},
        {"input": ["x" * (MOST_CHARACTERS + 1)]},
        {"input": ["x"], "dimensions": 0},
        {"input": ["x"], "dimensions": MOST_DIMENSIONS + 1},
        {"input": ["x"], "dimensions": "many"},
    ],
    ids=range(9),
)
def test_a_hand_out_out_of_bounds_is_given_back(payload: Any) -> None:
    with pytest.raises(UnusableJob) as refused:
        read_embedding_pop({"id": "e1", "model": "told", "payload": payload})
    assert refused.value.ids == ("e1",)


def test_no_job_is_none() -> None:
    assert read_embedding_pop({"id": None, "payload": {}}) is None


async def test_a_job_for_another_model_is_given_back(horde: PlayedHorde, session: aiohttp.ClientSession) -> None:
    """Its vectors would be of no use."""
    horde.embedding_pop_script = [a_job("another")]
    assert (await worked(horde, session, Told([1.0], [1.0])))["state"] == "faulted"


async def test_several_makers_are_one_worker_and_each_job_goes_to_who_has_its_model() -> None:
    pool = EmbeddingPool(Members([Member("a", Told([1.0])), Member("b", DemoEmbeddingBackend())]))
    assert (pool.abilities.models, pool.abilities.max_tokens) == (("told", MODEL_NAME), 512)
    job = EmbeddingJob(("e1",), MODEL_NAME, ("a cat",), 60.0)
    results = [event async for event in pool.make(job) if isinstance(event, EmbeddingResult)]
    assert len(results[0].vectors[0]) == DIMENSIONS


def likeness(one: str, other: str) -> float:
    return math.fsum(a * b for a, b in zip(vector_of(one), vector_of(other), strict=True))


def test_the_demo_finds_texts_alike_that_share_words() -> None:
    """More than those with akin words, and these more than those with none in common."""
    text = "the red cat sleeps on the warm roof"
    alike = [likeness(text, other) for other in ("a red cat sleeps", "cats sleeping, roofs warmed", "tax law 1987")]
    assert alike == sorted(alike, reverse=True)
    assert alike[1] > 0.15 > alike[2]
    assert likeness(text, text) == pytest.approx(1)


def test_the_demo_makes_a_vector_of_whatever_there_is() -> None:
    """Of length one, the same each time."""
    dice = random.Random(3)
    for _ in range(300):
        text = "".join(chr(dice.choice((10, 32, 65, 0x300, 0x4E00, 0x1F408))) for _ in range(dice.randint(0, 20)))
        vector = vector_of(text)
        assert math.fsum(number * number for number in vector) == pytest.approx(1, abs=1e-5)
        assert vector == vector_of(text)
