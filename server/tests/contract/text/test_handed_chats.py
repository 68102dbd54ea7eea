"""Conversations go to workers whose backend takes messages (capabilities.md §1–3, §5)."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import pytest_asyncio
from desks import Desk, horde_with_desk
from hordes import Horde, StartHorde
from text_routes import TEXT_MODEL

from horde_server.accounts.creation import NewAccount
from horde_server.requests.pictures.source_refusals import ImageValidationFailed
from horde_server.requests.text.chat import Chat
from horde_server.requests.text.refusals import InvalidMessages

HELLO = ({"role": "user", "content": "Hello!"},)
TOOL = {"type": "function", "function": {"name": "tide", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"type": "object", "properties": {"depth_m": {"type": "number"}}}


def data_uri(color: str = "teal") -> str:
    return "data:image/webp;base64," + base64.b64encode(Horde.picture(color)).decode()


def seen(*urls: str) -> tuple[dict[str, Any], ...]:
    """A question about pictures."""
    parts = [{"type": "image_url", "image_url": {"url": url, "detail": "low"}} for url in urls]
    return ({"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]},)


NEEDS: dict[str, Chat] = {
    "tools": Chat(messages=HELLO, tools=(TOOL,)),
    "vision": Chat(messages=seen(data_uri())),
    "grammar": Chat(messages=HELLO, json_schema=SCHEMA),
    "logprobs": Chat(messages=HELLO, logprobs=0),
}


@pytest_asyncio.fixture
async def desk(start_horde: StartHorde, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A server, with its desk."""
    return await horde_with_desk(start_horde, monkeypatch)


@pytest_asyncio.fixture
async def owner(desk: Desk) -> NewAccount:
    """Of the workers."""
    return await desk.horde.account("owner", trusted=True)


# ---------------------------------------------------------------- who is handed what


@pytest.mark.parametrize("need", NEEDS)
async def test_a_need_is_met_by_who_declares_it(desk: Desk, owner: NewAccount, need: str) -> None:
    """§1.1, §1.3: others are told so in `skipped`, by its name; `chat` alone is not enough."""
    texts = desk.horde.texts
    await desk.ask(chat=NEEDS[need])
    others = {other: True for other in NEEDS if other != need}
    offers: list[dict[str, Any]] = [{}, {"chat": True}, others]
    for offer in offers:
        answer = await texts.pop(owner.api_key, **offer)
        assert (answer["id"], answer["skipped"]) == (None, {need: 1})
    assert (await texts.job(owner.api_key, "able", **{need: True}))["payload"]["messages"]


async def test_a_plain_worker_gets_the_bytes_it_always_got(desk: Desk, owner: NewAccount) -> None:
    """§3.1: a conversation that needs nothing goes to anybody, as its prompt."""
    answers = []
    for chat, seed in ((None, None), (Chat(messages=HELLO, json_object=True, template="chatml"), 7)):
        await desk.ask("<|im_start|>user\nHello!", chat=chat, seed=seed)
        response = await desk.horde.texts.try_pop(owner.api_key)
        answers.append(response.content.replace(response.json()["id"].encode(), b"ID"))
    assert answers[0] == answers[1]
    assert b'"ID"' in answers[0]


async def test_a_declaring_worker_gets_the_same_bytes_for_plain_requests(desk: Desk, owner: NewAccount) -> None:
    """§3.1: what it can do more changes nothing of a request without messages."""
    answers = []
    able: dict[str, Any] = {"chat": True, "tools": True, "loaded": [TEXT_MODEL], "templates": {TEXT_MODEL: "chatml"}}
    for offer in ({}, able):
        await desk.ask()
        response = await desk.horde.texts.try_pop(owner.api_key, **offer)
        answers.append(response.content.replace(response.json()["id"].encode(), b"ID"))
    assert answers[0] == answers[1]


