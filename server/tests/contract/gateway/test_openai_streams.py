"""What workers tell while they work, as OpenAI's programs hear it (gateway.md §2.3, §2.4)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest_asyncio
from dialect_connection import Connection
from hordes import Horde
from pictures import picture
from streaming_worker import StreamingWorker

HELLO = [{"role": "user", "content": "Say hello."}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
ABLE: dict[str, Any] = {"chat": True, "tools": True, "logprobs": True}


@pytest_asyncio.fixture
async def worker(horde: Horde) -> StreamingWorker:
    """One that is online."""
    found = StreamingWorker(horde, (await horde.account("owner", trusted=True)).api_key)
    await horde.texts.pop(found.key, streams=True, **ABLE)
    return found


def choices(client: Connection) -> list[dict[str, Any]]:
    """Of the chunks that have come."""
    lines = [line for line in client.body.decode().split("\n\n") if "data: {" in line]
    found = [json.loads(line.rpartition("data: ")[2]) for line in lines]
    return [each["choices"][0] for each in found if each["choices"]]


def said(client: Connection) -> str:
    return "".join(each["delta"].get("content", "") for each in choices(client))


async def job_for(horde: Horde, worker: StreamingWorker, **offer: Any) -> dict[str, Any]:
    async def popped() -> Any:
        found = await horde.texts.pop(worker.key, streams=True, **offer)
        return found if found["id"] else None

    return dict(await horde.until(popped, "there is a job"))


async def test_a_text_is_heard_as_it_is_written(horde: Horde, worker: StreamingWorker) -> None:
    client = Connection(horde, {"messages": HELLO, "stream": True, "stop": ["END"]})
    job = await job_for(horde, worker)
    assert job["stream"]["wanted"] is True
    at = await worker.write(job["id"], "Hel", "lo wörld, EN")

    async def has_heard() -> bool:
        return said(client) == "Hello wörld, "

    await horde.until(has_heard, "what is written is heard, but for what may be a stop")
    await worker.write(job["id"], "ough.", at=at)
    await horde.texts.submit(worker.key, job["id"], generation="Hello wörld, ENough. Bye. END no more")
    await client.task
    assert said(client) == "Hello wörld, ENough. Bye. "
    assert choices(client)[-1]["finish_reason"] == "stop"
    assert client.body.endswith(b"data: [DONE]\n\n")


async def test_calls_and_log_probabilities_come_as_the_backend_makes_them(
    horde: Horde, worker: StreamingWorker
) -> None:
    body = {
        "messages": HELLO,
        "stream": True,
        "tools": [TOOL],
        "logprobs": True,
        "stream_options": {"include_usage": True},
    }
    client = Connection(horde, body)
    job = await job_for(horde, worker, **ABLE)
    pieces = [
        {"content": "Let me see.", "logprobs": {"content": []}},
        {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "look", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
    ]
    await worker.send(job["id"], deltas_at=0, deltas=pieces)

    async def has_heard() -> bool:
        return len(choices(client)) == 4

    await horde.until(has_heard, "the role and three pieces have come")
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    message = {"role": "assistant", "content": "Let me see.", "tool_calls": [call]}
    await horde.texts.submit(
        worker.key, job["id"], generation="Let me see.", message=message, finish_reason="tool_calls", tokens=9
    )
    await client.task
    role, *heard, last = choices(client)
    assert role["delta"]["role"] == "assistant"
    assert [each["delta"] for each in heard] == [{"content": "Let me see."}, *pieces[1:]]
    assert [each["logprobs"] for each in heard] == [{"content": []}, None, None]
    assert (last["delta"], last["finish_reason"]) == ({}, "tool_calls")
    assert b"[DONE]" in client.body


async def test_a_client_that_goes_in_the_middle_stops_the_worker(horde: Horde, worker: StreamingWorker) -> None:
    client = Connection(horde, {"messages": HELLO, "stream": True})
    job = await job_for(horde, worker)
    at = await worker.write(job["id"], "Hello")

    async def has_heard() -> bool:
        return said(client) == "Hello"

    await horde.until(has_heard, "it has come")
    client.go()
    await client.task
    assert (await worker.send(job["id"], at=at, text=" there"))["cancelled"] is True


async def test_previews_are_partial_images(horde: Horde) -> None:
    worker = StreamingWorker(horde, (await horde.account("owner", trusted=True)).api_key)
    offer: dict[str, Any] = {"streams": True, "previews": True, "previews_checked": True, "models": ["Deliberate"]}
    await horde.pop(worker.key, **offer)
    body = {"prompt": "a lighthouse", "model": "Deliberate", "stream": True, "partial_images": 1, "size": "512x512"}
    client = Connection(horde, body, "/v1/images/generations")

    async def popped() -> Any:
        found = await horde.pop(worker.key, **offer)
        return found if found["id"] else None

    job = await horde.until(popped, "there is a job")
    assert job["stream"]["previews"] is True
    preview = base64.b64encode(picture("red")).decode()
    await worker.send(job["id"], step=5, steps=10, preview=preview)

    async def has_seen() -> bool:
        return b"image_generation.partial_image" in client.body

    await horde.until(has_seen, "a preview has come")
    await worker.send(job["id"], step=9, steps=10, preview=preview)
    await horde.submit(worker.key, job["id"])
    await client.task
    told = [
        json.loads(line.removeprefix("data: "))
        for line in client.body.decode().split("\n")
        if line.startswith("data: ")
    ]
    assert [each["type"] for each in told] == ["image_generation.partial_image", "image_generation.completed"]
    assert (told[0]["b64_json"], told[0]["partial_image_index"], told[0]["output_format"]) == (preview, 0, "webp")
