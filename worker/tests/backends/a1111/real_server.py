"""The same on a real AUTOMATIC1111, Forge or SD.Next: `make test-a1111 A1111_URL=http://127.0.0.1:7860`.

`A1111_USER` and `A1111_PASSWORD` as the server wants them; `A1111_LORA`, `A1111_TI` name files of it, and what it has
not is skipped. Pictures are small and of few steps, so that a processor will do.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageChops, ImageStat
from plain_jobs import an_image_job
from played_horde import PlayedHorde
from workshop import Workshop

from horde_worker.backends.a1111.facts import Facts
from horde_worker.backends.a1111.progress import look_at_progress
from horde_worker.backends.a1111.request import plan
from horde_worker.backends.a1111_backend import A1111Backend
from horde_worker.backends.events import BackendFailure, Progress
from horde_worker.backends.image import (
    ImageAbilities,
    ImageEvent,
    ImageJob,
    ImageResult,
    Lora,
    SourceGiven,
    TextualInversion,
)
from horde_worker.backends.interface import BackendSettings
from horde_worker.exit_codes import ExitCode

URL = os.environ["A1111_URL"]
LIMIT_S = 170
SIDE = 128


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[A1111Backend]:
    """Opened as an owner would."""
    options: dict[str, Any] = {"url": URL}
    for option in ("user", "password"):
        if value := os.environ.get(f"A1111_{option.upper()}"):
            options[option] = value
    options["loras"] = {"1": os.environ.get("A1111_LORA", "-")}
    options["tis"] = {"1": os.environ.get("A1111_TI", "-")}
    opened = await A1111Backend.open(BackendSettings("a1111", {**options, "alchemy": True}))
    yield opened
    await opened.close()


def facts(backend: A1111Backend) -> Facts:
    return backend._attendance.abilities


def can(backend: A1111Backend) -> ImageAbilities:
    return backend._maker.abilities


async def made(backend: A1111Backend, **changes: Any) -> list[ImageResult]:
    """The pictures of a small job with these changes."""
    job = an_image_job(
        **{"width": SIDE, "height": SIDE, "steps": 4, "model": can(backend).models[0], "ttl_s": LIMIT_S, **changes}
    )
    return [event async for event in backend._maker.make(job) if isinstance(event, ImageResult)]


def differs(one: Image.Image, two: Image.Image) -> float:
    """By how much on the mean, from 0 to 255."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), two.convert("RGB"))).mean)


async def test_it_is_known_and_has_something(backend: A1111Backend) -> None:
    """Printed for the record."""
    print(facts(backend).program.value, can(backend))
    assert can(backend).models
    assert "k_euler" in can(backend).samplers


async def test_every_key_that_is_sent_is_in_the_servers_own_document(backend: A1111Backend) -> None:
    """As it describes itself, if it does."""
    try:
        document = await backend._server.get_json("/openapi.json")
    except BackendFailure:
        pytest.skip("it does not describe itself")
    known = facts(backend)
    source = {"source": Image.new("RGB", (64, 64)), "given": SourceGiven("x")}
    for changes in (
        {},
        {"width": 1024, "height": 1024, "hires_fix": True},
        {**source, "mask": Image.new("L", (64, 64))},
    ):
        found = plan(an_image_job(**changes), known, backend._options, known.checkpoints[0], "task")
        body = document["paths"][found.path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        properties = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]["properties"]
        assert set(found.body) <= set(properties)


async def test_a_seed_paints_the_same_again_and_another_something_else(backend: A1111Backend) -> None:
    """In the size that was asked for, with nothing written into it."""
    (one,) = await made(backend, seeds=(11,))
    (again,) = await made(backend, seeds=(11,))
    (other,) = await made(backend, seeds=(12,))
    assert (one.image.size, one.image.mode, one.image.info, one.seed) == ((SIDE, SIDE), "RGB", {}, 11)
    assert differs(one.image, again.image) < 2 < differs(one.image, other.image)


async def test_a_batch_is_as_its_seeds_alone(backend: A1111Backend) -> None:
    """Picture i is that of seed + i."""
    first, second = await made(backend, ids=("a", "b"), seeds=(21, 22))
    (alone,) = await made(backend, seeds=(22,))
    assert (first.seed, second.seed) == (21, 22)
    assert differs(second.image, alone.image) < 4


