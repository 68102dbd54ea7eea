"""Anthropic's API over the horde's queue: messages, their streams, counting, models (gateway-anthropic.md)."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde
from leaving_client import LeavingClient
from streaming_worker import StreamingWorker
from text_routes import TEXT_MODEL

ASK = {"model": TEXT_MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello!"}]}


async def events_of(answer: httpx.Response) -> list[tuple[str, dict[str, Any]]]:
    """The events of a stream that has ended, each with its name."""
    found = []
    for block in (await answer.aread()).decode().split("\n\n"):
        if block:
            name, data = block.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


@pytest.fixture
async def key(horde: Horde) -> str:
    """Of a trusted account with a worker that has just been there."""
    key = (await horde.account("ada", trusted=True)).api_key
    await horde.texts.pop(key)
    return key


async def post(horde: Horde, key: str, /, **body: Any) -> httpx.Response:
    return await horde.client.post("/v1/messages", json={**ASK, **body}, headers={"x-api-key": key})


@asynccontextmanager
async def asking(horde: Horde, key: str, /, **body: Any) -> AsyncIterator[asyncio.Task[httpx.Response]]:
    """A call that waits for its answer meanwhile."""
    call = asyncio.create_task(post(horde, key, **body))
    try:
        yield call
    finally:
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)


async def job(horde: Horde, key: str) -> dict[str, Any]:
    """The job of the call that waits."""
    async with asyncio.timeout(10):
        while True:
            answer = await horde.texts.pop(key)
            if answer["id"]:
                return answer
            await asyncio.sleep(0.02)


async def answered(horde: Horde, key: str, text: str, /, **body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The worker's payload, and the answer to the client."""
    async with asking(horde, key, **body) as call:
        found = await job(horde, key)
        await horde.texts.submit(key, found["id"], generation=text)
        answer = await call
    assert answer.status_code == 200, answer.text
    return found["payload"], answer.json()


async def test_a_message_is_answered(horde: Horde, key: str) -> None:
    """Every field that the programs' types need (gateway-anthropic.md §3.1)."""
    async with asking(horde, key, system="Be kind.") as call:
        found = await job(horde, key)
        assert found["payload"]["prompt"] == "[INST] Be kind.\n\nHello![/INST]"
        await horde.texts.submit(key, found["id"], generation=" Hi there.</s> and more")
        answer = await call
    told = answer.json()
    assert answer.status_code == 200, told
    request_id = answer.headers["horde-request"].replace("-", "")
    assert told == {
        "id": f"msg_{request_id}",
        "type": "message",
        "role": "assistant",
        "model": TEXT_MODEL,
        "content": [{"type": "text", "text": " Hi there."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 8, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 6,
        },
    }  # fmt: skip
    assert answer.headers["request-id"] == answer.headers["x-request-id"]
    assert answer.headers["horde-template"].startswith("mistral")


async def test_what_is_asked_for_reaches_the_worker(horde: Horde, key: str) -> None:
    payload, told = await answered(
        horde,
        key,
        "one two STOP three",
        temperature=0,
        top_p=0.5,
        stop_sequences=["STOP"],
        max_tokens=64,
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "First."}]},
            {"role": "user", "content": "Second."},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "So"}]},
        ],
    )
    assert payload["prompt"] == "[INST] First.\nSecond.[/INST] So"
    assert (payload["temperature"], payload["top_k"], payload["top_p"]) == (0, 1, 0.5)
    assert payload["max_length"] == 64
    assert payload["stop_sequence"] == ["STOP", "</s>", "[INST]"]
    assert told["content"] == [{"type": "text", "text": "one two "}]
    assert (told["stop_reason"], told["stop_sequence"]) == ("stop_sequence", "STOP")


async def test_more_than_anybody_makes_is_clamped_and_told(horde: Horde, key: str) -> None:
    async with asking(horde, key, max_tokens=128_000, temperature=9) as call:
        found = await job(horde, key)
        await horde.texts.submit(key, found["id"], generation="x" * 4000)
        answer = await call
    assert found["payload"]["max_length"] == 512
    assert answer.headers["horde-clamped"] == "temperature=5, max_tokens=512"
    assert answer.json()["stop_reason"] == "max_tokens"


