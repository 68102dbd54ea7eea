"""Ollama's API over the horde's queue (gateway-ollama.md §1–4)."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from embedding_routes import EMBEDDING_MODEL
from hordes import Horde, StartHorde
from text_routes import TEXT_MODEL

HELLO = [{"role": "user", "content": "Hello"}]


async def online(horde: Horde, **offer: Any) -> str:
    """A worker that has just asked for work; its owner's key."""
    key = (await horde.account("owner")).api_key
    await horde.texts.pop(key, **offer)
    return key


@asynccontextmanager
async def working(
    horde: Horde, key: str, offer: Mapping[str, Any] = MappingProxyType({}), **submitted: Any
) -> AsyncIterator[list[dict[str, Any]]]:
    """A worker that does the next job; what it was handed."""
    jobs: list[dict[str, Any]] = []

    async def work() -> None:
        while not jobs:
            popped = await horde.texts.pop(key, **offer)
            if popped["id"]:
                jobs.append(popped)
                await horde.texts.submit(key, popped["id"], **submitted)
            else:
                await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        yield jobs


async def post(horde: Horde, route: str, **body: Any) -> httpx.Response:
    return await horde.client.post(f"/api/{route}", json=body)


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.content.endswith(b"\n")
    return [json.loads(line) for line in answer.content.splitlines()]


async def test_a_chat_is_streamed_unless_told_otherwise(horde: Horde) -> None:
    """§2, §3: and rendered as the model knows it."""
    key = await online(horde)
    async with working(horde, key, generation="Good day.") as jobs:
        answer = await post(horde, "chat", model=TEXT_MODEL, messages=HELLO)
    told = lines(answer)
    assert "".join(line["message"]["content"] for line in told) == "Good day."
    assert [line["done"] for line in told] == [False, True]
    assert told[-1]["done_reason"] == "stop"
    assert {line["model"] for line in told} == {TEXT_MODEL}
    assert min(told[-1][name] for name in ("total_duration", "load_duration", "eval_count", "eval_duration")) > 0
    payload = jobs[0]["payload"]
    assert "Hello" in payload["prompt"] and payload["prompt"] != "Hello"  # rendered
    assert payload["max_length"] == 512
    assert answer.headers["horde-request"] and answer.headers["horde-template"]
    assert answer.headers["horde-account"].startswith("Anonymous#")


async def test_a_chat_at_once(horde: Horde) -> None:
    """§3.5: with all of the text."""
    key = await online(horde)
    async with working(horde, key, generation="Good day."):
        answer = await post(horde, "chat", model=TEXT_MODEL, messages=HELLO, stream=False, options={}, tools=[])
    assert answer.status_code == 200 and "json" in answer.headers["content-type"]
    told = answer.json()
    assert (told["message"], told["done"], told["done_reason"]) == (
        {"role": "assistant", "content": "Good day."}, True, "stop",
    )  # fmt: skip


async def test_a_raw_prompt_goes_as_it_is(horde: Horde) -> None:
    """§2.2: nothing is put around it."""
    key = await online(horde)
    async with working(horde, key) as jobs:
        answer = await post(
            horde, "generate", model=TEXT_MODEL, prompt="Once", raw=True, options={"seed": 1, "stop": ["q"]}
        )
    assert "".join(line["response"] for line in lines(answer)) == "there was a harbour."
    assert jobs[0]["payload"]["prompt"] == "Once"
    assert jobs[0]["payload"]["stop_sequence"] == ["q"]


async def test_a_prompt_with_a_system_is_a_chat(horde: Horde) -> None:
    """§2.2: rendered as one."""
    key = await online(horde)
    async with working(horde, key) as jobs:
        await post(horde, "generate", model=TEXT_MODEL, prompt="Who are you?", system="You are a pirate.", stream=False)
    prompt = jobs[0]["payload"]["prompt"]
    assert prompt.index("You are a pirate.") < prompt.index("Who are you?")


async def test_what_comes_after_a_stop_string_is_not_shown(horde: Horde) -> None:
    """§3.1: workers of Kobold's kind keep it."""
    key = await online(horde)
    async with working(horde, key, generation="Good day.STOP"):
        answer = await post(horde, "chat", model=TEXT_MODEL, messages=HELLO, options={"stop": ["STOP"]})
    told = lines(answer)
    assert "".join(line["message"]["content"] for line in told) == "Good day."
    assert told[-1]["done_reason"] == "stop"


