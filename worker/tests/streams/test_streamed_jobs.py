"""Whole workers at a played horde: what they tell of a job while they make it, and what becomes of it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import aiohttp
import pytest
from PIL import Image
from played_horde import PlayedHorde
from workshop import Naps

from horde_worker.backends.events import BackendGone, Piece, Preview, Progress
from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageResult
from horde_worker.backends.text import TextAbilities, TextEvent, TextJob, TextResult
from horde_worker.hooks import AnyResult, Hook, Job
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.image.kind import ImageKind
from horde_worker.kinds.text.kind import TextKind
from horde_worker.settings import OperatorWishes
from horde_worker.steady_clock import Deadline
from horde_worker.stream_wish import StreamWish
from horde_worker.streams.job_stream import JobStream, OpenStreams
from horde_worker.streams.picture_outbox import PictureOutbox
from horde_worker.worker import Worker

LIMIT_S = 20.0
STREAM = {"wanted": True, "interval_ms": 50, "max_bytes": 16384, "previews": True, "preview_interval_ms": 50}
WORDS = (" upon", " a", " time", ".")


class Author:
    """Writes the words one by one, each when it may. Knows when it was stopped."""

    abilities = TextAbilities(
        models=("quill",), max_length=512, max_context_length=4096, max_batch=4, loaded=("quill",)
    )

    def __init__(self, words: Sequence[str] = WORDS) -> None:
        self.words = words
        self.may_write = asyncio.Semaphore(0)
        self.was_stopped = asyncio.Event()
        self.goes_away_after: int | None = None
        self.jobs: list[TextJob] = []

    def let_write(self, words: int = 100) -> None:
        for _ in range(words):
            self.may_write.release()

    async def make(self, job: TextJob) -> AsyncGenerator[TextEvent, None]:
        self.jobs.append(job)
        try:
            for place, seed in enumerate(job.seeds):
                for number, word in enumerate(self.words):
                    if number == self.goes_away_after:
                        raise BackendGone("the author has left")
                    await self.may_write.acquire()
                    yield Piece(place, word)
                    yield Progress(place, number + 1, len(self.words))
                yield TextResult("".join(self.words), seed, len(self.words), finish_reason="stop")
        except (asyncio.CancelledError, GeneratorExit):
            self.was_stopped.set()
            raise


class Sketcher:
    """Shows a picture half made, and waits."""

    abilities = ImageAbilities(
        models=("paint",), max_pixels=512 * 512, capabilities=frozenset({"r2"}), samplers=frozenset(), previews=True
    )

    def __init__(self) -> None:
        self.may_paint = asyncio.Event()

    async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        yield Progress(0, 3, 10)
        yield Preview(0, Image.new("RGB", (800, 400), "blue"))
        await self.may_paint.wait()
        yield ImageResult(Image.new("RGB", (job.width, job.height), "red"), job.seeds[0])


class Kept(Hook):
    """Looks at every result before it goes out."""

    async def on_result(self, job: Job, place: int, result: AnyResult) -> AnyResult:
        return result


def a_worker(horde: PlayedHorde, session: aiohttp.ClientSession, author: Author, **options: Any) -> Worker[Any, Any]:
    api = HordeApi(session, horde.url, "the key", Naps())
    return Worker(TextKind(api, "author", author, OperatorWishes("an author")), sleep=Naps(), jobs_wanted=1, **options)


def a_sketcher(horde: PlayedHorde, session: aiohttp.ClientSession, sketcher: Sketcher) -> ImageKind:
    return ImageKind(
        HordeApi(session, horde.url, "the key", Naps()), "sketcher", sketcher, OperatorWishes("a sketcher")
    )


async def test_a_text_is_told_while_it_is_written_and_is_the_beginning_of_the_result(
    horde: PlayedHorde, session: aiohttp.ClientSession
) -> None:
    author = Author()
    horde.text_pop_script = [horde.text_job("t1", stream=STREAM)]
    running = asyncio.create_task(a_worker(horde, session, author).run())
    author.let_write(2)
    await horde.until(lambda: horde.desk.texts.get("t1") == b" upon a")
    assert horde.text_submits == []
    author.let_write()
    await asyncio.wait_for(running, LIMIT_S)
    [submit] = horde.text_submits
    assert submit["generation"].encode().startswith(horde.desk.texts["t1"])
    assert (submit["finish_reason"], submit["tokens"]) == ("stop", 4)
    assert horde.desk.violations == []


async def test_a_horde_that_does_not_ask_is_told_nothing_before_the_result(
    horde: PlayedHorde, session: aiohttp.ClientSession
) -> None:
    """And gets the submit of old."""
    author = Author()
    author.let_write()
    horde.text_pop_script = [horde.text_job("t1")]
    await a_worker(horde, session, author).run()
    assert horde.desk.calls == {}
    [submit] = horde.text_submits
    assert submit.keys() == {"id", "generation", "state", "seed", "gen_metadata"}


async def test_what_it_can_is_said_at_the_pop(horde: PlayedHorde, session: aiohttp.ClientSession) -> None:
    """What it cannot is not mentioned."""
    author = Author()
    author.let_write()
    horde.text_pop_script = [horde.text_job("t1")]
    await a_worker(horde, session, author).run()
    pop = horde.text_pops[0]
    assert (pop["streams"], pop["loaded"]) == (True, ["quill"])
    assert pop.keys().isdisjoint({"chat", "tools", "vision", "grammar", "logprobs", "previews"})


async def test_nothing_goes_out_before_a_hook_has_seen_it(horde: PlayedHorde, session: aiohttp.ClientSession) -> None:
    """A worker whose hooks decide on results tells nothing before, and does not offer to."""
    author = Author()
    author.let_write()
    horde.text_pop_script = [horde.text_job("t1", stream=STREAM)]
    await a_worker(horde, session, author, hooks=(Kept(),)).run()
    assert "streams" not in horde.text_pops[0]
    assert horde.desk.calls == {}
    assert horde.text_submits[0]["state"] == "ok"


@pytest.mark.parametrize("words", [0, 2], ids=["while the prompt is read", "in the middle"])
async def test_a_text_that_nobody_waits_for_is_stopped_at_once(
    horde: PlayedHorde, session: aiohttp.ClientSession, words: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What there is of it is handed in as cancelled, and paid; it is no fault."""
    monkeypatch.setattr("horde_worker.streams.sender.HEARTBEAT_S", 0.05)
    author = Author()
    horde.desk.cancels = lambda _job: words == 0 or horde.desk.texts.get("t1") == b" upon a"
    horde.text_pop_script = [horde.text_job("t1", stream=STREAM)]
    worker = a_worker(horde, session, author)
    running = asyncio.create_task(worker.run())
    author.let_write(words)
    await asyncio.wait_for(running, LIMIT_S)
    assert author.was_stopped.is_set()
    [submit] = horde.text_submits
    assert (submit["state"], submit["generation"]) == ("cancelled", " upon a" if words else "")