async def test_an_answer_wished_for_shorter_than_any_is_cut(horde: Horde, key: str) -> None:
    payload, told = await answered(horde, key, "x" * 64, max_tokens=2)
    assert payload["max_length"] == 16
    assert told["content"] == [{"type": "text", "text": "x" * 8}]
    assert told["stop_reason"] == "max_tokens"


async def test_a_thought_is_not_told(horde: Horde, key: str) -> None:
    _, told = await answered(horde, key, "<think>Hm.</think>\nYes.")
    assert told["content"] == [{"type": "text", "text": "Yes."}]


async def test_a_withheld_text_is_a_refusal(horde: Horde, key: str) -> None:
    async with asking(horde, key) as call:
        found = await job(horde, key)
        await horde.texts.submit(key, found["id"], generation="no", state="censored")
        answer = await call
    assert answer.json()["stop_reason"] == "refusal"


async def test_a_stream_has_its_events_in_their_order(horde: Horde, key: str) -> None:
    """Named events, nothing else, and no `[DONE]` (gateway-anthropic.md §4.1)."""
    async with asking(horde, key, stream=True) as call:
        found = await job(horde, key)
        await horde.texts.submit(key, found["id"], generation=" Hello you.")
        answer = await call
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    assert "content-length" not in answer.headers
    told = await events_of(answer)
    assert all(name == data["type"] for name, data in told)
    assert [name for name, _ in told] == [
        "message_start", "content_block_start", "ping", "content_block_delta", "content_block_stop", "message_delta",
        "message_stop",
    ]  # fmt: skip
    started = told[0][1]["message"]
    assert (started["content"], started["stop_reason"], started["usage"]["output_tokens"]) == ([], None, 1)
    assert told[1][1] == {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    assert told[3][1]["delta"] == {"type": "text_delta", "text": " Hello you."}
    assert told[5][1]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert told[5][1]["usage"]["output_tokens"] == 3


async def test_a_silence_is_bridged_by_pings(start_horde: StartHorde) -> None:
    horde = await start_horde(sse_keepalive_s=1)
    key = (await horde.account("ada", trusted=True)).api_key
    await horde.texts.pop(key)
    client = LeavingClient(horde.app, "/v1/messages", {**ASK, "stream": True}, key)
    found = await job(horde, key)
    await client.has(b"event: ping", times=3)
    await horde.texts.submit(key, found["id"], generation="Hi.")
    await client.has(b"event: message_stop")
    await client.task


async def test_a_stream_that_fails_says_so_and_ends(horde: Horde, key: str) -> None:
    async with asking(horde, key, stream=True) as call:
        for _ in range(3):
            found = await job(horde, key)
            await horde.texts.try_submit(key, found["id"], state="faulted", generation="")
        told = await events_of(await call)
    name, data = told[-1]
    assert name == "error"
    assert data["error"]["type"] == "api_error"
    assert data["error"]["code"] == "faulted"
    assert "message_stop" not in [name for name, _ in told]


@pytest.mark.parametrize("stream", [False, True])
async def test_whoever_goes_away_is_worked_for_no_more(horde: Horde, key: str, stream: bool) -> None:
    client = LeavingClient(horde.app, "/v1/messages", {**ASK, "stream": stream}, key)
    await until_waiting(horde)
    client.go()
    async with asyncio.timeout(10):
        await asyncio.gather(client.task, return_exceptions=True)
    assert (await horde.texts.pop(key))["id"] is None


async def until_waiting(horde: Horde) -> None:
    """Until somebody's request waits."""

    async def waits() -> bool:
        load = (await horde.client.get("/api/v2/status/performance")).json()
        return bool(load["queued_text_requests"])

    await horde.until(waits, "a request waits")


TOOL = {"name": "weather", "description": "Of a place.", "input_schema": {"type": "object", "properties": {}}}
CALLS = [{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"at": "sea"}'}}]


async def called(horde: Horde, key: str, /, **body: Any) -> tuple[dict[str, Any], httpx.Response]:
    """The payload and the answer of a call that a worker with tools answers by calling one."""
    await horde.texts.pop(key, "able", tools=True)
    async with asking(horde, key, tools=[TOOL], **body) as call:
        async with asyncio.timeout(10):
            while (found := await horde.texts.pop(key, "able", tools=True))["id"] is None:
                await asyncio.sleep(0.02)
        told = {"finish_reason": "tool_calls", "message": {"content": "Let me see.", "tool_calls": CALLS}}
        await horde.texts.submit(key, found["id"], generation="Let me see.", **told)
        return found["payload"], await call


async def test_tools_go_to_who_can_and_their_calls_come_back(horde: Horde, key: str) -> None:
    """In OpenAI's shape to the worker, in Anthropic's to the client (gateway-anthropic.md §5.1)."""
    payload, answer = await called(horde, key, tool_choice={"type": "any", "disable_parallel_tool_use": True})
    function = {"name": "weather", "description": "Of a place.", "parameters": TOOL["input_schema"]}
    assert payload["tools"] == [{"type": "function", "function": function}]
    assert (payload["tool_choice"], payload["parallel_tool_calls"]) == ("required", False)
    assert payload["messages"] == [{"role": "user", "content": "Hello!"}]
    told = answer.json()
    assert told["content"] == [
        {"type": "text", "text": "Let me see."},
        {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"at": "sea"}},
    ]
    assert told["stop_reason"] == "tool_use"


async def test_calls_in_a_stream_are_blocks_of_their_own(horde: Horde, key: str) -> None:
    _, answer = await called(horde, key, stream=True)
    told = await events_of(answer)
    assert [name for name, _ in told] == [
        "message_start", "ping", "content_block_start", "content_block_delta", "content_block_stop",
        "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
    ]  # fmt: skip
    start, delta = told[5][1], told[6][1]
    assert (start["index"], start["content_block"]["type"], start["content_block"]["input"]) == (1, "tool_use", {})
    assert (delta["type"], delta["index"]) == ("content_block_delta", 1)
    assert delta["delta"] == {"type": "input_json_delta", "partial_json": '{"at": "sea"}'}
    assert told[8][1]["delta"]["stop_reason"] == "tool_use"


@pytest.mark.parametrize("lost", [0, 2])
async def test_calls_are_told_as_their_worker_writes_them(horde: Horde, key: str, lost: int) -> None:
    """Piece by piece, the first before the last is written; what got lost on the way comes at the end."""
    whole = '{"at": "sea"}'
    deltas = [
        {"content": "Let me see."},
        {"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "weather", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": whole[:6]}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": whole[6:]}}]},
    ]
    worker = StreamingWorker(horde, key)
    await horde.texts.pop(key, tools=True, streams=True)
    client = LeavingClient(horde.app, "/v1/messages", {**ASK, "stream": True, "tools": [TOOL]}, key)
    await until_waiting(horde)
    job_id = (await worker.job(tools=True))["id"]
    await worker.send(job_id, deltas_at=0, deltas=deltas[: len(deltas) - lost])
    await client.has(b'"name":"weather"')
    told = {"finish_reason": "tool_calls", "message": {"content": "Let me see.", "tool_calls": CALLS}}
    await horde.texts.submit(key, job_id, generation="Let me see.", **told)
    await client.has(b"message_stop")
    await client.task
    found = [json.loads(line[6:]) for line in client.received.decode().splitlines() if line.startswith("data: ")]
    parts = [each["delta"] for each in found if each["type"] == "content_block_delta"]
    assert parts[0] == {"type": "text_delta", "text": "Let me see."}
    assert "".join(part["partial_json"] for part in parts[1:]) == whole
    assert [each["content_block"]["type"] for each in found if each["type"] == "content_block_start"] == [
        "text", "tool_use",
    ]  # fmt: skip
    assert [each["delta"]["stop_reason"] for each in found if each["type"] == "message_delta"] == ["tool_use"]


async def test_a_text_is_told_as_its_worker_writes_it(horde: Horde, key: str) -> None:
    worker = StreamingWorker(horde, key)
    client = LeavingClient(horde.app, "/v1/messages", {**ASK, "stream": True, "stop_sequences": ["STOP"]}, key)
    await until_waiting(horde)
    job_id = (await worker.job())["id"]
    await worker.write(job_id, "Hello", " you ST")
    await client.has(b"Hello")
    await client.has(b" you ")
    assert b"ST" not in client.received
    await horde.texts.submit(key, job_id, generation="Hello you STOP and more")
    await client.has(b"message_stop")
    await client.task
    assert b'"stop_sequence":"STOP"' in client.received


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/responses"])
async def test_another_worker_goes_on_where_the_first_was_lost(horde: Horde, key: str, path: str) -> None:
    """One unbroken answer, and a comment that says so (gateway-anthropic.md §4.2, gateway-responses.md §3.3)."""
    worker = StreamingWorker(horde, key)
    client = LeavingClient(horde.app, path, {**ASK, "input": "Hello!", "stream": True}, key)
    await until_waiting(horde)
    first = (await worker.job())["id"]
    await worker.write(first, "Hello, ")
    await client.has(b"Hello, ")
    await horde.texts.submit(key, first, generation="", state="faulted")
    await client.has(b': restarted {"reason":"faulted"}\n')
    second = await job(horde, key)
    assert second["payload"]["prompt"].endswith("Hello, ")
    await horde.texts.submit(key, second["id"], generation="you.")
    await client.task
    assert b"Hello, you." in b"".join(re.findall(rb'"(?:text|delta)":"([^"]*)"', client.received))


async def test_results_of_tools_go_back_before_what_the_user_says(horde: Horde, key: str) -> None:
    """Results answer the calls just before them (gateway-anthropic.md §5.2)."""
    messages = [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "call_1", "name": "weather", "input": {"at": "sea"}}],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "rain"}]},
                {"type": "tool_result", "tool_use_id": "call_2", "content": "no such call", "is_error": True},
                {"type": "text", "text": "And now?"},
            ],
        },
    ]
    payload, _ = await called(horde, key, messages=messages)
    assert payload["messages"] == [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"at":"sea"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
        {"role": "tool", "tool_call_id": "call_2", "content": "Error: no such call"},
        {"role": "user", "content": "And now?"},
    ]


