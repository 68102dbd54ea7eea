"""OpenAI's chats and completions (gateway.md §2.2, §2.3)."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde
from text_routes import TEXT_MODEL

CHAT = "/v1/chat/completions"
OFFLINE = "koboldcpp/Mistral-Nemo-Instruct-2407"
"""In the catalogue; nobody serves it."""
HELLO = [{"role": "user", "content": "Say hello."}]


async def scribe(horde: Horde, text: str = "Hello there.", name: str = "scribe") -> dict[str, Any]:
    """A worker that does the next job; the job."""
    key = (await horde.account(name, trusted=True)).api_key

    async def job() -> Any:
        found = await horde.texts.pop(key, name)
        return found if found["id"] else None

    found = await horde.until(job, "there is a job")
    await horde.texts.submit(key, found["id"], generation=text)
    return dict(found)


async def online(horde: Horde, **offer: Any) -> None:
    """A worker that is there."""
    await horde.texts.pop((await horde.account("there", trusted=True)).api_key, "there", **offer)


async def ask(horde: Horde, path: str = CHAT, /, **body: Any) -> httpx.Response:
    return await horde.client.post(path, json=body)


async def answered(
    horde: Horde, text: str = "Hello there.", path: str = CHAT, /, **body: Any
) -> tuple[httpx.Response, dict[str, Any]]:
    """An answer, and the job that made it."""
    if path == CHAT:
        body = {"messages": HELLO, **body}
    answer, job = await asyncio.gather(ask(horde, path, **body), scribe(horde, text))
    return answer, job


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    """What the chunks of a stream hold, but for comments and the last."""
    lines = [line for line in answer.text.split("\n") if line.startswith("data: ")]
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


async def test_a_chat_is_answered_whole(horde: Horde) -> None:
    await online(horde)
    answer, job = await answered(horde, model=TEXT_MODEL, temperature=0.5, seed=None, tools=[], logprobs=False)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["id"].startswith("chatcmpl-") and len(told["id"]) == 41
    assert (told["object"], told["model"], told["system_fingerprint"]) == ("chat.completion", TEXT_MODEL, None)
    [choice] = told["choices"]
    assert choice["message"] == {"role": "assistant", "content": "Hello there.", "refusal": None}
    assert (choice["finish_reason"], choice["index"], choice["logprobs"]) == ("stop", 0, None)
    assert told["usage"]["completion_tokens"] == 3
    assert told["usage"]["total_tokens"] == told["usage"]["prompt_tokens"] + 3
    assert told["horde"]["worker"]["name"] == "scribe"
    assert answer.headers["horde-request"] == told["horde"]["id"]
    assert answer.headers["horde-template"] == "mistral-v3; guess"
    assert answer.headers["horde-account"] == "Anonymous#0"
    assert "Say hello." in job["payload"]["prompt"]
    assert job["payload"]["temperature"] == 0.5
    assert "[INST]" in job["payload"]["stop_sequence"]


async def test_the_request_is_one_of_the_hordes_own(horde: Horde) -> None:
    await online(horde)
    answer, _ = await answered(horde)
    status = await horde.texts.status(answer.headers["horde-request"])
    assert status["done"] and status["generations"][0]["text"] == "Hello there."


async def test_a_stream_is_told_byte_by_byte_as_programs_read_it(horde: Horde) -> None:
    await online(horde)
    answer, _ = await answered(horde, model=TEXT_MODEL, stream=True, stream_options={"include_usage": True})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    assert answer.headers["x-accel-buffering"] == "no"
    assert "content-length" not in answer.headers
    raw = answer.content
    assert b"\r" not in raw and b"id:" not in raw.replace(b'"id":', b"") and b"\nretry:" not in raw
    assert b"event:" not in raw
    assert raw.startswith(b": queued {")
    assert raw.endswith(b"data: [DONE]\n\n")
    assert b"data:\n" not in raw and b"data: \n" not in raw
    role, content, finish, usage = events(answer)
    assert role["choices"] == [
        {"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None}
    ]
    assert content["choices"][0]["delta"] == {"content": "Hello there."}
    assert finish["choices"][0] == {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}
    assert [each["usage"] for each in (role, content, finish)] == [None] * 3
    assert usage["choices"] == [] and usage["usage"]["completion_tokens"] == 3
    assert usage["horde"]["worker"]["name"] == "scribe"
    heads = {(each["id"], each["created"], each["model"], each["object"]) for each in (role, content, finish, usage)}
    assert len(heads) == 1


async def test_without_being_asked_no_chunk_tells_of_usage(horde: Horde) -> None:
    await online(horde)
    answer, _ = await answered(horde, stream=True)
    found = events(answer)
    assert all("usage" not in each and each["choices"] for each in found)
    assert found[-1]["horde"]["seed"]


async def test_several_answers_have_indexes_of_their_own(horde: Horde) -> None:
    await online(horde)
    asking = asyncio.create_task(ask(horde, messages=HELLO, n=2, stream=True))
    await scribe(horde, "One.")
    await scribe(horde, "Two.", "another")
    found = events(await asking)
    said = {
        index: "".join(
            each["choices"][0]["delta"].get("content", "") for each in found if each["choices"][0]["index"] == index
        )
        for index in (0, 1)
    }
    assert sorted(said.values()) == ["One.", "Two."]
    for index in (0, 1):
        mine = [each["choices"][0] for each in found if each["choices"][0]["index"] == index]
        assert mine[0]["delta"]["role"] == "assistant" and mine[-1]["finish_reason"] == "stop"


@pytest.mark.parametrize("stream", [False, True])
async def test_what_comes_after_a_stop_is_cut(horde: Horde, stream: bool) -> None:
    await online(horde)
    answer, job = await answered(horde, "Hello END and more", stop="END", stream=stream)
    assert "END" in job["payload"]["stop_sequence"]
    if stream:
        said = "".join(each["choices"][0]["delta"].get("content", "") for each in events(answer))
    else:
        said = answer.json()["choices"][0]["message"]["content"]
    assert said == "Hello "


async def test_thoughts_are_told_apart(horde: Horde) -> None:
    await online(horde)
    answer, _ = await answered(horde, "<think>Hm.</think>Yes.")
    message = answer.json()["choices"][0]["message"]
    assert (message["reasoning_content"], message["content"]) == ("Hm.", "Yes.")


async def test_json_alone_is_delivered_where_it_was_asked_for(horde: Horde) -> None:
    await online(horde)
    answer, job = await answered(
        horde, 'Here it is: {"a": {"b": "}"}} I hope it helps.', response_format={"type": "json_object"}
    )
    assert answer.json()["choices"][0]["message"]["content"] == '{"a": {"b": "}"}}'
    assert "Answer with one JSON object" in job["payload"]["prompt"]


async def test_an_answer_shorter_than_any_is_cut(horde: Horde) -> None:
    await online(horde)
    answer, job = await answered(horde, "x" * 64, max_tokens=2)
    assert job["payload"]["max_length"] == 16
    [choice] = answer.json()["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("x" * 8, "length")


async def test_what_is_beyond_the_hordes_range_is_clamped_and_told(horde: Horde) -> None:
    await online(horde)
    answer, job = await answered(
        horde, max_tokens=128_000, temperature=9, top_p="0.5", presence_penalty=1.5, frequency_penalty=0, logit_bias={}
    )
    assert job["payload"]["max_length"] == 512
    assert (job["payload"]["temperature"], job["payload"]["top_p"]) == (5, 0.5)
    assert answer.headers["horde-clamped"] == "temperature=5, max_tokens=512"
    assert answer.headers["horde-ignored"] == "presence_penalty"


async def test_a_strict_horde_ignores_nothing(start_horde: StartHorde) -> None:
    horde = await start_horde(gateway_strict=True)
    answer = await ask(horde, messages=HELLO, presence_penalty=1)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "presence_penalty")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "messages"),
        ({"messages": []}, "invalid_value", "messages"),
        ({"messages": "hi"}, "invalid_value", "messages"),
        ({"messages": [{"role": "wizard", "content": "hi"}]}, "invalid_value", "messages.0.role"),
        ({"messages": [{"role": "user", "content": 7}]}, "invalid_value", "messages.0.content"),
        ({"messages": HELLO, "temperature": "hot"}, "invalid_value", "temperature"),
        ({"messages": HELLO, "stream": "perhaps"}, "invalid_value", "stream"),
        ({"messages": HELLO, "n": 21}, "invalid_value", "n"),
        ({"messages": HELLO, "logprobs": True}, "unsupported_parameter", "logprobs"),
        ({"messages": HELLO, "modalities": ["text", "audio"]}, "unsupported_value", "modalities"),
        ({"messages": HELLO, "horde": {"dry_run": True}}, "unsupported_parameter", "horde.dry_run"),
        ({"messages": HELLO, "horde": {"template": "nobody's"}}, "unknown_template", "horde.template"),
        ({"messages": [{"role": "user", "content": "x" * 200_000}]}, "context_length_exceeded", "messages"),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]},
            "unsupported_value",
            "messages.0.content.0.type",
        ),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_name(
    horde: Horde, body: dict[str, Any], code: str, param: str
) -> None:
    await online(horde)
    answer = await ask(horde, **body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param), error
    assert error["type"] == "invalid_request_error" and error["message"]


async def test_tools_that_nobody_can_call_are_refused_in_the_words_programs_know(horde: Horde) -> None:
    await online(horde)
    tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
    answer = await ask(horde, messages=HELLO, model=TEXT_MODEL, tools=tools)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "unsupported_parameter", "tools")
    assert "does not support tools" in error["message"]


async def test_an_unknown_model_is_404_and_names_those_there_are(horde: Horde) -> None:
    await online(horde)
    answer = await ask(horde, messages=HELLO, model="nobody-has-this")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (404, "model_not_found", "model")
    assert TEXT_MODEL in error["message"]


async def test_what_nobody_online_serves_is_given_up(start_horde: StartHorde) -> None:
    horde = await start_horde(gateway_hopeless_s=0)
    await online(horde)
    answer = await ask(horde, messages=HELLO, model=OFFLINE)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (503, "no_worker")
    assert answer.headers["x-should-retry"] == "false"
    assert error["message"].startswith("No worker online can serve this. Of 1 online: 1 serve none of the models.")


async def test_a_failed_request_is_told_in_the_stream(horde: Horde) -> None:
    await online(horde)
    asking = asyncio.create_task(ask(horde, messages=HELLO, stream=True))
    for number in range(3):
        await _fail(horde, f"failing {number}")
    answer = await asking
    assert answer.status_code == 200
    assert b"[DONE]" not in answer.content
    last = answer.text.rstrip("\n").split("\n")[-1]
    error = json.loads(last.removeprefix("data: "))["error"]
    assert (error["code"], error["type"]) == ("faulted", "server_error")


async def test_a_failed_request_is_502_and_not_to_be_repeated(horde: Horde) -> None:
    await online(horde)
    asking = asyncio.create_task(ask(horde, messages=HELLO))
    for number in range(3):
        await _fail(horde, f"failing {number}")
    answer = await asking
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "faulted")
    assert answer.headers["x-should-retry"] == "false"


async def _fail(horde: Horde, name: str) -> None:
    key = (await horde.account(name.replace(" ", "-"), trusted=True)).api_key

    async def job() -> Any:
        found = await horde.texts.pop(key, name)
        return found if found["id"] else None

    found = await horde.until(job, "there is a job")
    await horde.texts.submit(key, found["id"], state="faulted", generation="")


async def test_a_completion_goes_as_it_is(horde: Horde) -> None:
    await online(horde)
    answer, job = await answered(
        horde, " upon a time", "/v1/completions", prompt="Once", logprobs=None, seed=None, best_of=1, suffix=""
    )
    told = answer.json()
    assert told["id"].startswith("cmpl-") and told["object"] == "text_completion"
    assert told["choices"] == [{"text": " upon a time", "index": 0, "logprobs": None, "finish_reason": "stop"}]
    assert job["payload"]["prompt"] == "Once"
    assert "horde-template" not in answer.headers


async def test_several_prompts_are_several_requests(horde: Horde) -> None:
    await online(horde)
    asking = asyncio.create_task(ask(horde, "/v1/completions", prompt=["A", "B"], echo=True))
    jobs = [await scribe(horde, "!"), await scribe(horde, "?", "another")]
    told = (await asking).json()
    assert {job["payload"]["prompt"] for job in jobs} == {"A", "B"}
    assert [(each["index"], each["text"][0]) for each in told["choices"]] == [(0, "A"), (1, "B")]
    assert len(told["horde"]) == 2


async def test_a_stream_of_a_completion_is_of_texts(horde: Horde) -> None:
    await online(horde)
    answer, _ = await answered(horde, " upon", "/v1/completions", prompt=["Once"], stream=True)
    first, last = events(answer)
    assert first["choices"] == [{"text": " upon", "index": 0, "logprobs": None, "finish_reason": None}]
    assert last["choices"] == [{"text": "", "index": 0, "logprobs": None, "finish_reason": "stop"}]


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "prompt"),
        ({"prompt": ""}, "missing_required_parameter", "prompt"),
        ({"prompt": [1, 2, 3]}, "unsupported_value", "prompt"),
        ({"prompt": "a", "suffix": "b"}, "unsupported_parameter", "suffix"),
        ({"prompt": "a", "logprobs": 1}, "unsupported_parameter", "logprobs"),
        ({"prompt": ["a"] * 21}, "invalid_value", "prompt"),
        ({"prompt": "x" * 100_000}, "context_length_exceeded", "prompt"),
    ],
)
async def test_what_a_completion_cannot_be_is_refused(
    horde: Horde, body: dict[str, Any], code: str, param: str
) -> None:
    await online(horde)
    answer = await ask(horde, "/v1/completions", **body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param), error


TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"at": "sea"}'}}


async def able(horde: Horde, told: dict[str, Any], text: str = "") -> dict[str, Any]:
    """A worker whose backend takes messages and does all of it; the job."""
    key = (await horde.account("able", trusted=True)).api_key
    can = {"chat": True, "tools": True, "grammar": True, "logprobs": True, "vision": True}

    async def job() -> Any:
        found = await horde.texts.pop(key, "able", **can)
        return found if found["id"] else None

    found = await horde.until(job, "there is a job")
    await horde.texts.submit(key, found["id"], generation=text, **told)
    return dict(found["payload"])


async def able_is_online(horde: Horde) -> None:
    key = (await horde.account("there", trusted=True)).api_key
    await horde.texts.pop(key, "there", chat=True, tools=True, grammar=True, logprobs=True, vision=True)


async def test_a_function_call_passes_through_to_a_worker_that_can(horde: Horde) -> None:
    await able_is_online(horde)
    told = {"message": {"role": "assistant", "content": None, "tool_calls": [CALL]}, "finish_reason": "tool_calls"}
    asking = ask(horde, messages=HELLO, tools=[TOOL], tool_choice="auto", parallel_tool_calls=False, seed=7)
    answer, payload = await asyncio.gather(asking, able(horde, told))
    [choice] = answer.json()["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {"role": "assistant", "content": None, "refusal": None, "tool_calls": [CALL]}
    assert payload["tools"] == [TOOL] and payload["tool_choice"] == "auto"
    assert payload["parallel_tool_calls"] is False and payload["seed"] == 7
    assert payload["messages"] == HELLO


async def test_what_came_of_a_call_passes_through_too(horde: Horde) -> None:
    await able_is_online(horde)
    said = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "waves"},
    ]
    answer, payload = await asyncio.gather(ask(horde, messages=said, tools=[TOOL]), able(horde, {}, "I see waves."))
    assert answer.json()["choices"][0]["message"]["content"] == "I see waves."
    assert payload["messages"][1:] == said[1:]


async def test_a_stream_tells_calls_in_pieces_with_their_numbers(horde: Horde) -> None:
    await able_is_online(horde)
    told = {"message": {"role": "assistant", "content": None, "tool_calls": [CALL]}, "finish_reason": "tool_calls"}
    answer, _ = await asyncio.gather(ask(horde, messages=HELLO, tools=[TOOL], stream=True), able(horde, told))
    deltas = [each["choices"][0] for each in events(answer)]
    assert deltas[0]["delta"]["role"] == "assistant"
    assert deltas[1]["delta"] == {"tool_calls": [{"index": 0, **CALL}]}
    assert (deltas[-1]["finish_reason"], deltas[-1]["delta"]) == ("tool_calls", {})


async def test_schemas_and_log_probabilities_pass_through(horde: Horde) -> None:
    await able_is_online(horde)
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    logprobs = {"content": [{"token": "{", "logprob": -0.1, "bytes": [123], "top_logprobs": []}]}
    asking = ask(
        horde,
        messages=HELLO,
        response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": True}},
        logprobs=True,
        top_logprobs=2,
    )
    answer, payload = await asyncio.gather(asking, able(horde, {"logprobs": logprobs}, '{"a": 1}'))
    [choice] = answer.json()["choices"]
    assert (choice["message"]["content"], choice["logprobs"]) == ('{"a": 1}', logprobs)
    assert payload["json_schema"] == schema and payload["logprobs"] == 2


async def test_a_picture_in_a_message_reaches_a_worker_that_sees(horde: Horde) -> None:
    await able_is_online(horde)
    url = "data:image/webp;base64," + base64.b64encode(horde.picture()).decode()
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    asking = ask(horde, messages=[{"role": "user", "content": parts}])
    answer, payload = await asyncio.gather(asking, able(horde, {}, "A teal thing."))
    assert answer.json()["choices"][0]["message"]["content"] == "A teal thing."
    [part] = [each for each in payload["messages"][0]["content"] if each["type"] == "image_url"]
    assert (await horde.client.get(part["image_url"]["url"])).content[8:12] == b"WEBP"


async def test_a_picture_that_nobody_sees_is_refused(horde: Horde) -> None:
    await online(horde)
    parts = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    answer = await ask(horde, messages=[{"role": "user", "content": parts}], model=TEXT_MODEL)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "unsupported_value", "messages")
    assert error["message"] == f"The model {TEXT_MODEL!r} cannot see pictures."
