"""The asynchronous transport within bounds of its own: a worker's are narrower than a client's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import aiohttp
import pytest
from fake_horde import FakeHorde, Reply

from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIAsyncManualClient
from horde_sdk.ai_horde_api.apimodels import (
    AIHordeHeartbeatRequest,
    AIHordeHeartbeatResponse,
    ImageGenerateAsyncRequest,
    ImageGenerateAsyncResponse,
)
from horde_sdk.exceptions import HordeConnectionError
from horde_sdk.generic_api.async_transport import AsyncTransport
from horde_sdk.generic_api.generic_clients import GenericAsyncHordeAPIManualClient
from horde_sdk.generic_api.retries import RetryConfiguration, seconds_of

HEARTBEAT = "GET /v2/status/heartbeat"
IMPATIENT = RetryConfiguration(max_retries=0)


def drops(pause_s: float) -> Iterator[bytes]:
    while True:
        time.sleep(pause_s)
        yield b" "


async def test_larger_answer_than_the_transport_takes_is_refused(horde: FakeHorde) -> None:
    alive = Reply(200, b'{"message": "OK", "version": "4"}' + b" " * 1000)
    horde.will_answer(HEARTBEAT, alive, alive)
    async with aiohttp.ClientSession() as session:
        narrow = AsyncTransport(session, ssl_context=None, timeout_s=10, largest_answer_bytes=1000)
        client = GenericAsyncHordeAPIManualClient(session, retry_config=IMPATIENT, transport=narrow, base_url=horde.url)
        with pytest.raises(HordeConnectionError, match="larger than 1,000 bytes"):
            await client.submit_request(AIHordeHeartbeatRequest(), AIHordeHeartbeatResponse)
        wide = AIHordeAPIAsyncManualClient(session, retry_config=IMPATIENT)
        found = await wide.submit_request(AIHordeHeartbeatRequest(), AIHordeHeartbeatResponse)
    assert isinstance(found, AIHordeHeartbeatResponse)


async def test_longer_answer_than_the_transport_waits_for_is_given_up(horde: FakeHorde) -> None:
    horde.will_answer(HEARTBEAT, Reply(200, drops(0.05), {"Content-Length": "100000"}))
    began = time.monotonic()
    async with aiohttp.ClientSession() as session:
        short = AsyncTransport(session, ssl_context=None, timeout_s=0.3, longest_answer_s=0.5)
        client = GenericAsyncHordeAPIManualClient(session, retry_config=IMPATIENT, transport=short, base_url=horde.url)
        with pytest.raises(HordeConnectionError):
            await client.submit_request(AIHordeHeartbeatRequest(), AIHordeHeartbeatResponse)
    assert time.monotonic() - began < 5


async def test_cancelled_post_waits_for_its_answer_as_long_as_the_transport_says(horde: FakeHorde) -> None:
    async def handled_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        arrived.set()
        await reader.read()
        closed.set()
        writer.close()

    arrived, closed = asyncio.Event(), asyncio.Event()
    server = await asyncio.start_server(handled_connection, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/"
    async with server, aiohttp.ClientSession() as session:
        at_once = AsyncTransport(session, ssl_context=None, timeout_s=30, answer_after_cancel_s=0)
        client = GenericAsyncHordeAPIManualClient(session, transport=at_once, base_url=url)
        request = ImageGenerateAsyncRequest(prompt="p", models=[])
        asking = asyncio.create_task(client.submit_request(request, ImageGenerateAsyncResponse))
        async with asyncio.timeout(3):
            await arrived.wait()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await closed.wait()  # the server knows that nobody waits any more


def test_digits_of_other_scripts_are_no_seconds() -> None:
    assert (seconds_of("3"), seconds_of("٣")) == (3.0, 0.0)
