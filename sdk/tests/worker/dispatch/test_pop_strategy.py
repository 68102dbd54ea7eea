"""Getting image jobs from a horde on loopback: what is asked, what comes back, what is given back."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from fake_horde import FakeHorde, Reply
from pops import FIRST, SECOND, an_image_pop

from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIAsyncClientSession, AIHordeAPIClientSession
from horde_sdk.exceptions import AIHordeRequestError
from horde_sdk.worker.dispatch.ai_horde.bridge_data import ImageWorkerBridgeData
from horde_sdk.worker.dispatch.ai_horde.pop_strategy import AIHordeImageWorkerJobPopStrategy
from horde_sdk.worker.jobs import ImageWorkerJob

POP, SUBMIT = "POST /v2/generate/pop", "POST /v2/generate/submit"
NOTHING: dict[str, Any] = {"id": None, "ids": [], "skipped": {"nsfw": 3}}
KEY = "k" * 22


def settings(**given: Any) -> ImageWorkerBridgeData:
    return ImageWorkerBridgeData.model_validate(
        {"api_key": KEY, "dreamer_name": "ann's", "models_to_load": ["Deliberate"], **given}
    )


def strategy(**given: Any) -> AIHordeImageWorkerJobPopStrategy:
    fields = {"image_worker_bridge_data": settings(), "model_reference_manager": {"Deliberate": "stable_diffusion_1"}}
    return AIHordeImageWorkerJobPopStrategy(0.0, **{**fields, **given})


async def pop(is_async: bool, **given: Any) -> tuple[AIHordeImageWorkerJobPopStrategy, ImageWorkerJob | None]:
    """Pop once. The session is not left, which would give the job back."""
    if not is_async:
        popping = strategy(sync_client_session=AIHordeAPIClientSession(), **given)
        return popping, await asyncio.to_thread(popping.pop_job)
    async with aiohttp.ClientSession() as carrier:
        popping = strategy(async_client_session=AIHordeAPIAsyncClientSession(carrier), **given)
        return popping, await popping.async_pop_job()


both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@both
async def test_the_settings_say_what_is_asked(horde: FakeHorde, is_async: bool) -> None:
    horde.will_answer(POP, Reply(200, NOTHING))

    await pop(
        is_async,
        bridge_agent_string="mine:1:me",
        image_worker_bridge_data=settings(
            max_power=32,
            max_batch=4,
            max_threads=2,
            nsfw=False,
            blacklist=["spam"],
            priority_usernames=["ann#7"],
            allow_painting=True,
            allow_lora=True,
            allow_unsafe_ip=False,
            models_to_load=["Deliberate", "Anything"],
            models_to_skip=["Anything"],
        ),
    )

    (asked,) = horde.asked
    assert asked.headers["apikey"] == KEY
    expected = {
        "name": "ann's",
        "bridge_agent": "mine:1:me",
        "models": ["Deliberate"],
        "amount": 4,
        "threads": 2,
        "max_pixels": 1024 * 1024,
        "nsfw": False,
        "blacklist": ["spam"],
        "priority_usernames": ["ann#7"],
        "allow_img2img": True,
        "allow_painting": True,
        "allow_lora": True,
        "allow_unsafe_ipaddr": False,
        "allow_controlnet": False,
    }
    assert {name: asked.body[name] for name in expected} == expected


@both
async def test_no_job_is_none(horde: FakeHorde, is_async: bool) -> None:
    horde.will_answer(POP, Reply(200, NOTHING))

    assert (await pop(is_async))[1] is None


@both
async def test_a_job_comes_with_its_parameters_and_links(horde: FakeHorde, is_async: bool) -> None:
    links = ["https://bucket/1", "https://bucket/2"]
    horde.will_answer(POP, Reply(200, an_image_pop(ids=[FIRST, SECOND], r2_uploads=links)))

    popping, job = await pop(is_async)

    assert job is not None
    assert job.dispatch_job_id == FIRST
    assert job.generation.generation_parameters.base_params.model_baseline == "stable_diffusion_1"
    conversion = popping.conversion_of(job)
    assert list(conversion.dispatch_parameters.r2_upload_url_map.values()) == links
    assert conversion.generation_parameters is job.generation.generation_parameters
    assert conversion.faults == []


@both
async def test_sources_named_by_url_are_fetched_with_the_job(horde: FakeHorde, is_async: bool) -> None:
    root = horde.url.removesuffix("api/")
    horde.will_answer(
        POP,
        Reply(
            200,
            an_image_pop(
                source_processing="inpainting", source_image=f"{root}image/larger", source_mask=f"{root}nothing"
            ),
        ),
    )

    popping, job = await pop(is_async)

    assert job is not None
    source = job.generation.generation_parameters.additional_params.image2image_params
    assert source is not None
    assert isinstance(source.source_image, bytes)
    assert source.source_image.startswith(b"RIFF")
    assert source.source_mask is None
    (fault,) = popping.conversion_of(job).faults
    assert (fault.type_, fault.value) == ("source_mask", "download_failed")


@both
async def test_a_job_that_makes_no_sense_is_given_back(horde: FakeHorde, is_async: bool) -> None:
    horde.will_answer(POP, Reply(200, an_image_pop(r2_upload=None, r2_uploads=None)))
    horde.will_answer(SUBMIT, Reply(200, {"reward": 0.0}))

    with pytest.raises(ValueError, match="0 links"):
        await pop(is_async)

    assert horde.lines == [POP, SUBMIT]
    assert (horde.asked[1].body["id"], horde.asked[1].body["state"]) == (FIRST, "faulted")


@both
async def test_a_refusal_is_an_error(horde: FakeHorde, is_async: bool) -> None:
    horde.will_answer(POP, Reply(403, {"message": "in maintenance", "rc": "WorkerMaintenance"}))

    with pytest.raises(AIHordeRequestError, match="in maintenance") as refused:
        await pop(is_async)
    assert refused.value.rc == "WorkerMaintenance"


@both
async def test_without_a_model_nothing_is_asked(horde: FakeHorde, is_async: bool) -> None:
    with pytest.raises(ValueError, match="name no model"):
        await pop(is_async, image_worker_bridge_data=settings(models_to_load=["top 2"]))
    assert horde.asked == []


async def test_each_way_wants_its_session() -> None:
    with pytest.raises(RuntimeError, match="sync_client_session"):
        strategy().pop_job()
    with pytest.raises(RuntimeError, match="async_client_session"):
        await strategy().async_pop_job()


async def test_the_next_attempt_waits_for_its_turn(horde: FakeHorde) -> None:
    horde.will_answer(POP, Reply(200, NOTHING))
    async with aiohttp.ClientSession() as carrier:
        popping = AIHordeImageWorkerJobPopStrategy(
            1000.0,
            image_worker_bridge_data=settings(),
            async_client_session=AIHordeAPIAsyncClientSession(carrier),
            model_reference_manager=None,
        )
        assert popping.seconds_until_next_pop() == 0

        await popping.async_pop_job()

    assert 0 < popping.seconds_until_next_pop() <= 1000


def test_it_says_what_it_gets_and_where() -> None:
    assert (strategy().get_worker_type(), strategy().get_dispatch_source()) == ("image", "AI_HORDE_API_OFFICIAL")
