"""Text jobs through the same loop as pictures: other routes, other results, the same order of things."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

import aiohttp
import pytest
from played_horde import Answer, PlayedHorde
from workshop import Naps

from horde_worker.backends.demo_text_backend import DemoTextBackend
from horde_worker.backends.events import BackendFailure, Piece
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.text import TextAbilities, TextEvent, TextJob, TextMaker, TextResult
from horde_worker.exit_codes import ExitCode
from horde_worker.hooks import Hook, Job
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.text.kind import TextKind
from horde_worker.loop.breaker import FAILURE_PAUSE_S
from horde_worker.settings import OperatorWishes
from horde_worker.worker import Worker


class Scribe:
    """A maker that writes what it is told. `may_write` holds it; `surprises` are done instead, one a job."""

    abilities = TextAbilities(models=("quill",), max_length=512, max_context_length=4096, max_batch=4)

    def __init__(self, text: str = " upon a time.") -> None:
        self.text = text
        self.jobs: list[TextJob] = []
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.surprises: list[Callable[[TextJob], Sequence[TextResult]]] = []

    async def make(self, job: TextJob) -> AsyncGenerator[TextEvent, None]:
        self.jobs.append(job)
        await self.may_write.wait()
        results = [TextResult(self.text, seed, 5) for seed in job.seeds]
        for place, result in enumerate(self.surprises.pop(0)(job) if self.surprises else results):
            yield Piece(place, result.text)
            yield result


Start = Callable[..., Worker[Any, Any]]


@pytest.fixture
def start(horde: PlayedHorde, session: aiohttp.ClientSession, naps: Naps) -> Start:
    """Makes a text worker; its `run` is the test's."""

    def make(maker: TextMaker, *, models: tuple[str, ...] = ("quill",), **options: Any) -> Worker[Any, Any]:
        api = HordeApi(session, horde.url, "the key", naps)
        return Worker(TextKind(api, "scribe", maker, OperatorWishes("a scribe", models)), sleep=naps, **options)

    return make


async def test_a_text_is_written_and_submitted(horde: PlayedHorde, start: Start) -> None:
    """With the keys of workers.md §8.12, the seed really used, and no metadata: a text takes none of ours."""
    scribe = Scribe()
    horde.text_pop_script = [horde.text_job("t1")]
    worker = start(scribe, jobs_wanted=1)
    assert await worker.run() == ExitCode.OK
    assert horde.text_submits == [
        {"id": "t1", "generation": " upon a time.", "state": "ok", "seed": scribe.jobs[0].seeds[0], "gen_metadata": []}
    ]
    assert (worker.jobs_done, worker.kudos_earned) == (1, 2.5)
    assert (horde.pops, horde.submits) == ([], [])


async def test_a_text_pop_offers_models_and_lengths(horde: PlayedHorde, start: Start) -> None:
    """As the backend declares them."""
    horde.text_pop_script = [horde.text_job("t1")]
    await start(Scribe(), jobs_wanted=1).run()
    [pop] = horde.text_pops
    assert (pop["name"], pop["models"], pop["max_length"], pop["max_context_length"]) == (
        "a scribe", ["quill"], 512, 4096,
    )  # fmt: skip


async def test_every_text_of_a_batch_is_submitted(horde: PlayedHorde, start: Start) -> None:
    """Each under its id with its own seed."""
    horde.text_pop_script = [horde.text_job("t1", "t2", "t3")]
    await start(Scribe(), jobs_wanted=1).run()
    assert [one["id"] for one in horde.text_submits] == ["t1", "t2", "t3"]
    assert len({one["seed"] for one in horde.text_submits}) == 3


async def test_formats_are_done_by_the_worker(horde: PlayedHorde, start: Start) -> None:
    """For every backend, before and after it writes (requests.md §8.4)."""
    scribe = Scribe(" upon a time. And th\nen")
    horde.text_pop_script = [
        horde.text_job(
            "t1", payload={"frmtadsnsp": True, "singleline": True, "frmttriminc": True, "stop_sequence": ["x"]}
        )
    ]
    await start(scribe, jobs_wanted=1).run()
    assert (scribe.jobs[0].prompt, scribe.jobs[0].stop_sequences) == ("Once ", ("\n", "x"))
    assert horde.text_submits[0]["generation"] == " upon a time."


def failing(_job: TextJob) -> Sequence[TextResult]:
    raise BackendFailure("out of ink")


