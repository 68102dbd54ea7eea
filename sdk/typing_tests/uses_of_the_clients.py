"""What a program sees of this library's types. Never run: mypy (`make lint`) and pyright (`make typing`) check it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import assert_type

import aiohttp
from PIL.Image import Image

from horde_sdk import ANON_API_KEY, RequestErrorResponse
from horde_sdk.ai_horde_api import AIHordeAPIManualClient, GenerationID
from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncClientSession,
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPIClientSession,
    AIHordeAPISimpleClient,
    download_image_bytes,
)
from horde_sdk.ai_horde_api.apimodels import (
    ImageGenerateAsyncRequest,
    ImageGenerateAsyncResponse,
    ImageGenerateCheckResponse,
    ImageGenerateStatusRequest,
    ImageGenerateStatusResponse,
    ImageGenerationInputPayload,
    TextGenerateAsyncRequest,
    TextGenerateStatusResponse,
)
from horde_sdk.ai_horde_api.exceptions import (
    AIHordeImageTimedOutError,
    AIHordeImpossibleError,
    AIHordeRequestError,
)
from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS


def a_request() -> ImageGenerateAsyncRequest:
    return ImageGenerateAsyncRequest(
        apikey=ANON_API_KEY,
        prompt="a cat",
        models=["Deliberate"],
        params=ImageGenerationInputPayload(width=512, height=512, sampler_name=KNOWN_IMAGE_SAMPLERS.k_euler, n=2),
    )


def told(check: ImageGenerateCheckResponse) -> None:
    assert_type(check.wait_time, int)


def synchronous() -> None:
    client = AIHordeAPISimpleClient(apikey="k" * 22, base_url="http://127.0.0.1/api", timeout=5.0)
    status, job_id = client.image_generate_request(a_request(), timeout=60, check_callback=told)
    assert_type(status, ImageGenerateStatusResponse)
    assert_type(job_id, GenerationID)
    for generation in status.generations:
        assert_type(client.download_image_from_generation(generation), Image)
        assert_type(client.save_generation(generation, "cat.png"), Path)
    assert_type(download_image_bytes("http://127.0.0.1/1"), BytesIO)

    with client.open_image_request(a_request()) as opened:
        for look in opened.updates():
            assert_type(look, ImageGenerateCheckResponse)
        assert_type(opened.result(), ImageGenerateStatusResponse)

    try:
        client.image_generate_request(a_request(), timeout=30, fail_fast=True)
    except AIHordeImageTimedOutError as late:
        assert_type(late.partial, ImageGenerateStatusResponse | None)
    except AIHordeImpossibleError as impossible:
        assert_type(impossible.rc, str)

    batch = client.image_generate_batch(a_request(), 40)
    assert_type(batch.statuses, list[ImageGenerateStatusResponse])


def by_hand() -> None:
    manual = AIHordeAPIManualClient()
    answer = manual.submit_request(a_request(), ImageGenerateAsyncResponse)
    assert_type(answer, ImageGenerateAsyncResponse | RequestErrorResponse)
    if isinstance(answer, RequestErrorResponse):
        assert_type(answer.message, str)
        return
    assert_type(answer.id_, GenerationID)
    assert_type(ImageGenerateStatusRequest(id=answer.id_).id_, GenerationID)
    with AIHordeAPIClientSession() as session:
        assert_type(session.submit_request(a_request(), ImageGenerateAsyncResponse).message, str)


async def asynchronous() -> None:
    async with aiohttp.ClientSession() as connections, AIHordeAPIAsyncClientSession(connections) as session:
        client = AIHordeAPIAsyncSimpleClient(horde_client_session=session)
        try:
            status, _ = await client.text_generate_request(TextGenerateAsyncRequest(prompt="Once", models=[]))
        except AIHordeRequestError as error:
            assert_type(error.rc, str)
            assert_type(error.status_code, int | None)
            assert_type(error.request_id, str | None)
            return
        assert_type(status, TextGenerateStatusResponse)
        assert_type(status.generations[0].text, str | None)
        async with client.open_text_request(TextGenerateAsyncRequest(prompt="Once", models=[])) as opened:
            async for look in opened.updates():
                assert_type(look, TextGenerateStatusResponse)