async def test_every_sampler_that_is_offered_paints(backend: A1111Backend) -> None:
    """With Karras and without, where it has both."""
    failed = []
    for sampler in sorted(can(backend).samplers):
        for karras in (False, True):
            try:
                await made(backend, width=64, height=64, sampler=sampler, karras=karras)
            except BackendFailure as failure:
                failed.append((sampler, karras, str(failure)))
    assert failed == []


async def test_a_source_is_kept_as_far_as_it_should(backend: A1111Backend) -> None:
    """A weaker repainting is closer to a weak one than a strong one is; a model need not be a good one for that."""
    source = Image.linear_gradient("L").resize((SIDE, SIDE)).convert("RGB")
    given = {"source": source, "given": SourceGiven("x"), "steps": 10}
    weak, weaker, strong = [(await made(backend, **given, denoising_strength=one))[0].image for one in (0.1, 0.3, 1.0)]
    assert 0 < differs(weaker, weak) < differs(strong, weak)


async def test_only_the_white_part_is_repainted(backend: A1111Backend) -> None:
    """The black half is the source to the eye."""
    source = Image.linear_gradient("L").resize((SIDE, SIDE)).convert("RGB")
    mask = Image.new("L", (SIDE, SIDE), 0)
    mask.paste(255, (0, 0, SIDE // 2, SIDE))
    (result,) = await made(
        backend, source=source, mask=mask, given=SourceGiven("x", is_inpainting=True), denoising_strength=1.0
    )
    kept = (SIDE * 3 // 4, 0, SIDE, SIDE)
    painted = (0, 0, SIDE // 4, SIDE)
    assert differs(result.image.crop(kept), source.crop(kept)) < 12
    assert differs(result.image.crop(painted), source.crop(painted)) > 12


async def test_two_passes(backend: A1111Backend) -> None:
    """The picture has the size of the job."""
    if "hires_fix" not in can(backend).capabilities:
        pytest.skip("it has none")
    (result,) = await made(backend, width=576, height=576, hires_fix=True, steps=1, ttl_s=1500)
    assert result.image.size == (576, 576)


@pytest.mark.parametrize(
    "change", [{"tiling": True}, {"clip_skip": 2}, {"cfg_scale": 2.0}, {"negative_prompt": "a dog"}]
)
async def test_a_parameter_has_an_effect(backend: A1111Backend, change: dict[str, Any]) -> None:
    """The picture is another than without it; what is not offered has none."""
    if "tiling" in change and "tiling" not in can(backend).capabilities:
        pytest.skip("it does not tile")
    (plain,) = await made(backend, seeds=(31,))
    (changed,) = await made(backend, seeds=(31,), **change)
    assert differs(plain.image, changed.image) > 0.01


async def test_a_lora_has_an_effect(backend: A1111Backend) -> None:
    """And a name that the server does not know is said."""
    if "A1111_LORA" not in os.environ or "lora" not in can(backend).capabilities:
        pytest.skip("A1111_LORA names none of its LoRAs")
    (plain,) = await made(backend, seeds=(41,))
    (changed,) = await made(backend, seeds=(41,), loras=(Lora("1", 3.0, 3.0),))
    (unknown,) = await made(backend, seeds=(41,), loras=(Lora("999999"),))
    assert differs(plain.image, changed.image) > 0.01
    assert (unknown.remarks[0].type, unknown.remarks[0].value) == ("lora", "download_failed")


async def test_an_inversion_has_an_effect(backend: A1111Backend) -> None:
    """As a word of the prompt."""
    if "A1111_TI" not in os.environ or "textual_inversion" not in can(backend).capabilities:
        pytest.skip("A1111_TI names none of its inversions")
    (plain,) = await made(backend, seeds=(51,))
    (changed,) = await made(backend, seeds=(51,), tis=(TextualInversion("1", "prompt", 1.2),))
    assert differs(plain.image, changed.image) > 0.01
    assert changed.remarks == ()


async def test_a_controlnet_has_an_effect(backend: A1111Backend) -> None:
    """Where there is a preprocessor and a model for edges."""
    nets = facts(backend).controlnets
    if nets is None or "canny" not in nets.modules or not any("canny" in name for name in nets.models):
        pytest.skip("it has no ControlNet for edges")
    source = Image.new("RGB", (SIDE, SIDE), "black")
    source.paste("white", (32, 32, 96, 96))
    (plain,) = await made(backend, seeds=(61,))
    (changed,) = await made(backend, seeds=(61,), source=source, given=SourceGiven("x"), control_type="canny")
    (drawn,) = await made(backend, source=source, given=SourceGiven("x"), control_type="canny", return_control_map=True)
    assert differs(plain.image, changed.image) > 0.01
    assert 0 < ImageStat.Stat(drawn.image.convert("L")).mean[0] < 128


async def test_post_processors_that_are_offered_work(backend: A1111Backend) -> None:
    """They were tried out, and do the same for a job."""
    for name, processor in backend._maker.processors(facts(backend)).items():
        (result,) = await made(backend, width=64, height=64, post_processing=(name,))
        assert result.image.size == (64 * processor.factor,) * 2


async def test_progress_is_told_and_a_cancelled_job_stops(backend: A1111Backend) -> None:
    """The server is idle soon after."""
    job = an_image_job(width=256, height=256, steps=150, model=can(backend).models[0], ttl_s=LIMIT_S)
    async with asyncio.timeout(LIMIT_S):
        async with aclosing(backend._maker.make(job)) as events:
            async for event in events:
                if isinstance(event, Progress) and event.step:  # 0: a sign of life before the first
                    assert 0 < event.step < event.steps
                    break
        while (await look_at_progress(backend._server)).is_busy:
            await asyncio.sleep(0.2)


async def test_it_paints_after_its_memory_was_freed(backend: A1111Backend) -> None:
    """It loads the model again by itself."""
    await backend._maker.unload()
    assert len(await made(backend)) == 1


async def test_the_owners_own_picture_is_not_stopped(backend: A1111Backend) -> None:
    """A job behind it is cancelled while it waits, and stopped when its turn comes."""
    if not facts(backend).knows_tasks:
        pytest.skip("its tasks have no names")
    task = {"id_task": "none", "live_preview": False}
    try:
        await backend._server.post_json("/internal/progress", task)
    except BackendFailure:
        pytest.skip("it is started without pages")
    owners = {"prompt": "a house", "steps": 80, "width": SIDE, "height": SIDE, "seed": 1, "sampler_name": "Euler"}
    owner = asyncio.ensure_future(backend._server.post_json("/sdapi/v1/txt2img", owners, limit_s=LIMIT_S))
    job = an_image_job(width=256, height=256, steps=150, model=can(backend).models[0], ttl_s=LIMIT_S)
    async with asyncio.timeout(LIMIT_S):
        while not (await look_at_progress(backend._server)).step:
            await asyncio.sleep(0.1)
        making = asyncio.ensure_future(all_of(backend, job))
        await asyncio.sleep(1.5)
        making.cancel()
        await asyncio.wait((making,))
        while not owner.done():
            state = (await backend._server.get_json("/sdapi/v1/progress?skip_current_image=true"))["state"]
            assert state["sampling_steps"] != owners["steps"] or not state["interrupted"]
            await asyncio.sleep(0.2)
        assert len((await owner)["images"]) == 1
        while (await look_at_progress(backend._server)).is_busy:
            await asyncio.sleep(0.2)


async def all_of(backend: A1111Backend, job: ImageJob) -> list[ImageEvent]:
    return [event async for event in backend._maker.make(job)]


async def test_a_job_goes_from_pop_to_submit(backend: A1111Backend, horde: PlayedHorde, workshop: Workshop) -> None:
    """Through the worker's own loop."""
    model = can(backend).models[0]
    horde.pop_script = [horde.job("j1", "j2", model=model)]
    workshop.start(models=(model,), maker=backend.makers.image, jobs_wanted=1)
    async with asyncio.timeout(LIMIT_S):
        assert await workshop.running == ExitCode.OK
    assert [(one["id"], one["seed"], one["state"]) for one in horde.submits] == [("j1", 7, "ok"), ("j2", 8, "ok")]