@pytest.mark.parametrize("surprise", [failing, lambda _job: []], ids=["failure", "no text"])
async def test_a_text_that_fails_is_given_back_at_once(
    horde: PlayedHorde, start: Start, surprise: Callable[[TextJob], Sequence[TextResult]]
) -> None:
    """And the next is written."""
    scribe = Scribe()
    scribe.surprises = [surprise]
    horde.text_pop_script = [horde.text_job("t1"), horde.text_job("t2")]
    await start(scribe, jobs_wanted=2).run()
    assert horde.text_submits[0] == {
        "id": "t1", "generation": "faulted", "state": "faulted", "seed": -1, "gen_metadata": []
    }  # fmt: skip
    assert (horde.text_submits[1]["id"], horde.text_submits[1]["state"]) == ("t2", "ok")


@pytest.mark.parametrize(
    "answer",
    [{"model": "unheard of"}, {"payload": {"max_length": 4000, "max_context_length": 4096}}],
)
async def test_a_text_job_that_was_not_offered_is_given_back(
    horde: PlayedHorde, start: Start, answer: dict[str, Any]
) -> None:
    """Without a try."""
    scribe = Scribe()
    horde.text_pop_script = [horde.text_job("t1", **answer), horde.text_job("t2")]
    await start(scribe, jobs_wanted=1).run()
    assert [one["state"] for one in horde.text_submits] == ["faulted", "ok"]
    assert [job.ids for job in scribe.jobs] == [("t2",)]


async def test_three_texts_that_fail_in_a_row_pause_the_worker(horde: PlayedHorde, start: Start, naps: Naps) -> None:
    """The same rule as for pictures."""
    scribe = Scribe()
    scribe.surprises = [failing] * 3
    horde.text_pop_script = [horde.text_job(f"t{number}") for number in range(5)]
    await start(scribe, jobs_wanted=5).run()
    assert naps.taken.count(FAILURE_PAUSE_S) == 1


async def test_the_next_text_is_fetched_while_one_is_written(horde: PlayedHorde, start: Start) -> None:
    """And when the worker leaves, both are given back."""
    scribe = Scribe()
    scribe.may_write.clear()
    horde.text_pop_script = [horde.text_job("t1"), horde.text_job("t2"), horde.text_job("t3")]
    worker = start(scribe)
    running = asyncio.create_task(worker.run())
    await horde.until(lambda: len(horde.text_pops) == 2)
    worker.leave()
    assert await running == ExitCode.OK
    assert {one["id"]: one["state"] for one in horde.text_submits}["t1"] == "faulted"


async def test_a_name_of_another_kind_ends_a_text_worker(
    horde: PlayedHorde, start: Start, answer: type[Answer]
) -> None:
    """A name belongs to one kind of worker for ever."""
    horde.text_pop_script = [answer(400, {"message": "taken by a dreamer", "rc": "PolymorphicNameConflict"})]
    assert await start(Scribe()).run() == ExitCode.CREDENTIALS


async def test_the_built_in_model_continues_a_prompt(horde: PlayedHorde, start: Start) -> None:
    """From pop to submit, with the real weights."""
    horde.text_pop_script = [
        horde.text_job(
            "t1", model="ember-demo-text", payload={"prompt": "Once upon a time", "max_length": 40, "frmttriminc": True}
        )
    ]
    demo = await DemoTextBackend.open(BackendSettings("demo-text"))
    await start(demo, models=("ember-demo-text",), jobs_wanted=1).run()
    text = horde.text_submits[0]["generation"]
    assert len(text.split()) > 8
    assert text[-1] in '.!?"'


async def test_the_pieces_of_the_built_in_model_are_what_is_submitted(horde: PlayedHorde, start: Start) -> None:
    """As a stream shows them; a job without wishes for its format has no other text in the end."""
    pieces: dict[int, str] = {}

    class Stream(Hook):
        async def on_piece(self, job: Job, piece: Piece) -> None:
            pieces[piece.place] = pieces.get(piece.place, "") + piece.text

    horde.text_pop_script = [
        horde.text_job("t1", "t2", model="ember-demo-text", payload={"prompt": "Once upon a time", "max_length": 30})
    ]
    demo = await DemoTextBackend.open(BackendSettings("demo-text"))
    await start(demo, models=("ember-demo-text",), jobs_wanted=1, hooks=[Stream()]).run()
    assert [pieces[0], pieces[1]] == [one["generation"] for one in horde.text_submits]
    assert all(len(text.split()) > 5 for text in pieces.values())