async def test_what_a_worker_that_takes_messages_is_handed(desk: Desk, owner: NewAccount) -> None:
    """§3.2: messages as they came, what is asked of the answer, and always the prompt."""
    messages = ({"role": "system", "content": "Be short."}, *HELLO, {"role": "assistant", "content": "Well,"})
    chat = Chat(
        messages=messages,
        continues=True,
        tools=(TOOL,),
        tool_choice="required",
        parallel_tool_calls=False,
        json_schema=SCHEMA,
        logprobs=3,
    )
    await desk.ask("rendered", chat=chat, seed=11)
    payload = (await desk.horde.texts.job(owner.api_key, tools=True, grammar=True, logprobs=True))["payload"]
    assert payload == {
        "max_context_length": 2048, "max_length": 80, "min_p": 0.0, "smoothing_factor": 0.0, "dynatemp_range": 0.0,
        "dynatemp_exponent": 1.0, "prompt": "rendered", "n": 1, "seed": 11, "messages": list(messages),
        "continue": True, "tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False,
        "json_schema": SCHEMA, "logprobs": 3,
    }  # fmt: skip


async def test_who_streams_is_told_the_seed(desk: Desk, owner: NewAccount) -> None:
    """§3.2: as who takes messages is, and nothing else of the conversation."""
    await desk.ask("rendered", chat=Chat(messages=HELLO), seed=11)
    payload = (await desk.horde.texts.job(owner.api_key, streams=True))["payload"]
    assert (payload["seed"], "messages" in payload) == (11, False)


async def test_some_json_object_is_asked_of_anybody(desk: Desk, owner: NewAccount) -> None:
    """§1.2: it is no need: the prompt asks for it too."""
    await desk.ask(chat=Chat(messages=HELLO, json_object=True))
    payload = (await desk.horde.texts.job(owner.api_key, chat=True))["payload"]
    assert payload["response_format"] == {"type": "json_object"}


# ---------------------------------------------------------------- pictures


async def test_pictures_are_kept_and_handed_out_as_links(desk: Desk, owner: NewAccount) -> None:
    """§2.3, §3.3: in their places, and in `images`; the stored order has none of their bytes."""
    request_id = await desk.ask(chat=Chat(messages=seen(data_uri("teal"), data_uri("red"))))
    [(stored,)] = await desk.horde.sql("SELECT request_order::text FROM request WHERE id = %s", request_id)
    assert "base64" not in stored
    payload = (await desk.horde.texts.job(owner.api_key, vision=True))["payload"]
    parts = payload["messages"][0]["content"][1:]
    assert [part["image_url"]["url"] for part in parts] == payload["images"]
    assert {part["image_url"]["detail"] for part in parts} == {"low"}
    fetched = [await desk.horde.client.get(url) for url in payload["images"]]
    assert [answer.status_code for answer in fetched] == [200, 200]
    assert fetched[0].content != fetched[1].content


async def test_pictures_go_with_their_request(desk: Desk, owner: NewAccount) -> None:
    """storage.md §6: a text has no picture of its own, but those it was given."""
    request_id = await desk.ask(chat=NEEDS["vision"])
    url = (await desk.horde.texts.job(owner.api_key, vision=True))["payload"]["images"][0]
    await desk.horde.sql("UPDATE request SET expires_at = now() - interval '1 second' WHERE id = %s", request_id)

    async def is_gone() -> bool:
        return (await desk.horde.client.get(url)).status_code == 404

    await desk.horde.until(is_gone, "the picture is deleted")


async def test_a_picture_that_is_none_is_refused(desk: Desk) -> None:
    """§2.3: by the rules of source pictures, with its number."""
    with pytest.raises(ImageValidationFailed, match="`messages: picture 1`"):
        await desk.ask(chat=Chat(messages=seen(data_uri(), "data:image/png;base64,AAAA")))
    assert await desk.horde.sql("SELECT 1 FROM request") == []
    with pytest.raises(InvalidMessages, match="at most 8"):
        await desk.ask(chat=Chat(messages=seen(*[data_uri()] * 9)))


