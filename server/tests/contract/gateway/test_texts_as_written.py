"""Texts of workers that tell them while they write, in Ollama's and KoboldCpp's words
(gateway-ollama.md §3, gateway-kobold.md §3)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hordes import Horde
from streaming_worker import StreamingWorker
from text_routes import TEXT_MODEL

CHAT = {"model": TEXT_MODEL, "messages": [{"role": "user", "content": "Hello"}]}
STORY = {"prompt": "Once", "genkey": "KCPP1234"}
CHECK = "/api/extra/generate/check"


@pytest.fixture
async def worker(horde: Horde) -> StreamingWorker:
    """Online, and idle."""
    found = StreamingWorker(horde, (await horde.account("owner", trusted=True)).api_key)
    await horde.texts.pop(found.key, streams=True, chat=True, tools=True)
    return found


async def taken(worker: StreamingWorker, **offer: Any) -> str:
    """The job of the call that waits, once the worker is told that somebody listens."""
    horde = worker.horde

    async def popped() -> Any:
        answer = await horde.texts.pop(worker.key, streams=True, **offer)
        return answer["id"]

    job_id = str(await horde.until(popped, "a job"))

    async def is_wanted() -> bool:
        return bool((await worker.send(job_id))["wanted"])

    await horde.until(is_wanted, "somebody listens")
    return job_id


def post(horde: Horde, path: str, body: dict[str, Any]) -> asyncio.Task[httpx.Response]:
    return asyncio.create_task(horde.client.post(path, json=body))


async def test_ollama_gets_a_line_for_each_piece(horde: Horde, worker: StreamingWorker) -> None:
    """§3.1: what may be the beginning of a stop string is held back."""
    call = post(horde, "/api/chat", {**CHAT, "options": {"stop": ["STOP"]}})
    job_id = await taken(worker)
    await worker.write(job_id, "Good", " day", ". ST")
    await asyncio.sleep(0.1)  # so that it is told before the rest
    await horde.texts.submit(worker.key, job_id, generation="Good day. ST John. STOP it")
    told = [json.loads(line) for line in (await call).content.splitlines()]
    pieces = [line["message"]["content"] for line in told]
    assert "".join(pieces) == "Good day. ST John. "
    assert "ST John. " in pieces  # what was held back came with the rest
    assert told[-1]["done_reason"] == "stop"


async def test_ollama_gets_what_a_backend_answers_with_tools(horde: Horde, worker: StreamingWorker) -> None:
    """§3.6: its words as they come, its calls whole."""
    tool = {"type": "function", "function": {"name": "add"}}
    call = post(horde, "/api/chat", {**CHAT, "tools": [tool]})
    job_id = await taken(worker, chat=True, tools=True)
    await worker.send(job_id, deltas_at=0, deltas=[{"content": "Let me "}, {"content": "see."}])
    asked = {"id": "x", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
    await horde.texts.submit(
        worker.key,
        job_id,
        generation="Let me see.",
        finish_reason="tool_calls",
        message={"role": "assistant", "content": "Let me see.", "tool_calls": [asked]},
    )
    told = [json.loads(line)["message"] for line in (await call).content.splitlines()]
    assert "".join(line["content"] for line in told) == "Let me see."
    assert [line["tool_calls"] for line in told if "tool_calls" in line] == [
        [{"function": {"index": 0, "name": "add", "arguments": {"a": 1}}}]
    ]


@pytest.mark.parametrize("path", ["/api/v1/generate", "/api/extra/generate/stream"])
async def test_what_is_written_so_far_is_told(horde: Horde, worker: StreamingWorker, path: str) -> None:
    """gateway-kobold.md §3.6: of streams and of calls that wait; and an abort leaves it with what there is (§3.4)."""
    call = post(horde, path, STORY)
    job_id = await taken(worker)
    await worker.write(job_id, "there was")

    async def so_far() -> Any:
        answer = await horde.client.post(CHECK, json={"genkey": "KCPP1234"})
        return answer.json()["results"][0]["text"]

    assert await horde.until(so_far, "some text") == "there was"
    assert (await horde.client.get(CHECK)).json()["results"][0]["text"] == "there was"
    assert (await horde.client.post(CHECK, json={"genkey": "other"})).json()["results"][0]["text"] == ""
    assert (await horde.client.post("/api/extra/abort", json={"genkey": "KCPP1234"})).json()["success"] == "true"
    answer = await asyncio.wait_for(call, 10)
    if path == "/api/v1/generate":
        (result,) = answer.json()["results"]
        assert (result["text"], result["finish_reason"]) == ("there was", "stop")
    else:
        assert '"token":"there was"' in answer.text and answer.text.endswith('"finish_reason":"stop"}\n\n')

    async def is_told() -> bool:
        return bool((await worker.send(job_id))["cancelled"])

    await horde.until(is_told, "the worker is told")
    assert await so_far() == ""
