"""OpenAI's responses over the horde's queue (gateway-responses.md)."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from random import Random
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde
from leaving_client import LeavingClient
from text_routes import TEXT_MODEL

ASK = {"model": TEXT_MODEL, "input": "Hello!"}
TOOL = {"type": "function", "name": "weather", "description": "Of a place.", "parameters": {"type": "object"}}
CALLS = [
    {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"at": "sea"}'}},
    {"id": "call_2", "type": "function", "function": {"name": "weather", "arguments": "{}"}},
]


async def events_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """The events of a stream that has ended: named by their type, numbered without gaps, and no comment."""
    found = []
    numbers = count()
    for block in (await answer.aread()).decode().split("\n\n"):
        if block:
            name, data = block.split("\n")
            event = json.loads(data.removeprefix("data: "))
            assert event["type"] == name.removeprefix("event: ")
            assert event["sequence_number"] == next(numbers)
            found.append(event)
    return found


@pytest.fixture
async def key(horde: Horde) -> str:
    """Of a trusted account with a worker that has just been there."""
    key = (await horde.account("ada", trusted=True)).api_key
    await horde.texts.pop(key)
    return key


async def post(horde: Horde, key: str, /, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return await horde.client.post("/v1/responses", json={**ASK, **body}, headers=headers)


@asynccontextmanager
async def asking(horde: Horde, key: str, /, **body: Any) -> AsyncIterator[asyncio.Task[httpx.Response]]:
    """A call that waits for its answer meanwhile."""
    call = asyncio.create_task(post(horde, key, **body))
    try:
        yield call
    finally:
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)


async def job(horde: Horde, key: str, name: str = "scribe", **able: Any) -> dict[str, Any]:
    """The job of the call that waits."""
    async with asyncio.timeout(10):
        while True:
            answer = await horde.texts.pop(key, name, **able)
            if answer["id"]:
                return answer
            await asyncio.sleep(0.02)


async def answered(
    horde: Horde, key: str, text: str, told: dict[str, Any] | None = None, /, **body: Any
) -> tuple[dict[str, Any], httpx.Response]:
    """The worker's payload, and the answer to the client."""
    able: dict[str, Any] = {"tools": True} if body.get("tools") else {}
    await horde.texts.pop(key, **able)
    async with asking(horde, key, **body) as call:
        found = await job(horde, key, **able)
        await horde.texts.submit(key, found["id"], generation=text, **(told or {}))
        answer = await call
    assert answer.status_code == 200, answer.text
    return found["payload"], answer


async def test_a_response_has_every_key_that_clients_look_for(horde: Horde, key: str) -> None:
    """The types of the published clients need them all (gateway-responses.md §2.1)."""
    payload, answer = await answered(
        horde, key, " Hi there.", instructions="Be kind.", metadata={"a": "b"}, user="me", temperature=0.5, store=True
    )
    assert payload["prompt"] == "[INST] Be kind.\n\nHello![/INST]"
    told = answer.json()
    suffix = answer.headers["horde-request"].replace("-", "")
    assert told["id"] == f"resp_{suffix}"
    assert told["output"] == [
        {
            "type": "message",
            "id": f"msg_{suffix}0",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": " Hi there.", "annotations": [], "logprobs": []}],
        }
    ]
    assert told["usage"] == {
        "input_tokens": 8,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 3,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 11,
    }
    expected: dict[str, Any] = {
        "object": "response", "status": "completed", "error": None, "incomplete_details": None, "model": TEXT_MODEL,
        "instructions": "Be kind.", "max_output_tokens": None, "parallel_tool_calls": True, "temperature": 0.5,
        "previous_response_id": None, "reasoning": {"effort": None, "summary": None}, "store": False, "top_p": 1.0,
        "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "truncation": "disabled",
        "metadata": {"a": "b"}, "user": "me",
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected
    assert told["completed_at"] >= told["created_at"]
    assert told["horde"]["id"] == answer.headers["horde-request"]


async def test_a_conversation_is_read_from_its_items(horde: Horde, key: str) -> None:
    """Items of every kind, in their order (gateway-responses.md §1.2)."""
    items = [
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "One?"}]},
        {"type": "reasoning", "summary": []},
        {"role": "assistant", "content": [{"type": "output_text", "text": "One."}]},
        {"role": "user", "content": "Two?"},
    ]
    payload, _ = await answered(horde, key, "Two.", input=items)
    assert payload["prompt"] == "[INST] One?[/INST] One.</s>[INST] Be brief.\n\nTwo?[/INST]"


