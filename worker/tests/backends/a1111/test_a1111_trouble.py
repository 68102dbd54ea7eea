"""Servers that fail, lie, go away or are in use by their owner: each ends in a reason, and never stops others' work."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest
from a1111_contract import A1111, A1111_1_6, FORGE, SDNEXT, Contract
from aiohttp import web
from PIL import Image
from plain_jobs import an_image_job
from played_a1111 import encoded

from horde_worker.backends.a1111 import answer as answers
from horde_worker.backends.a1111_backend import A1111Backend
from horde_worker.backends.events import BackendFailure, OutOfMemory, Preview, Progress
from horde_worker.backends.image import ImageEvent, ImageJob
from horde_worker.backends.over_http.server import BackendGone

LIMIT_S = 20
TXT2IMG = "/sdapi/v1/txt2img"


async def make(backend: A1111Backend, job: ImageJob | None = None) -> list[ImageEvent]:
    assert backend.makers.image is not None
    return [event async for event in backend.makers.image.make(job or an_image_job())]


def answering(body: Any, status: int = 200) -> Any:
    """A surprise for the job itself."""

    def surprise(path: str, given: Any) -> web.StreamResponse | None:
        if path != TXT2IMG:
            return None
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return web.Response(body=raw, status=status, content_type="application/json")

    return surprise


PICTURE = encoded(Image.new("RGB", (512, 512)))


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        [],
        {},
        {"images": None},
        {"images": []},
        {"images": [7]},
        {"images": ["no base64 at all!"]},
        {"images": ["bm8gcGljdHVyZQ=="]},
        {"images": [PICTURE[: len(PICTURE) // 2]]},
        {"images": [PICTURE] * 500},
        {"images": [PICTURE], "info": json.dumps({"index_of_first_image": 3})},
        {"images": [PICTURE], "info": json.dumps({"sd_model_name": "anotherModel"})},
    ],
)
async def test_an_answer_that_is_none_is_a_failure(play: Any, opened: Any, body: Any) -> None:
    """Whatever it looks like."""
    server = await play(A1111)
    backend = await opened(server)
    server.surprise = answering(body)
    with pytest.raises(BackendFailure):
        await make(backend)


@pytest.mark.parametrize(
    "info", ["", "no json", "[]", None, json.dumps({"all_seeds": ["x"], "index_of_first_image": "1"})]
)
async def test_a_picture_without_what_is_to_be_known_of_it_is_one(play: Any, opened: Any, info: Any) -> None:
    """Its seed is then the one that was asked for."""
    server = await play(A1111)
    backend = await opened(server)
    server.surprise = answering({"images": [PICTURE], "info": info})
    (result,) = [event for event in await make(backend) if not isinstance(event, Progress | Preview)]
    assert result.seed == 7


async def test_too_few_pictures_are_a_failure(play: Any, opened: Any) -> None:
    """Each id of the job has one."""
    server = await play(A1111)
    backend = await opened(server)
    server.surprise = answering({"images": [PICTURE]})
    with pytest.raises(BackendFailure, match="1 pictures of 2"):
        await make(backend, an_image_job(ids=("a", "b"), seeds=(7, 8)))


async def test_an_answer_beyond_all_measure_is_not_read(play: Any, opened: Any) -> None:
    """As many bytes as such a picture can have, and no more."""
    server = await play(A1111)
    backend = await opened(server)
    server.surprise = answering({"images": ["A" * 12_000_000]})
    with pytest.raises(BackendFailure, match="more than"):
        await make(backend)


async def test_a_picture_beyond_all_measure_is_not_unpacked(
    play: Any, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of some kilobytes can be many gigabytes of pixels."""
    monkeypatch.setattr(answers, "MAX_PIXELS", 512 * 511)
    server = await play(A1111)
    backend = await opened(server)
    server.surprise = answering({"images": [PICTURE]})
    with pytest.raises(BackendFailure, match="512×512 pixels"):
        await make(backend)