@pytest.mark.parametrize(("thinks", "thought"), [(None, ""), (False, ""), (True, "hm"), ("high", "hm")])
async def test_a_thought_is_shown_to_who_asks_for_it(horde: Horde, thinks: Any, thought: str) -> None:
    """§3.4: others get the answer alone."""
    key = await online(horde)
    async with working(horde, key, generation="<think>hm</think>Yes."):
        answer = await post(horde, "chat", model=TEXT_MODEL, messages=HELLO, think=thinks)
    told = [line["message"] for line in lines(answer)]
    assert "".join(message["content"] for message in told) == "Yes."
    assert "".join(message.get("thinking", "") for message in told) == thought


async def test_json_alone(horde: Horde) -> None:
    """§2.5: it is asked for in words, and what stands around the object is cut off."""
    key = await online(horde)
    async with working(horde, key, generation='Sure: {"a": "}"} Done.') as jobs:
        answer = await post(horde, "generate", model=TEXT_MODEL, prompt="A colour", format="json")
    assert "".join(line["response"] for line in lines(answer)) == '{"a": "}"}'
    assert "Answer with one JSON object and nothing else." in jobs[0]["payload"]["prompt"]


async def test_an_answer_shorter_than_workers_make_any(horde: Horde) -> None:
    """§2.4: cut to the wish, and it says so."""
    key = await online(horde)
    async with working(horde, key, generation="there was a harbour.") as jobs:
        answer = await post(horde, "generate", model=TEXT_MODEL, prompt="Once", options={"num_predict": 2})
    told = lines(answer)
    assert "".join(line["response"] for line in told) == "there wa"
    assert told[-1]["done_reason"] == "length"
    assert jobs[0]["payload"]["max_length"] == 16


@pytest.mark.parametrize(
    ("route", "body", "word"),
    [
        ("chat", {"messages": []}, "load"),
        ("chat", {}, "load"),
        ("generate", {"prompt": ""}, "load"),
        ("generate", {"keep_alive": "5m"}, "load"),
        ("generate", {"keep_alive": 0}, "unload"),
        ("chat", {"messages": [], "keep_alive": "0"}, "unload"),
        ("generate", {"raw": True}, "load"),
    ],
)
async def test_to_load_a_model_is_nothing(horde: Horde, route: str, body: dict[str, Any], word: str) -> None:
    """§2.6: answered at once, and no request is made."""
    await online(horde)
    answer = await post(horde, route, model=TEXT_MODEL, stream=False, **body)
    assert (answer.status_code, answer.json()["done_reason"], answer.json()["done"]) == (200, word, True)
    assert await horde.sql("SELECT count(*) FROM request") == [(0,)]
    (told,) = lines(await post(horde, route, model=TEXT_MODEL, **body))
    assert told["done_reason"] == word


async def test_models_are_listed(horde: Horde) -> None:
    """§1.1–1.3: with what clients show of them."""
    await online(horde, max_context_length=4096)
    answer = await horde.client.get("/api/tags")
    (model,) = answer.json()["models"]
    assert model["name"] == model["model"] == TEXT_MODEL
    assert len(model["digest"]) == 64
    assert model["details"]["family"] == "mistral" and model["details"]["parameter_size"] == "7B"
    for known in (answer.headers["etag"], answer.headers["etag"].removeprefix("W/")):
        again = await horde.client.get("/api/tags", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
    (loaded,) = (await horde.client.get("/api/ps")).json()["models"]
    assert (loaded["name"], loaded["context_length"], loaded["size_vram"]) == (TEXT_MODEL, 4096, 0)


async def test_models_of_embeddings_are_told_apart(horde: Horde) -> None:
    """§1.1, §1.4: listed after those of texts, which make no vectors, as these write no texts."""
    await online(horde)
    await horde.embeddings.pop((await horde.account("embedder")).api_key)
    listed = [model["name"] for model in (await horde.client.get("/api/tags")).json()["models"]]
    assert listed == [TEXT_MODEL, EMBEDDING_MODEL]
    shown = (await post(horde, "show", model=EMBEDDING_MODEL)).json()
    assert shown["capabilities"] == ["embedding"]
    assert (await post(horde, "pull", model=EMBEDDING_MODEL)).json() == {"status": "success"}
    for answer in (
        await post(horde, "embed", model=TEXT_MODEL, input="x"),
        await post(horde, "generate", model=EMBEDDING_MODEL, prompt="x"),
    ):
        assert answer.status_code in (400, 404) and answer.json()["error"]


@pytest.mark.parametrize("field", ["model", "name"])
async def test_a_model_is_shown_by_either_name_of_the_field(horde: Horde, field: str) -> None:
    """§1.4: with the program in front, without, and with the tag that Ollama adds."""
    await online(horde)
    for name in (TEXT_MODEL, TEXT_MODEL.removeprefix("koboldcpp/"), f"{TEXT_MODEL}:latest"):
        told = (await post(horde, "show", **{field: name})).json()
        assert told["model_info"]["mistral.context_length"] == 4096
        assert told["capabilities"] == ["completion"]


async def test_the_version_is_ollamas_and_ours(horde: Horde) -> None:
    """§1.5: programs compare the first."""
    told = (await horde.client.get("/api/version")).json()
    assert told["version"].count(".") == 2 and told["horde"]


async def test_a_model_that_is_served_need_not_be_pulled(horde: Horde) -> None:
    """§1.6: others are 404."""
    await online(horde)
    assert (await post(horde, "pull", model=TEXT_MODEL)).json() == {"status": "success"}
    answer = await post(horde, "pull", model="no-such-model")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("method", "route"),
    [("POST", "push"), ("POST", "create"), ("POST", "copy"), ("DELETE", "delete"), ("POST", "blobs/sha256:00")],
)  # fmt: skip
async def test_models_are_the_workers_business(horde: Horde, method: str, route: str) -> None:
    """§1.6: 400, as a 5xx would be tried again."""
    answer = await horde.client.request(method, f"/api/{route}", json={"model": "m", "input": "x"})
    assert answer.status_code == 400
    assert "this horde" in answer.json()["error"]