async def test_too_long_an_answer_is_incomplete(horde: Horde, key: str) -> None:
    """And says why (gateway-responses.md §2.2)."""
    _, answer = await answered(horde, key, "x" * 256, max_output_tokens=64)
    told = answer.json()
    assert (told["status"], told["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert told["output"][0]["status"] == "incomplete"
    _, answer = await answered(horde, key, "no", {"state": "censored"})
    assert answer.json()["incomplete_details"] == {"reason": "content_filter"}


async def test_json_is_asked_for_in_words(horde: Horde, key: str) -> None:
    payload, answer = await answered(horde, key, "{}", text={"format": {"type": "json_object"}})
    assert "Answer with one JSON object" in payload["prompt"]
    assert answer.json()["text"] == {"format": {"type": "json_object"}}


async def test_a_stream_has_its_events_in_their_order(horde: Horde, key: str) -> None:
    """None is left out, as helpers put the response together from them (gateway-responses.md §3.1)."""
    _, answer = await answered(horde, key, " Hello you.", stream=True)
    told = await events_of(answer)
    assert [event["type"].removeprefix("response.") for event in told] == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.done",
        "content_part.done", "output_item.done", "completed",
    ]  # fmt: skip
    begun, added, part, delta, text_done, item_done, completed = (told[at] for at in (0, 2, 3, 4, 5, 7, 8))
    assert (begun["response"]["status"], begun["response"]["output"], begun["response"]["usage"]) == (
        "in_progress", [], None,
    )  # fmt: skip
    assert (added["output_index"], added["item"]["content"], added["item"]["status"]) == (0, [], "in_progress")
    item_id = added["item"]["id"]
    for event in (part, delta, text_done):
        assert (event["item_id"], event["output_index"], event["content_index"]) == (item_id, 0, 0)
    assert part["part"] == {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    assert (delta["delta"], text_done["text"]) == (" Hello you.", " Hello you.")
    assert item_done["item"] == completed["response"]["output"][0]
    assert completed["response"]["usage"]["output_tokens"] == 3


async def test_functions_go_to_who_can_and_their_calls_come_back(horde: Horde, key: str) -> None:
    """In chat completions' shape to the worker (gateway-responses.md §4.1)."""
    told = {"finish_reason": "tool_calls", "message": {"content": None, "tool_calls": CALLS}}
    payload, answer = await answered(
        horde, key, "", told, tools=[TOOL], tool_choice={"type": "function", "name": "weather"}
    )
    function = {"name": "weather", "description": "Of a place.", "parameters": {"type": "object"}}
    assert payload["tools"] == [{"type": "function", "function": function}]
    assert payload["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
    output = answer.json()["output"]
    assert [(each["type"], each["call_id"], each["arguments"]) for each in output] == [
        ("function_call", "call_1", '{"at": "sea"}'),
        ("function_call", "call_2", "{}"),
    ]
    assert len({each["id"] for each in output}) == 2
    assert answer.json()["tools"] == [TOOL]


async def test_calls_in_a_stream_are_items_of_their_own(horde: Horde, key: str) -> None:
    told = {"finish_reason": "tool_calls", "message": {"content": "See.", "tool_calls": CALLS}}
    _, answer = await answered(horde, key, "See.", told, tools=[TOOL], stream=True)
    events = await events_of(answer)
    item = ["output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done"]
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.done",
        "content_part.done", "output_item.done", *item, *item, "completed",
    ]  # fmt: skip
    assert [event["item"]["id"] for event in events if event["type"] == "response.output_item.added"] == [
        each["id"] for each in events[-1]["response"]["output"]
    ]
    assert events[9]["delta"] == events[10]["arguments"] == '{"at": "sea"}'


async def test_results_of_functions_go_back(horde: Horde, key: str) -> None:
    """As the conversation's own messages (gateway-responses.md §4.2)."""
    items = [
        {"role": "user", "content": "Weather?"},
        {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": [{"type": "input_text", "text": "rain"}]},
    ]
    payload, _ = await answered(horde, key, "Rain.", input=items, tools=[TOOL])
    assert payload["messages"][1:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
    ]


async def test_pictures_go_to_who_sees(horde: Horde, key: str) -> None:
    await horde.texts.pop(key, "seer", vision=True)
    url = "data:image/webp;base64," + base64.b64encode(horde.picture()).decode()
    parts = [{"type": "input_text", "text": "What is it?"}, {"type": "input_image", "image_url": url, "detail": "low"}]
    async with asking(horde, key, input=[{"role": "user", "content": parts}]) as call:
        found = await job(horde, key, "seer", vision=True)
        sent = found["payload"]["messages"][0]["content"][1]["image_url"]
        assert sent["url"].startswith("http") and sent["detail"] == "low"
        await horde.texts.submit(key, found["id"], generation="Teal.")
        assert (await call).status_code == 200


async def test_a_stream_that_fails_says_so_and_ends(horde: Horde, key: str) -> None:
    """In the words of the stream (gateway-responses.md §3.2)."""
    async with asking(horde, key, stream=True) as call:
        for _ in range(3):
            found = await job(horde, key)
            await horde.texts.try_submit(key, found["id"], state="faulted", generation="")
        told = await events_of(await call)
    assert told[-1]["type"] == "response.failed"
    assert told[-1]["response"]["status"] == "failed"
    assert told[-1]["response"]["error"]["code"] == "faulted"


async def test_a_silence_is_bridged_by_comments(start_horde: StartHorde) -> None:
    """One line each: after a blank line some readers would take it for an event (gateway-responses.md §3.3)."""
    horde = await start_horde(sse_keepalive_s=1)
    key = (await horde.account("ada", trusted=True)).api_key
    await horde.texts.pop(key)
    client = LeavingClient(horde.app, "/v1/responses", {**ASK, "stream": True}, key)
    found = await job(horde, key)
    await client.has(b": ka\n", times=2)
    await horde.texts.submit(key, found["id"], generation="Hi.")
    await client.has(b"event: response.completed")
    await client.task
    assert b": ka\n\n" not in client.received


@pytest.mark.parametrize("stream", [False, True])
async def test_whoever_goes_away_is_worked_for_no_more(horde: Horde, key: str, stream: bool) -> None:
    client = LeavingClient(horde.app, "/v1/responses", {**ASK, "stream": stream}, key)

    async def waits() -> bool:
        load = (await horde.client.get("/api/v2/status/performance")).json()
        return bool(load["queued_text_requests"])

    await horde.until(waits, "a request waits")
    client.go()
    async with asyncio.timeout(10):
        await asyncio.gather(client.task, return_exceptions=True)
    assert (await horde.texts.pop(key))["id"] is None


REFUSED: list[tuple[dict[str, Any], str, str, str]] = [
    ({"input": None}, "input", "missing_required_parameter", "input"),
    ({"input": []}, "input", "missing_required_parameter", "input"),
    ({"input": [5]}, "input.0", "invalid_value", "object"),
    ({"input": [{"role": "robot", "content": "x"}]}, "input.0.role", "invalid_value", "developer"),
    ({"input": [{"type": "item_reference", "id": "x"}]}, "input.0.type", "unsupported_value", "item_reference"),
    (
        {"input": [{"role": "user", "content": [{"type": "input_file"}]}]},
        "input.0.content.0.type", "unsupported_value", "input_file",
    ),
    (
        {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
        "input.0.content.0.file_id", "unsupported_value", "no files",
    ),
    ({"input": [{"role": "user", "content": "x"}] * 2049}, "input", "invalid_value", "2048"),
    ({"previous_response_id": "resp_1"}, "previous_response_id", "unsupported_parameter", "keeps no conversation"),
    ({"conversation": "c"}, "conversation", "unsupported_parameter", "keeps no conversation"),
    ({"background": True}, "background", "unsupported_parameter", "keeps no conversation"),
    ({"tools": [TOOL]}, "tools", "unsupported_parameter", "does not support tools"),
    ({"tools": [{"type": "web_search"}]}, "tools", "unsupported_parameter", "web_search"),
    ({"tools": [TOOL] * 129}, "tools", "invalid_value", "128"),
    ({"text": {"format": {"type": "poem"}}}, "text.format.type", "invalid_value", "json_object"),
    (
        {"text": {"format": {"type": "json_schema", "name": "n", "schema": {}}}},
        "text.format", "unsupported_value", "JSON schema",
    ),
    ({"max_output_tokens": "many"}, "max_output_tokens", "invalid_value", "number"),
    ({"metadata": {str(number): "x" for number in range(17)}}, "metadata", "invalid_value", "16"),
    ({"metadata": {"a": "x" * 513}}, "metadata.a", "invalid_value", "512"),
    ({"top_logprobs": 3}, "top_logprobs", "unsupported_parameter", "chat/completions"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "param", "code", "told"), REFUSED)
async def test_what_cannot_be_done_is_refused_by_name(
    horde: Horde, key: str, body: dict[str, Any], param: str, code: str, told: str
) -> None:
    """With the field's place in `param` (gateway-responses.md §1.4)."""
    answer = await post(horde, key, **body)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert (error["param"], error["code"]) == (param, code)
    assert told in error["message"]


async def test_nothing_is_kept(horde: Horde) -> None:
    for method, path in (("GET", "resp_1"), ("DELETE", "resp_1"), ("POST", "resp_1/cancel"), ("GET", "r/input_items")):
        answer = await horde.client.request(method, f"/v1/responses/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_an_input_is_counted_without_asking_for_anything(horde: Horde, key: str) -> None:
    answer = await horde.client.post("/v1/responses/input_tokens", json=ASK, headers={"x-api-key": key})
    assert answer.json() == {"object": "response.input_tokens", "input_tokens": 5}
    assert (await horde.texts.pop(key))["id"] is None


def junk(random: Random, depth: int = 3) -> Any:
    """Anything that JSON can say, with the keys that mean something here."""
    kind = random.randrange(8 if depth else 5)
    if kind < 5:
        words = ["", "message", "input_text", "input_image", "function_call", "function_call_output", "user", "x"]
        return random.choice([None, True, 0, -1, 2**70, 0.5, *words])
    if kind == 5:
        return [junk(random, depth - 1) for _ in range(random.randrange(4))]
    names = ["type", "text", "role", "content", "call_id", "arguments", "output", "name", "image_url", "format"]
    return {random.choice(names): junk(random, depth - 1) for _ in range(random.randrange(5))}


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/responses/input_tokens"])
async def test_whatever_is_sent_is_refused_in_the_dialects_shape(horde: Horde, path: str) -> None:
    """Never a 5xx, whatever stands in the fields (gateway-responses.md §1.4)."""
    random = Random(13)
    names = ["input", "instructions", "tools", "tool_choice", "text", "horde", "metadata", "temperature", "user"]
    for _ in range(400):
        fields = {name: junk(random) for name in random.sample(names, 3)}
        answer = await horde.client.post(path, json={"model": "nobody-has-this", **fields})
        assert 400 <= answer.status_code < 500, fields
        assert isinstance(answer.json()["error"]["message"], str)


@pytest.mark.parametrize(
    "body",
    [b'{"input": "x\\u0000"}', b'{"input": [' + b"[" * 50 + b"]" * 50 + b"]}", b'{"input": "x", "a": NaN}', b"", b"[]",
     b"{", b"\xff\xfe"],
)  # fmt: skip
async def test_a_body_that_is_none_is_refused(horde: Horde, key: str, body: bytes) -> None:
    """Before anything is asked for (gateway-responses.md §1.4)."""
    answer = await horde.client.post("/v1/responses", content=body, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert (await horde.texts.pop(key))["id"] is None
