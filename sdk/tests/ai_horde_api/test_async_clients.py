"""The asynchronous clients against a horde on loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check

from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncClientSession,
    AIHordeAPIAsyncManualClient,
    AIHordeAPIAsyncSimpleClient,
)
from horde_sdk.ai_horde_api.apimodels import (
    ImageGenerateAsyncRequest,
    ImageGenerateAsyncResponse,
    ImageGenerateCheckResponse,
    ImageGenerationInputPayload,
)
from horde_sdk.ai_horde_api.exceptions import AIHordeRequestError

CHECK = f"GET /v2/generate/check/{JOB}"
STATUS = f"GET /v2/generate/status/{JOB}"
DELETE = f"DELETE /v2/generate/status/{JOB}"
ASYNC = "POST /v2/generate/async"


def a_request(**changes: Any) -> ImageGenerateAsyncRequest:
    return ImageGenerateAsyncRequest(**{"prompt": "A cat in a hat", "models": ["Deliberate"], **changes})


@pytest.fixture
async def connections() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(horde: FakeHorde, connections: aiohttp.ClientSession) -> AIHordeAPIAsyncSimpleClient:
    return AIHordeAPIAsyncSimpleClient(connections)


async def test_simple_client_follows_the_seed(horde: FakeHorde) -> None:
    horde.images = 2
    aiohttp_session = aiohttp.ClientSession()
    horde_client_session = AIHordeAPIAsyncClientSession(aiohttp_session)
    async with aiohttp_session, horde_client_session:
        simple_client = AIHordeAPIAsyncSimpleClient(horde_client_session=horde_client_session)
        status, _ = await simple_client.image_generate_request(
            a_request(params=ImageGenerationInputPayload(height=512, width=512, n=2))
        )
        pictures = [await simple_client.download_image_from_generation(one) for one in status.generations]

    assert horde.lines == [ASYNC, CHECK, STATUS, "GET /image/1", "GET /image/2"]
    assert horde.asked[0].body["params"] == {"height": 512, "width": 512, "n": 2}
    assert [gen_id for _, gen_id in pictures] == [one.id_ for one in status.generations]


async def test_manual_client_submits_checks_and_deletes(horde: FakeHorde, connections: aiohttp.ClientSession) -> None:
    manual = AIHordeAPIAsyncManualClient(connections)
    response = await manual.submit_request(a_request(), ImageGenerateAsyncResponse)
    assert isinstance(response, ImageGenerateAsyncResponse)
    await manual.get_generate_check(response.id_)
    await manual.get_generate_status(response.id_)
    await manual.delete_pending_image(response.id_)

    assert horde.lines == [ASYNC, CHECK, STATUS, DELETE]


async def test_coroutine_callbacks_are_awaited(horde: FakeHorde, client: AIHordeAPIAsyncSimpleClient) -> None:
    told = []

    async def listen(check: ImageGenerateCheckResponse) -> None:
        await asyncio.sleep(0)
        told.append(check.done)

    await client.image_generate_request(a_request(), check_callback=listen)

    assert told == [True]


async def test_cancelling_the_task_cancels_the_request_and_stays_a_cancellation(
    horde: FakeHorde, client: AIHordeAPIAsyncSimpleClient
) -> None:
    horde.will_answer(CHECK, Reply(200, a_check()))
    polled = asyncio.Event()
    task = asyncio.create_task(client.image_generate_request(a_request(), check_callback=lambda _: polled.set()))
    await polled.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task

    assert horde.lines == [ASYNC, CHECK, DELETE]


async def test_request_accepted_while_the_task_is_cancelled_is_cancelled_too(
    horde: FakeHorde, client: AIHordeAPIAsyncSimpleClient
) -> None:
    horde.hold = threading.Event()
    task = asyncio.create_task(client.image_generate_request(a_request()))
    await asyncio.to_thread(horde.arrived.wait)
    task.cancel()
    horde.hold.set()

    with pytest.raises(asyncio.CancelledError):
        await task

    assert horde.lines == [ASYNC, DELETE]


async def test_request_accepted_while_the_task_is_cancelled_twice_is_cancelled_too(
    horde: FakeHorde, client: AIHordeAPIAsyncSimpleClient
) -> None:
    horde.hold = threading.Event()
    task = asyncio.create_task(client.image_generate_request(a_request()))
    await asyncio.to_thread(horde.arrived.wait, 10)

    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    horde.hold.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert horde.lines == [ASYNC, DELETE]


async def test_session_outlives_its_connections_without_another_error(horde: FakeHorde) -> None:
    async with aiohttp.ClientSession() as connections, AIHordeAPIAsyncClientSession(connections) as session:
        await session.submit_request(a_request(), ImageGenerateAsyncResponse)
        await connections.close()

    assert horde.lines == [ASYNC]


async def test_session_cancels_everything_that_was_not_fetched(
    horde: FakeHorde, connections: aiohttp.ClientSession
) -> None:
    async with AIHordeAPIAsyncClientSession(connections) as session:
        await session.submit_request(a_request(), ImageGenerateAsyncResponse)

    assert horde.lines == [ASYNC, DELETE]


async def test_failing_call_cleans_up_after_itself_while_the_session_lives_on(
    horde: FakeHorde, client: AIHordeAPIAsyncSimpleClient
) -> None:
    horde.will_answer(CHECK, Reply(403, {"message": "no", "rc": "TimeoutIP"}))

    with pytest.raises(AIHordeRequestError) as caught:
        await client.image_generate_request(a_request())

    assert caught.value.rc == "TimeoutIP"
    assert horde.lines == [ASYNC, CHECK, DELETE]


async def test_simple_client_needs_exactly_one_way_to_connect(
    horde: FakeHorde, connections: aiohttp.ClientSession
) -> None:
    with pytest.raises(RuntimeError):
        AIHordeAPIAsyncSimpleClient()
    async with aiohttp.ClientSession() as other:
        with pytest.raises(RuntimeError):
            AIHordeAPIAsyncSimpleClient(other, AIHordeAPIAsyncClientSession(connections))


async def test_thin_methods_ask_the_right_endpoints(horde: FakeHorde, client: AIHordeAPIAsyncSimpleClient) -> None:
    assert (await client.heartbeat_request()).version == "4.0"
    assert (await client.image_status_models_all())[0].count == 2
    assert (await client.workers_all_details())[0].name == "w"
    assert (await client.find_user()).username == "ann#7"
    assert (await client.image_generate_request_dry_run(a_request(dry_run=True))).kudos == 12.5
