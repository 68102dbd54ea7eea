"""Conversations in hand-outs: read whatever is in them, their pictures fetched, and answered by a whole worker."""

from __future__ import annotations

import asyncio
import base64
import io
import random
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest
from PIL import Image
from played_horde import Answer, PlayedHorde
from workshop import Naps

from horde_worker.backends.events import BackendFailure, Delta, Piece
from horde_worker.backends.text import ChatAbilities, Conversation, TextAbilities, TextEvent, TextJob, TextResult
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.kinds.text.conversation import MOST_MESSAGES, MOST_PICTURES, MOST_TOOLS, conversation_of
from horde_worker.kinds.text.kind import TextKind
from horde_worker.kinds.text.popped import read_text_pop
from horde_worker.loop.breaker import FAILURE_PAUSE_S
from horde_worker.settings import OperatorWishes
from horde_worker.worker import Worker

LIMIT_S = 20.0
IDS = ("t1",)
USER = {"role": "user", "content": "Does it rain?"}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
STREAM = {"wanted": True, "interval_ms": 50, "max_bytes": 16384}
CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}


def read(**payload: Any) -> Conversation | None:
    return conversation_of({"prompt": "p", **payload}, IDS)


def a_picture(mode: str = "RGB", form: str = "WEBP") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (20, 10), "red").save(buffer, form)
    return buffer.getvalue()


def seen(address: str) -> dict[str, Any]:
    return {
        "role": "user",
        "content": [{"type": "text", "text": "Look."}, {"type": "image_url", "image_url": {"url": address}}],
    }


def test_all_of_a_conversation_is_read() -> None:
    found = read(
        messages=[USER], tools=[TOOL], tool_choice="required", parallel_tool_calls=True, logprobs=3,
        response_format={"type": "json_object"}, json_schema={"type": "object"}, **{"continue": True},
    )  # fmt: skip
    assert found == Conversation(
        (USER,), continues=True, tools=(TOOL,), tool_choice="required", parallel_tool_calls=True, wants_json=True,
        json_schema={"type": "object"}, logprobs=3,
    )  # fmt: skip


def test_a_text_of_old_has_none() -> None:
    assert read() is None
    job = read_text_pop({"id": "t1", "payload": {"prompt": "p"}})
    assert job is not None
    assert (job.conversation, job.stream) == (None, None)


def test_a_prompt_with_pictures_becomes_a_message() -> None:
    found = read(images=["QUJD"])
    assert found is not None
    assert found.has_pictures
    assert [part["type"] for part in found.messages[0]["content"]] == ["image_url", "text"]


def test_the_seed_that_was_asked_for_is_the_first_one() -> None:
    job = read_text_pop({"id": "t1", "ids": ["t1", "t2"], "payload": {"prompt": "p", "seed": 7}})
    assert job is not None
    assert job.seeds == (7, 8)


@pytest.mark.parametrize(
    "payload",
    [
        {"messages": [USER] * (MOST_MESSAGES + 1)},
        {"messages": "hello"},
        {"messages": ["hello"]},
        {"messages": [{"content": "nobody says it"}]},
        {"messages": [{"role": "demon", "content": "x"}]},
        {"messages": [{"role": ["user"], "content": "x"}]},
        {"messages": [USER, {"role": {"user": 1}, "content": "x"}]},
        {"messages": [USER], "tools": [TOOL] * (MOST_TOOLS + 1)},
        {"messages": [USER], "tools": [{"x": "y" * 600_000}]},
        {"messages": [USER], "json_schema": "object"},
        {"messages": [USER], "json_schema": {"x": "y" * 300_000}},
        {"messages": [seen("QUJD")] * (MOST_PICTURES + 1)},
    ],
    ids=range(12),
)
def test_what_is_out_of_bounds_is_given_back(payload: dict[str, Any]) -> None:
    """In one piece: with less than was asked for, the answer would be another."""
    with pytest.raises(UnusableJob) as refused:
        read_text_pop({"id": "t1", "payload": {"prompt": "p", **payload}})
    assert refused.value.ids == IDS


def test_whatever_is_in_a_hand_out_it_is_read_or_given_back() -> None:
    dice = random.Random(7)
    values: list[Any] = [None, 0, -1, 1e300, "", "x", [], {}, [None], [[]], {"a": []}, True, [USER], [TOOL], "required",
                         [{"role": {}}], [{"role": []}], [{"role": None}]]  # fmt: skip
    names = [
        *("messages", "tools", "tool_choice", "json_schema", "response_format", "logprobs", "images", "continue"),
        *("parallel_tool_calls", "seed"),
    ]
    for _ in range(2000):
        payload = {name: dice.choice(values) for name in dice.sample(names, dice.randint(0, 6))}
        answer = {"id": "t1", "payload": {"prompt": "p", **payload}, "stream": dice.choice(values)}
        try:
            assert read_text_pop(answer) is not None
        except UnusableJob as refused:
            assert refused.ids == IDS  # noqa: PT017 - either is right