async def test_pictures_go_to_who_sees(horde: Horde, key: str) -> None:
    """As the worker is handed them: addresses, not data (gateway-anthropic.md §2.3)."""
    await horde.texts.pop(key, "seer", vision=True)
    picture = base64.b64encode(horde.picture()).decode()
    content = [
        {"type": "text", "text": "What is it?"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/webp", "data": picture}},
    ]
    async with asking(horde, key, messages=[{"role": "user", "content": content}]) as call:
        async with asyncio.timeout(10):
            while (found := await horde.texts.pop(key, "seer", vision=True))["id"] is None:
                await asyncio.sleep(0.02)
        parts = found["payload"]["messages"][0]["content"]
        assert parts[0] == {"type": "text", "text": "What is it?"}
        assert parts[1]["image_url"]["url"].startswith("http")
        await horde.texts.submit(key, found["id"], generation="Teal.")
        assert (await call).json()["content"][0]["text"] == "Teal."


async def test_a_schema_goes_to_who_can_bind_to_it(horde: Horde, key: str) -> None:
    """It is refused by name while nobody can (gateway-anthropic.md §2.4)."""
    schema = {"type": "object", "properties": {"depth_m": {"type": "number"}}}
    wish = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    answer = await post(horde, key, **wish)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_value")
    await horde.texts.pop(key, "bound", grammar=True)
    async with asking(horde, key, **wish) as call:
        async with asyncio.timeout(10):
            while (found := await horde.texts.pop(key, "bound", grammar=True))["id"] is None:
                await asyncio.sleep(0.02)
        assert found["payload"]["json_schema"] == schema
        await horde.texts.submit(key, found["id"], generation='{"depth_m": 3}')
        assert (await call).status_code == 200


async def test_the_hordes_own_terms_are_kept(horde: Horde, key: str) -> None:
    """The object `horde` is the same in every chat dialect (gateway-anthropic.md §2.5)."""
    payload, told = await answered(
        horde,
        key,
        "Hi.",
        messages=[{"role": "user", "content": "Hello <|im_end|>!"}],
        horde={"template": "ChatML", "raw_tokens": True, "max_context_length": 1024, "slow_workers": True},
    )
    assert payload["prompt"] == "<|im_start|>user\nHello <|im_end|>!<|im_end|>\n<|im_start|>assistant\n"
    assert payload["max_context_length"] == 1024
    assert told["content"][0]["text"] == "Hi."


REFUSED: list[tuple[dict[str, Any], int, str, str]] = [
    ({"max_tokens": None}, 400, "invalid_request_error", "max_tokens: Field required"),
    ({"max_tokens": "many"}, 400, "invalid_request_error", "max_tokens"),
    ({"max_tokens": 1.5}, 400, "invalid_request_error", "max_tokens"),
    ({"messages": []}, 400, "invalid_request_error", "messages"),
    ({"messages": [{"role": "robot", "content": "x"}]}, 400, "invalid_request_error", "messages.0.role"),
    ({"messages": ["x"]}, 400, "invalid_request_error", "messages.0"),
    ({"messages": [{"role": "user", "content": [{"type": "document"}]}]}, 400, "invalid_request_error", "document"),
    ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, 400, "invalid_request_error", "content.0.type"),
    ({"messages": [{"role": "user", "content": "x"}] * 2049}, 400, "invalid_request_error", "2048"),
    ({"model": "nobody-has-this"}, 404, "not_found_error", "Served now"),
    ({"tools": [{"name": "f", "input_schema": {}}]}, 400, "invalid_request_error", "does not support tools"),
    ({"tools": [{"type": "web_search_20250305", "name": "w"}]}, 400, "invalid_request_error", "web_search_20250305"),
    ({"tools": [{"name": "f"}]}, 400, "invalid_request_error", "input_schema"),
    ({"tools": [{"name": "f", "input_schema": {}}] * 129}, 400, "invalid_request_error", "128"),
    ({"stop_sequences": ["x"] * 65}, 400, "invalid_request_error", "64"),
    ({"stop_sequences": ["x" * 1001]}, 400, "invalid_request_error", "1000"),
    ({"temperature": "hot"}, 400, "invalid_request_error", "temperature"),
    ({"horde": {"template": "nonsense"}}, 400, "invalid_request_error", "nonsense"),
    ({"horde": {"workers": ["me"]}}, 400, "invalid_request_error", "ids of workers"),
    ({"horde": {"dry_run": True}}, 400, "invalid_request_error", "dry"),
    ({"messages": [{"role": "user", "content": "x" * 40_000}]}, 400, "invalid_request_error", "4096 tokens"),
    (
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"data": "AA=="}}]}]},
        400,
        "invalid_request_error",
        "cannot see pictures",
    ),
]


