"""Source images of popped jobs: fetched within bounds, and those that cannot be had are left out."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from fake_horde import JOB, FakeHorde, Reply, a_picture

from horde_sdk.ai_horde_api.apimodels import ImageGenerateJobPopResponse, TextGenerateJobPopResponse
from horde_sdk.generic_api import bounds


@pytest.fixture
async def connections() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def an_image_job(**fields: Any) -> ImageGenerateJobPopResponse:
    return ImageGenerateJobPopResponse.model_validate({"ids": [JOB], "model": "m", "payload": {}, **fields})


def at(horde: FakeHorde, path: str) -> str:
    return horde.url.replace("api/", path)


async def test_images_at_urls_are_fetched_and_others_are_kept(
    horde: FakeHorde, connections: aiohttp.ClientSession
) -> None:
    job = an_image_job(source_image=at(horde, "image/1"), source_mask="bWFzaw==")
    assert job.get_downloaded_source_image() is None

    await job.async_download_additional_data(connections)

    assert job.get_downloaded_source_image() == base64.b64encode(a_picture()).decode()
    assert job.get_downloaded_source_mask() == "bWFzaw=="


async def test_further_images_that_cannot_be_had_are_left_out(
    horde: FakeHorde, connections: aiohttp.ClientSession
) -> None:
    places = ["bWFzaw==", at(horde, "lost"), at(horde, "image/1")]
    job = TextGenerateJobPopResponse.model_validate(
        {"ids": [JOB], "model": "m", "payload": {}, "extra_source_images": [{"image": place} for place in places]}
    )

    found = await job.async_download_extra_source_images(connections, max_retries=2)

    assert found is not None
    assert [one.original_url for one in found] == [None, places[2]]
    assert horde.lines.count("GET /lost") == 2


async def test_source_image_without_end_is_not_kept_in_memory(
    horde: FakeHorde, connections: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "LARGEST_IMAGE_BYTES", 100_000)
    horde.will_answer("GET /image/1", Reply(200, b" " * 200_000))

    with pytest.raises(aiohttp.ClientError, match="larger than"):
        await an_image_job(source_image=at(horde, "image/1")).async_download_source_image(connections)