class Caller:
    """Calls a function whenever it may."""

    def __init__(self, chat: ChatAbilities | None = None) -> None:
        self.abilities = TextAbilities(("quill",), 512, 4096, chat=chat or ChatAbilities(tools=True, vision=True))
        self.jobs: list[TextJob] = []

    async def make(self, job: TextJob) -> AsyncGenerator[TextEvent, None]:
        self.jobs.append(job)
        yield Delta(0, {"role": "assistant", "content": "I look."})
        yield Piece(0, "I look.")
        yield Delta(0, {"tool_calls": [CALL]})
        message = {"role": "assistant", "content": "I look.", "tool_calls": [CALL]}
        yield TextResult("I look.", 7, 5, finish_reason="tool_calls", prompt_tokens=9, message=message)


def a_worker(horde: PlayedHorde, session: aiohttp.ClientSession, maker: Caller) -> Worker[Any, Any]:
    kind = TextKind(HordeApi(session, horde.url, "the key", Naps()), "caller", maker, OperatorWishes("a caller"))
    return Worker(kind, sleep=Naps(), jobs_wanted=1)


async def test_a_call_is_told_by_its_deltas_and_handed_in_whole(
    horde: PlayedHorde, session: aiohttp.ClientSession
) -> None:
    payload = {"messages": [USER], "tools": [TOOL]}
    horde.text_pop_script = [horde.text_job("t1", payload=payload, stream=STREAM)]
    await asyncio.wait_for(a_worker(horde, session, Caller()).run(), LIMIT_S)
    assert (horde.text_pops[0]["chat"], horde.text_pops[0]["tools"], horde.text_pops[0]["vision"]) == (True,) * 3
    [submit] = horde.text_submits
    assert submit["message"]["tool_calls"] == [CALL]
    assert (submit["finish_reason"], submit["generation"]) == ("tool_calls", "I look.")
    assert submit["usage"] == {"prompt_tokens": 9, "completion_tokens": 5}
    told = horde.desk.deltas.get("t1", [])
    assert told == [{"role": "assistant", "content": "I look."}, {"tool_calls": [CALL]}]  # all, before the result
    assert "t1" not in horde.desk.texts


async def test_a_job_for_more_than_was_offered_is_given_back(
    horde: PlayedHorde, session: aiohttp.ClientSession
) -> None:
    maker = Caller(ChatAbilities())
    horde.text_pop_script = [horde.text_job("t1", payload={"messages": [USER], "tools": [TOOL]})]
    worker = a_worker(horde, session, maker)
    running = asyncio.create_task(worker.run())
    await horde.until(lambda: horde.text_submits)
    worker.leave()
    await asyncio.wait_for(running, LIMIT_S)
    assert horde.text_submits[0]["state"] == "faulted"
    assert maker.jobs == []


@pytest.mark.parametrize(("mode", "form", "becomes"), [("RGB", "WEBP", "jpeg"), ("RGBA", "PNG", "png")])
async def test_pictures_are_fetched_for_the_backend(
    horde: PlayedHorde, session: aiohttp.ClientSession, mode: str, form: str, becomes: str
) -> None:
    """In a form that every program knows; none is handed an address that it would have to go to."""
    horde.shelf["seen"] = Answer(body=a_picture(mode, form))
    maker = Caller()
    messages = [seen(f"{horde.url}/shelf/seen"), seen(base64.b64encode(a_picture()).decode())]
    horde.text_pop_script = [horde.text_job("t1", payload={"messages": messages})]
    await asyncio.wait_for(a_worker(horde, session, maker).run(), LIMIT_S)
    assert maker.jobs[0].conversation is not None
    shown = [message["content"][1]["image_url"]["url"] for message in maker.jobs[0].conversation.messages]
    assert [address.partition(";")[0] for address in shown] == [f"data:image/{becomes}", "data:image/jpeg"]
    assert Image.open(io.BytesIO(base64.b64decode(shown[0].partition(",")[2]))).size == (20, 10)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/router", "http://169.254.169.254/", "file:///etc/passwd", ""])
async def test_a_picture_that_cannot_be_had_fails_the_job(
    horde: PlayedHorde, session: aiohttp.ClientSession, address: str
) -> None:
    """Without it, the answer would be made up. A horde points nowhere into the owner's network."""
    kind = TextKind(HordeApi(session, horde.url, "the key", Naps()), "caller", Caller(), OperatorWishes("a caller"))
    job = read_text_pop({"id": "t1", "model": "quill", "payload": {"prompt": "p", "messages": [seen(address)]}})
    assert job is not None
    with pytest.raises(BackendFailure, match="picture"):
        await kind.prepare(job)


async def test_pictures_that_cannot_be_had_pause_no_worker(horde: PlayedHorde, session: aiohttp.ClientSession) -> None:
    """Else anybody could stop every worker that looks at pictures, by asking three times about none."""
    lost = [horde.text_job(f"t{place}", payload={"messages": [seen(f"{horde.url}/shelf/none")]}) for place in range(5)]
    horde.text_pop_script = [*lost, horde.text_job("good", payload={"messages": [USER]})]
    naps = Naps()
    kind = TextKind(HordeApi(session, horde.url, "the key", naps), "caller", Caller(), OperatorWishes("a caller"))
    await asyncio.wait_for(Worker(kind, sleep=naps, jobs_wanted=6).run(), LIMIT_S)
    assert FAILURE_PAUSE_S not in naps.taken
    assert [one["state"] for one in horde.text_submits].count("faulted") == 5