@pytest.mark.parametrize(("body", "status", "kind", "told"), REFUSED)
async def test_what_cannot_be_done_is_refused_by_name(
    horde: Horde, key: str, body: dict[str, Any], status: int, kind: str, told: str
) -> None:
    """In Anthropic's shape, before anything is asked for (gateway-anthropic.md §1.1)."""
    answer = await post(horde, key, **body)
    found = answer.json()
    assert (answer.status_code, found["type"], found["error"]["type"]) == (status, "error", kind)
    assert told in found["error"]["message"]
    assert found["request_id"] == answer.headers["request-id"] == answer.headers["x-request-id"]


async def test_a_wrong_key_is_an_authentication_error(horde: Horde) -> None:
    answer = await post(horde, "nobody-has-this-key-00")
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")


async def test_while_nobody_can_serve_it_is_told_once(start_horde: StartHorde) -> None:
    """`x-should-retry` keeps programs from asking again (gateway-anthropic.md §1.2)."""
    horde = await start_horde(gateway_hopeless_s=0)
    key = (await horde.account("ada")).api_key
    answer = await post(horde, key, model="horde/any-text")
    assert (answer.status_code, answer.json()["error"]["type"]) == (503, "overloaded_error")
    assert answer.headers["x-should-retry"] == "false"