async def test_a_server_out_of_memory_says_so(play: Any, opened: Any) -> None:
    """And goes on to the next job."""
    server = await play(A1111)
    backend = await opened(server)
    server.surprise = answering({"error": "OutOfMemoryError", "errors": "CUDA out of memory"}, 500)
    with pytest.raises(OutOfMemory, match="500: OutOfMemoryError"):
        await make(backend)
    await backend._maker.unload()
    assert server.sent("/sdapi/v1/unload-checkpoint") == [{}]
    server.surprise = lambda path, body: None
    assert backend._maker.unready == ""
    await make(backend)


async def test_another_model_than_asked_for_is_a_failure(play: Any, opened: Any) -> None:
    """The programs take a model that is gone for a wish that they may leave."""
    server = await play(A1111)
    backend = await opened(server, models={"one": "deliberate_v2", "two": "sdxl_juggernautXL_v9"})
    server.ignores_model = True
    with pytest.raises(BackendFailure, match="painted with deliberate_v2 instead of sdxl_juggernautXL_v9"):
        await make(backend, an_image_job(model="two"))


async def test_a_lost_model_is_no_longer_offered(play: Any, opened: Any) -> None:
    """And a job that has it already is refused."""
    server = await play(A1111)
    backend = await opened(server, models={"one": "deliberate_v2", "two": "sdxl_juggernautXL_v9"})
    del server.titles[1]
    await backend._attendance._look_once()
    assert backend._maker.abilities.models == ("one",)
    with pytest.raises(BackendFailure, match="lost the model two"):
        await make(backend, an_image_job(model="two"))


async def test_a_server_that_goes_away_is_not_ready_until_it_is_back(play: Any, opened: Any) -> None:
    """In the middle of a job."""
    server = await play(A1111)
    backend = await opened(server)
    server.may_paint.clear()
    making = asyncio.ensure_future(make(backend))
    async with asyncio.timeout(LIMIT_S):
        await server.began.wait()
        await server.stop()
        with pytest.raises(BackendGone):
            await making
    assert backend._maker.unready


async def test_a_job_takes_no_longer_than_it_may(play: Any, opened: Any) -> None:
    """And what is still painted is stopped."""
    server = await play(A1111)
    backend = await opened(server)
    server.may_paint.clear()
    with pytest.raises(BackendFailure, match="took longer"):
        await make(backend, an_image_job(ttl_s=0.5))
    async with asyncio.timeout(LIMIT_S):
        await server.is_interrupted.wait()


@pytest.mark.parametrize("contract", [A1111, FORGE, SDNEXT, A1111_1_6], ids=lambda one: one.name)
async def test_steps_and_previews_are_told(play: Any, opened: Any, contract: Contract) -> None:
    """While it paints."""
    server = await play(contract)
    backend = await opened(server)
    server.may_paint.clear()
    seen: list[ImageEvent] = []
    async with asyncio.timeout(LIMIT_S):
        async for event in backend._maker.make(an_image_job(steps=20)):
            seen.append(event)
            if isinstance(event, Preview):
                server.may_paint.set()
    assert Progress(0, 10, 20) in seen
    assert any(isinstance(event, Preview) and event.image.size == (64, 64) for event in seen)
    assert not isinstance(seen[-1], Progress | Preview)


async def test_of_two_passes_the_whole_way_is_told(play: Any, opened: Any) -> None:
    """Steps begin anew with the second, and what is told never goes back."""
    server = await play(A1111)
    backend = await opened(server)
    server.may_paint.clear()
    server.passes = 2
    async with asyncio.timeout(LIMIT_S), aclosing(backend._maker.make(an_image_job(steps=20))) as events:
        assert await anext(events) == Progress(0, 25, 100)