@pytest.mark.parametrize(
    ("route", "body", "said"),
    [
        (
            "chat",
            {"messages": HELLO, "tools": [{"type": "function", "function": {"name": "f"}}]},
            "does not support tools",
        ),
        ("chat", {"messages": [{**HELLO[0], "images": ["iVBORw0KGgo="]}]}, "cannot see pictures"),
        ("generate", {"prompt": "x", "images": ["iVBORw0KGgo="]}, "cannot see pictures"),
        ("generate", {"prompt": "x", "raw": True, "images": ["iVBORw0KGgo="]}, "raw"),
        ("generate", {"prompt": "x", "suffix": "y"}, "suffix"),
        ("generate", {"prompt": "x", "template": "{{ .Prompt }}"}, "template"),
        ("generate", {"prompt": "x", "format": {"type": "object"}}, "JSON schema"),
        ("generate", {"prompt": "x", "format": "yaml"}, "format"),
        ("chat", {"messages": HELLO, "logprobs": True}, "log probabilities"),
        ("chat", {"messages": [{"role": "wizard"}]}, "messages.0.role"),
    ],
)
async def test_what_nobody_can_is_refused_by_name(horde: Horde, route: str, body: dict[str, Any], said: str) -> None:
    """§2.7, §4.1: before anything is taken."""
    await online(horde)
    answer = await post(horde, route, model=TEXT_MODEL, **body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert await horde.sql("SELECT count(*) FROM request") == [(0,)]


async def test_an_unknown_model_is_404_with_what_is_served(horde: Horde) -> None:
    """§4.2: on every route that names one."""
    await online(horde)
    for route, body in (("chat", {"messages": HELLO}), ("generate", {"prompt": "x"}), ("show", {})):
        answer = await post(horde, route, model="no-such-model", **body)
        assert answer.status_code == 404
        assert "no-such-model" in answer.json()["error"] and TEXT_MODEL in answer.json()["error"]


async def test_a_wrong_key_is_401(horde: Horde) -> None:
    """§4.1: for lists too, as programs test their key there."""
    for path in ("tags", "version"):
        answer = await horde.client.get(f"/api/{path}", headers={"Authorization": "Bearer nobody-has-this-key-00"})
        assert (answer.status_code, set(answer.json())) == (401, {"error", "code"})
    answer = await horde.client.post(
        "/api/chat",
        json={"model": TEXT_MODEL, "messages": HELLO},
        headers={"Authorization": "Bearer nobody-has-this-key-00"},
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(("keepalive", "pieces"), [("comment", 1), ("off", 0)])
async def test_in_silence_an_empty_piece_is_sent(start_horde: StartHorde, keepalive: str, pieces: int) -> None:
    """§3.7: as long as the answer is waited for; not where the operator wants none."""
    horde = await start_horde(sse_keepalive_s=1, sse_keepalive=keepalive)
    key = await online(horde)
    asked = asyncio.create_task(post(horde, "chat", model=TEXT_MODEL, messages=HELLO))
    await asyncio.sleep(1.3)
    job = await horde.until(partial(_job, horde, key, "scribe"), "a job")
    await horde.texts.submit(key, job["id"], generation="Good day.")
    told = [line["message"]["content"] for line in lines(await asked)]
    assert told.count("") - 1 == pieces  # the last line's is empty too
    assert "".join(told) == "Good day."


async def test_a_failure_after_the_start_is_the_last_line(horde: Horde) -> None:
    """§4.3: three workers failed."""
    key = await online(horde)
    asked = asyncio.create_task(post(horde, "chat", model=TEXT_MODEL, messages=HELLO))
    for name in ("one", "two", "three"):
        job = await horde.until(partial(_job, horde, key, name), "a job")
        await horde.texts.submit(key, job["id"], state="faulted", generation="")
    told = lines(await asked)
    assert set(told[-1]) == {"error", "code"} and told[-1]["code"] == "faulted"


async def _job(horde: Horde, key: str, name: str) -> dict[str, Any] | None:
    popped = await horde.texts.pop(key, name)
    return popped if popped["id"] else None


async def test_nothing_else_is_there(horde: Horde) -> None:
    """§4.1: in the dialect's shape, whatever the method."""
    answer = await horde.client.get("/api/chat")
    assert (answer.status_code, set(answer.json())) == (405, {"error", "code"} & set(answer.json()) | {"error"})
    assert answer.headers["allow"]


# ---------------------------------------------------------------- what a backend can do passes through


ADD = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


async def test_tools_go_to_a_worker_that_has_them_and_its_calls_come_back(horde: Horde) -> None:
    """§2.7, §3.6: the arguments are an object, in a line of their own before the last."""
    offer = {"tools": True, "chat": True}
    key = await online(horde, **offer)
    assert (await post(horde, "show", model=TEXT_MODEL)).json()["capabilities"] == ["completion", "tools"]
    call = {"id": "call_x", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    for stream in (True, False):
        async with working(
            horde, key, offer, generation="", message=message, finish_reason="tool_calls", tokens=9
        ) as jobs:
            answer = await post(horde, "chat", model=TEXT_MODEL, messages=HELLO, tools=[ADD], stream=stream)
        assert jobs[0]["payload"]["tools"] == [ADD]
        assert jobs[0]["payload"]["messages"] == HELLO
        told = lines(answer) if stream else [answer.json()]
        (said,) = [line["message"] for line in told if "tool_calls" in line["message"]]
        assert said["tool_calls"] == [{"function": {"index": 0, "name": "add", "arguments": {"a": 1}}}]
        assert (told[-1]["done"], told[-1]["done_reason"]) == (True, "stop")


async def test_a_schema_and_a_seed_go_to_a_worker_that_has_them(horde: Horde) -> None:
    """§2.5, §2.7: as the backend takes them."""
    offer = {"grammar": True, "chat": True}
    key = await online(horde, **offer)
    async with working(horde, key, offer, generation='{"a":1}') as jobs:
        answer = await post(
            horde,
            "generate",
            model=TEXT_MODEL,
            prompt="x",
            format={"type": "object"},
            stream=False,
            options={"seed": 7},
        )
    assert answer.json()["response"] == '{"a":1}'
    assert (jobs[0]["payload"]["json_schema"], jobs[0]["payload"]["seed"]) == ({"type": "object"}, 7)


async def test_pictures_go_to_a_worker_that_sees(horde: Horde) -> None:
    """§2.3: base64 without anything in front."""
    offer = {"vision": True, "chat": True}
    key = await online(horde, **offer)
    assert (await post(horde, "show", model=TEXT_MODEL)).json()["capabilities"] == ["completion", "vision"]
    sent = base64.b64encode(horde.picture()).decode()
    for route, body in (
        ("chat", {"messages": [{"role": "user", "content": "What is it?", "images": [sent]}]}),
        ("generate", {"prompt": "What is it?", "images": [sent]}),
    ):
        async with working(horde, key, offer, generation="a lighthouse") as jobs:
            answer = await post(horde, route, model=TEXT_MODEL, stream=False, **body)
        assert answer.status_code == 200, answer.text
        (words, picture) = jobs[0]["payload"]["messages"][0]["content"]
        assert words == {"type": "text", "text": "What is it?"}
        assert (await horde.client.get(picture["image_url"]["url"])).status_code == 200


async def test_log_probabilities_come_back(horde: Horde) -> None:
    """§3.6: with the last line."""
    offer = {"logprobs": True, "chat": True}
    key = await online(horde, **offer)
    token = {
        "token": "a",
        "logprob": -0.5,
        "bytes": [97],
        "top_logprobs": [{"token": "b", "logprob": -1.5, "bytes": [98]}],
    }
    async with working(horde, key, offer, generation="a", logprobs={"content": [token]}) as jobs:
        answer = await post(
            horde, "chat", model=TEXT_MODEL, messages=HELLO, logprobs=True, top_logprobs=1, stream=False
        )
    assert jobs[0]["payload"]["logprobs"] == 1
    assert answer.json()["logprobs"] == [token]