async def test_a_prompt_is_counted_without_asking_for_anything(horde: Horde, key: str) -> None:
    body = {name: value for name, value in ASK.items() if name != "max_tokens"}
    answer = await horde.client.post("/v1/messages/count_tokens", json=body, headers={"x-api-key": key})
    assert (answer.status_code, answer.json()) == (200, {"input_tokens": 5})
    answer = await horde.client.post("/v1/messages/count_tokens", json={"messages": 5}, headers={"x-api-key": key})
    assert answer.status_code == 400
    assert (await horde.texts.pop(key))["id"] is None


async def test_a_prompt_is_counted_for_the_accounts_own_name_of_a_model(horde: Horde, key: str) -> None:
    """As it would be asked for: an alias of the account is a name (gateway.md §1.7)."""
    path, headers = "/v1/messages/count_tokens", {"x-api-key": key}
    body = ASK | {"model": "my writer"}
    assert (await horde.client.post(path, json=body, headers=headers)).status_code == 404
    ada = (await horde.client.get("/api/v2/find_user", headers={"apikey": key})).json()
    changed = await horde.client.put(
        f"/api/v2/users/{ada['id']}", json={"model_aliases": {"my writer": TEXT_MODEL}}, headers={"apikey": key}
    )
    assert changed.status_code == 200
    assert (await horde.client.post(path, json=body, headers=headers)).status_code == 200