@pytest.mark.parametrize("contract", [A1111, FORGE, SDNEXT, A1111_1_6], ids=lambda one: one.name)
async def test_a_cancelled_job_is_stopped_at_the_server(play: Any, opened: Any, contract: Contract) -> None:
    """So that the next one need not wait for it."""
    server = await play(contract)
    backend = await opened(server)
    server.may_paint.clear()
    async with asyncio.timeout(LIMIT_S):
        async with aclosing(backend._maker.make(an_image_job())) as events:
            assert isinstance(await anext(events), Progress | Preview)
        await server.is_interrupted.wait()
    assert len(server.interrupted) == 1


async def test_the_owners_own_picture_is_never_stopped(play: Any, opened: Any) -> None:
    """A job that waits behind it is stopped when its turn comes."""
    server = await play(A1111)
    backend = await opened(server)
    owner_is_done = asyncio.Event()
    owner = asyncio.ensure_future(server.use_it_oneself(owner_is_done))
    async with asyncio.timeout(LIMIT_S):
        await until(lambda: server.is_painting)
        server.may_paint.clear()
        making = asyncio.ensure_future(make(backend))
        await until(lambda: bool(server.queued))
        making.cancel()
        await asyncio.wait((making,))
        await until(lambda: len(server.sent("/internal/progress")) > 3)
        assert server.interrupted == []
        owner_is_done.set()
        await owner
        await until(lambda: bool(server.interrupted))
    assert server.interrupted[0].startswith("horde-")


async def test_a_job_that_waits_for_its_turn_gives_a_sign(play: Any, opened: Any) -> None:
    """It is not stuck, and what watches for that must know."""
    server = await play(A1111)
    backend = await opened(server)
    owner_is_done = asyncio.Event()
    owner = asyncio.ensure_future(server.use_it_oneself(owner_is_done))
    async with asyncio.timeout(LIMIT_S):
        await until(lambda: server.is_painting)
        seen = []
        async for event in backend._maker.make(an_image_job()):
            seen.append(event)
            if len(seen) == 3:
                owner_is_done.set()
        await owner
    assert all(isinstance(event, Progress) and event.step == 0 for event in seen[:3])


async def test_a_self_test_is_a_picture(play: Any, opened: Any) -> None:
    """After failures, before the server is relied on again."""
    server = await play(A1111)
    backend = await opened(server)
    await backend._maker.self_test()
    assert server.last()["width"] == 64
    server.surprise = answering({}, 500)
    with pytest.raises(BackendFailure):
        await backend._maker.self_test()


@pytest.mark.parametrize("contract", [SDNEXT, A1111_1_6], ids=lambda one: one.name)
async def test_where_tasks_have_no_names_a_busy_server_is_not_stopped(
    play: Any, opened: Any, contract: Contract
) -> None:
    """Whose work runs, nobody can tell."""
    server = await play(contract)
    backend = await opened(server)
    owner_is_done = asyncio.Event()
    owner = asyncio.ensure_future(server.use_it_oneself(owner_is_done))
    async with asyncio.timeout(LIMIT_S):
        await until(lambda: server.is_painting)
        making = asyncio.ensure_future(make(backend))
        await until(lambda: bool(server.queued))
        making.cancel()
        await asyncio.wait((making,))
        await until(lambda: not backend._maker._stopping)
        owner_is_done.set()
        await owner
    assert server.interrupted == []


async def test_secrets_are_in_no_reason(play: Any, opened: Any) -> None:
    """Neither is the prompt."""
    server = await play(A1111, auth="ann:sesame-2718")
    backend = await opened(server, user="ann", password="sesame-2718")
    for surprise in (answering({"detail": "no"}, 500), answering(b"<html>"), answering({"images": []})):
        server.surprise = surprise
        with pytest.raises(BackendFailure) as failed:
            await make(backend)
        assert "sesame" not in str(failed.value)
        assert "fox" not in str(failed.value)
    assert "sesame" not in repr(backend._options)


async def until(condition: Any) -> None:
    """Wait for it, within the test's own limit."""
    while not condition():
        await asyncio.sleep(0.01)