async def test_a_text_of_which_some_was_told_is_not_begun_anew(
    horde: PlayedHorde, session: aiohttp.ClientSession
) -> None:
    """Another one would not go on where it ended: the horde has somebody else go on."""
    author = Author()
    author.goes_away_after = 2
    author.let_write(2)
    horde.text_pop_script = [horde.text_job("t1", stream=STREAM)]
    await asyncio.wait_for(a_worker(horde, session, author).run(), LIMIT_S)
    assert horde.desk.texts["t1"] == b" upon a"
    assert len(author.jobs) == 1
    assert horde.text_submits[0]["state"] == "faulted"


async def test_pieces_that_fail_cost_no_job(horde: PlayedHorde, session: aiohttp.ClientSession) -> None:
    horde.desk.script = [(500, {"message": "oh"}, {})] * 100
    author = Author()
    author.let_write()
    horde.text_pop_script = [horde.text_job("t1", stream=STREAM)]
    await asyncio.wait_for(a_worker(horde, session, author).run(), LIMIT_S)
    assert horde.text_submits[0]["state"] == "ok"


async def test_a_picture_is_shown_half_made(horde: PlayedHorde, session: aiohttp.ClientSession) -> None:
    """Its steps too; and what the horde wants is all it gets."""
    sketcher = Sketcher()
    horde.pop_script = [horde.job("p1", stream={**STREAM, "preview_side": 128, "preview_max_bytes": 4096})]
    kind = ImageKind(
        HordeApi(session, horde.url, "the key", Naps()), "sketcher", sketcher, OperatorWishes("a sketcher")
    )
    running = asyncio.create_task(Worker(kind, sleep=Naps(), jobs_wanted=1).run())
    await horde.until(lambda: horde.desk.previews.get("p1"))
    sketcher.may_paint.set()
    await asyncio.wait_for(running, LIMIT_S)
    assert (horde.pops[0]["streams"], horde.pops[0]["previews"]) == (True, True)
    assert horde.pops[0]["previews_checked"] is True  # it can paint nothing that is not safe
    assert any((call.get("step"), call.get("steps")) == (3, 10) for call in horde.desk.calls["p1"])
    [raw] = horde.desk.previews["p1"]
    assert Image.open(io.BytesIO(raw)).size == (128, 64)
    assert horde.submits[0]["state"] == "ok"
    assert horde.desk.violations == []


async def test_a_picture_that_nobody_waits_for_is_stopped(horde: PlayedHorde, session: aiohttp.ClientSession) -> None:
    """Without a picture, and without an upload."""
    horde.desk.cancels = lambda _job: True
    horde.pop_script = [horde.job("p1", stream={**STREAM, "previews": False})]
    kind = ImageKind(
        HordeApi(session, horde.url, "the key", Naps()), "sketcher", Sketcher(), OperatorWishes("a sketcher")
    )
    await asyncio.wait_for(Worker(kind, sleep=Naps(), jobs_wanted=1).run(), LIMIT_S)
    [submit] = horde.submits
    assert (submit["state"], submit["generation"]) == ("cancelled", "cancelled")
    assert horde.uploads == []
    assert "p1" not in horde.desk.previews


async def test_a_preview_goes_out_only_if_the_judge_lets_it_pass(
    horde: PlayedHorde, session: aiohttp.ClientSession
) -> None:
    """One that fails lets nothing pass. The steps are told all the same."""

    async def fails(_preview: Image.Image) -> bool:
        raise BackendGone("the judge is asleep")

    async def refuses(_preview: Image.Image) -> bool:
        return False

    wish = StreamWish(interval_s=0.05, previews=True, preview_interval_s=0.05)
    for number, judge in enumerate((fails, refuses)):
        api = HordeApi(session, horde.url, "the key", Naps())
        job_id, outboxes = f"p{number}", [PictureOutbox(wish, judge)]
        async with JobStream(api, [job_id], outboxes, wish, Deadline(150, 10), OpenStreams()) as stream:
            stream.tell(Preview(0, Image.new("RGB", (64, 64), "blue")))
            await horde.until(lambda: horde.desk.calls.get(job_id))  # noqa: B023 - awaited here
            stream.tell(Progress(0, 4, 10))
            await horde.until(lambda: any("step" in call for call in horde.desk.calls[job_id]))  # noqa: B023
    assert horde.desk.previews == {}