async def test_models_come_in_pages_for_anthropics_programs(horde: Horde, key: str) -> None:
    version = {"anthropic-version": "2023-06-01"}
    answer = await horde.client.get("/v1/models", headers=version)
    page = answer.json()
    assert [row["id"] for row in page["data"]] == [TEXT_MODEL, "horde/any-text"]
    assert page["data"][0]["type"] == "model"
    assert (page["has_more"], page["first_id"], page["last_id"]) == (False, TEXT_MODEL, "horde/any-text")
    first = (await horde.client.get("/v1/models?limit=1", headers=version)).json()
    assert (len(first["data"]), first["has_more"]) == (1, True)
    rest = (await horde.client.get(f"/v1/models?after_id={TEXT_MODEL}", headers=version)).json()
    assert [row["id"] for row in rest["data"]] == ["horde/any-text"]
    before = (await horde.client.get("/v1/models?before_id=horde/any-text", headers=version)).json()
    assert [row["id"] for row in before["data"]] == [TEXT_MODEL]
    one = (await horde.client.get(f"/v1/models/{TEXT_MODEL}", headers=version)).json()
    assert (one["id"], one["display_name"]) == (TEXT_MODEL, TEXT_MODEL)
    for wrong in ("?limit=0", "?limit=x", "?limit=1001", "?after_id=nobody", "/nobody"):
        answer = await horde.client.get(f"/v1/models{wrong}", headers=version)
        assert answer.status_code == (404 if wrong == "/nobody" else 400)
        assert answer.json()["type"] == "error"
    assert (await horde.client.get("/v1/models")).json()["object"] == "list"


@pytest.mark.parametrize("path", ["/v1/complete", "/v1/messages/batches", "/v1/messages/batches/x/results"])
async def test_what_anthropic_has_beside_it_is_not_here(horde: Horde, path: str) -> None:
    for method in ("GET", "POST"):
        answer = await horde.client.request(method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_supported")


async def test_limits_are_told_as_anthropics_programs_read_them(start_horde: StartHorde) -> None:
    horde = await start_horde(rate_limits=True)
    answer = await horde.client.post("/v1/messages/count_tokens", json=ASK | {"model": "horde/any-text"})
    assert answer.headers["anthropic-ratelimit-requests-limit"] == "10"
    assert answer.headers["anthropic-ratelimit-requests-reset"].endswith("Z")
    for _ in range(10):
        answer = await horde.client.post("/v1/messages/count_tokens", json=ASK)
    assert (answer.status_code, answer.json()["error"]["type"]) == (429, "rate_limit_error")


def junk(random: Random, depth: int = 3) -> Any:
    """Anything that JSON can say, with the keys that mean something here."""
    kind = random.randrange(8 if depth else 5)
    if kind < 5:
        return random.choice(
            [None, True, 0, -1, 2**70, 0.5, "", "text", "image", "tool_use", "tool_result", "user", "x"]
        )
    if kind == 5:
        return [junk(random, depth - 1) for _ in range(random.randrange(4))]
    names = ["type", "text", "role", "content", "source", "input", "id", "name", "tool_use_id", "url", "data", "format"]
    return {random.choice(names): junk(random, depth - 1) for _ in range(random.randrange(5))}


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
async def test_whatever_is_sent_is_refused_in_the_dialects_shape(horde: Horde, path: str) -> None:
    """Never a 5xx, whatever stands in the fields (gateway-anthropic.md §1.1)."""
    random = Random(13)
    names = ["messages", "system", "tools", "tool_choice", "stop_sequences", "horde", "output_config", "temperature"]
    for _ in range(400):
        fields = {name: junk(random) for name in random.sample(names, 3)}
        answer = await horde.client.post(path, json={"model": "nobody-has-this", "max_tokens": 9, **fields})
        assert 400 <= answer.status_code < 500, fields
        assert answer.json()["type"] == "error"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"messages": "\\u0000"}',
    ],
)  # fmt: skip
async def test_a_body_that_is_none_is_refused(horde: Horde, body: bytes) -> None:
    answer = await horde.client.post("/v1/messages", content=body, headers={"x-api-key": "0000000000"})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