# ---------------------------------------------------------------- what is served


async def test_what_nobody_online_can_is_told_in_words(desk: Desk, owner: NewAccount) -> None:
    """§5.1: by model, judged as a request would be; each capability by its own name."""
    served = desk.texts.served
    for need, words in (
        ("tools", "does not support tools on this horde"),
        ("vision", "cannot see pictures"),
        ("grammar", "cannot be bound to a JSON schema"),
        ("logprobs", "report no log probabilities"),
    ):
        found = served.nobody_can([TEXT_MODEL], NEEDS[need], 0)
        assert found is not None
        assert (found.capability, words in found.message) == (need, True)
        await desk.horde.texts.pop(owner.api_key, need, **{need: True})
        assert served.nobody_can([TEXT_MODEL], NEEDS[need], 0) is None
        assert served.nobody_can([], NEEDS[need], 0) is None
        assert served.nobody_can(["another"], NEEDS[need], 0) is not None
    assert served.nobody_can(["another"], Chat(messages=HELLO), 0) is None, "it needs nothing"
    both = Chat(messages=HELLO, tools=(TOOL,), logprobs=0)
    found = served.nobody_can([TEXT_MODEL], both, 0)
    assert found is not None, "each is there, but nobody has both"
    assert found.capability == "logprobs"


async def served(desk: Desk) -> dict[str, dict[str, Any]]:
    """What `/v1/models` tells of each model."""
    answer = await desk.horde.client.get("/v1/models?type=text")
    return {row["id"]: row["horde"] for row in answer.json()["data"]}


async def test_what_is_served_is_told_by_model(desk: Desk, owner: NewAccount) -> None:
    """§5.2: what at least one worker of a model declares."""
    pop = desk.horde.texts.pop
    await pop(owner.api_key, "a", models=["xxx", "yyy"], tools=True, max_length=128)
    await pop(owner.api_key, "b", models=["xxx"], logprobs=True, max_context_length=8192)
    told = await served(desk)
    assert {name: told[name]["capabilities"] for name in ("xxx", "yyy", "horde/any-text")} == {
        "xxx": ["chat", "logprobs", "tools"],
        "yyy": ["chat", "tools"],
        "horde/any-text": ["chat", "logprobs", "tools"],
    }


async def test_most_trusted_claims_of_a_template_win(desk: Desk, owner: NewAccount) -> None:
    """§5.3: strangers' claims count nothing; of models that a worker has not nothing is kept."""
    eve = await desk.horde.account("eve")
    for name, key, template in (
        ("a", owner.api_key, "llama3"), ("b", owner.api_key, "chatml"), ("c", owner.api_key, "llama3"),
        ("d", eve.api_key, "chatml"), ("e", eve.api_key, "chatml"),
    ):  # fmt: skip
        await desk.horde.texts.pop(key, name, templates={TEXT_MODEL: template, "another": template})
    await desk.horde.texts.pop(eve.api_key, "f", models=["zzz"], templates={"zzz": "vicuna"})
    told = await served(desk)
    assert told[TEXT_MODEL]["template"] == "llama3"
    assert "template" not in told["zzz"]
    assert "another" not in told


@pytest.mark.parametrize(
    ("field", "values"),
    {
        "chat": [1, "yes", None],
        "tools": ["true"],
        "vision": [[]],
        "grammar": [0],
        "logprobs": [5],
        "templates": ["chatml", ["chatml"], {f"m{number}": "x" for number in range(201)}],
        "templates.m": [{"m": 5}, {"m": "x" * 65}],
        "loaded": ["m", ["m"] * 21],
        "loaded.0": [[5], ["m" * 256]],
    }.items(),
)  # fmt: skip
async def test_declarations_have_types_and_limits(horde: Horde, field: str, values: list[Any]) -> None:
    """§1.4: what is wrong is named, and nothing of the pop is done."""
    for value in values:
        answer = await horde.texts.try_pop("0000000000", **{field.partition(".")[0]: value})
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {field}), value
