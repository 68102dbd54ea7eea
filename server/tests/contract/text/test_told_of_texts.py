"""What a worker tells of a text beside the text (capabilities.md §4)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hordes import Horde

CALL = {"id": "call_1", "type": "function", "function": {"name": "tide", "arguments": '{"at":"noon"}'}}
TOLD: dict[str, Any] = {
    "finish_reason": "tool_calls",
    "tokens": 21,
    "usage": {"prompt_tokens": 12, "completion_tokens": 21},
    "message": {"role": "assistant", "content": "I look it up.", "tool_calls": [CALL]},
    "logprobs": {
        "content": [
            {"token": "I", "logprob": -0.25, "bytes": [73], "top_logprobs": [{"token": "We", "logprob": -2.5}]},
        ]
    },
}


async def delivered(horde: Horde, **told: Any) -> dict[str, Any]:
    """The text of a request as its requester sees it."""
    owner = await horde.account("owner", trusted=True)
    request_id = await horde.texts.request()
    await horde.texts.submit(owner.api_key, (await horde.texts.job(owner.api_key))["id"], **told)
    (text,) = (await horde.texts.status(request_id))["generations"]
    return dict(text)


async def test_what_was_told_is_in_the_status(horde: Horde) -> None:
    """§4.1: as it was sent."""
    found = await delivered(horde, **TOLD)
    assert {key: found[key] for key in TOLD} == TOLD


async def test_what_was_not_told_is_not_there(horde: Horde) -> None:
    """§4.1: the keys of today and no others."""
    assert not TOLD.keys() & (await delivered(horde)).keys()


async def test_some_of_it_may_be_told(horde: Horde) -> None:
    """§4.1: and a NUL in it hurts nobody."""
    found = await delivered(horde, finish_reason="length", message={"content": "a\0b"})
    assert (found["finish_reason"], found["message"]["content"]) == ("length", "a\0b")
    assert not {"tokens", "usage", "logprobs"} & found.keys()


async def test_unknown_keys_of_a_message_are_dropped(horde: Horde) -> None:
    """§4.2: nothing is kept that nobody named."""
    found = await delivered(horde, message={"content": None, "audio": {"data": "x" * 100}, "tool_calls": [CALL]})
    assert found["message"] == {"role": "assistant", "tool_calls": [CALL]}


async def test_called_functions_are_paid_as_text_is(horde: Horde) -> None:
    """§4.3: what the model wrote counts, by characters; what the worker says of tokens does not."""
    owner = await horde.account("owner", trusted=True)

    async def reward(**told: Any) -> float:
        await horde.texts.request(params={"max_length": 500}, models=["Llama-3.3-70B-Instruct"])
        job = await horde.texts.job(owner.api_key, models=["Llama-3.3-70B-Instruct"])
        return float((await horde.texts.submit(owner.api_key, job["id"], **told))["reward"])

    written = await reward(generation="x" * 1200)
    call = {"id": "1", "function": {"name": "f" * 200, "arguments": "x" * 1000}}
    assert await reward(generation="", message={"tool_calls": [call]}) == written
    assert await reward(generation="", tokens=400, usage=TOLD["usage"]) < written


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("finish_reason", "done"),
        ("tokens", -1),
        ("tokens", "5"),
        ("usage.completion_tokens", {"prompt_tokens": 1}),
        ("message", {"content": "x" * 200_000, "reasoning_content": "x" * 100_000}),
        ("message.role", {"role": "user"}),
        ("message.tool_calls", {"tool_calls": [CALL] * 129}),
        ("message.tool_calls.0.function.name", {"tool_calls": [{"id": "1", "function": {"arguments": ""}}]}),
        ("logprobs.content", {"content": [{"token": "x", "logprob": 0.0}] * 4097}),
        ("logprobs.content.0.logprob", {"content": [{"token": "x"}]}),
        ("logprobs", {"content": [{"token": "\N{WAVING HAND SIGN}" * 250, "logprob": 0.0}] * 4000}),
    ],
)
async def test_it_has_types_and_limits(horde: Horde, field: str, value: Any) -> None:
    """§4.2: 400, and the job is the worker's still."""
    owner = await horde.account("owner", trusted=True)
    request_id = await horde.texts.request()
    job_id = (await horde.texts.job(owner.api_key))["id"]
    answer = await horde.texts.try_submit(owner.api_key, job_id, **{field.partition(".")[0]: value})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})
    assert (await horde.texts.status(request_id))["processing"] == 1


async def test_a_body_of_too_many_values_is_refused_unread(horde: Horde) -> None:
    """§4.2: two hundred thousand commas are what probabilities need at most."""
    answer = await horde.texts.try_submit("0000000000", str(uuid4()), logprobs={"content": [0] * 200_001})
    assert horde.outcome(answer) == (400, "BadRequest")
