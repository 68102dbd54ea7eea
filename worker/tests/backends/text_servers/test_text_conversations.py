"""Conversations, as servers of texts are given them, and what comes back of their answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest
from text_contracts.llamacpp_chat import ConversingLlamaCppContract
from text_contracts.ollama import ConversingOllamaContract, OllamaContract
from text_contracts.openai import (
    SENT_BY_CALLS,
    BlindAndDumbContract,
    ConversingContract,
    ConversingVllmContract,
    OpenAiContract,
)
from text_contracts.served import STORY, ContractServer
from text_jobs import a_job, events_of, pieces_of

from horde_worker.backends.events import BackendFailure, Delta
from horde_worker.backends.mapping import Mapped, Sent, Unsupported, conversation_mappings
from horde_worker.backends.text import ChatAbilities, Conversation, TextEvent, TextJob, TextResult
from horde_worker.backends.text_servers import maker as maker_module
from horde_worker.backends.text_servers.chat import Answered, ChatEnding, Said
from horde_worker.backends.text_servers.maker import TextServerMaker
from horde_worker.backends.text_servers.pace import GRACE_S
from horde_worker.backends.text_servers.tables import Ask

Open = Callable[..., Awaitable[TextServerMaker]]

ASKED = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "Does it rain?"})
TOOL = {"type": "function", "function": {"name": "look", "description": "Look.", "parameters": {"type": "object"}}}
SCHEMA = {"type": "object", "properties": {"raining": {"type": "boolean"}}}
ALL = ChatAbilities(vision=False, grammar=True, tools=True, logprobs=True)
SERVERS: list[tuple[str, type[ContractServer], ChatAbilities]] = [
    ("openai", ConversingContract, ALL),
    ("openai", ConversingVllmContract, ChatAbilities(vision=True, grammar=True, tools=True, logprobs=True)),
    ("llamacpp", ConversingLlamaCppContract, ChatAbilities(vision=True, grammar=True, tools=True, logprobs=True)),
    ("ollama", ConversingOllamaContract, ChatAbilities(vision=True, grammar=True, tools=True)),
    ("openai", BlindAndDumbContract, ChatAbilities()),
]
CONVERSING = [pytest.param(name, server, id=server.__name__) for name, server, able in SERVERS if able.tools]


def a_talk(**changes: Any) -> TextJob:
    return a_job(conversation=Conversation(ASKED, **changes))


def result_in(events: list[TextEvent]) -> TextResult:
    [result] = [event for event in events if isinstance(event, TextResult)]
    return result


def deltas_in(events: list[TextEvent]) -> list[Any]:
    return [event.delta for event in events if isinstance(event, Delta)]


@pytest.mark.parametrize(("name", "server", "able"), [pytest.param(*one, id=one[1].__name__) for one in SERVERS])
async def test_only_what_a_server_has_proven_is_offered(
    opened: Open, name: str, server: type[ContractServer], able: ChatAbilities
) -> None:
    """A claim that is not true costs whoever asked for it."""
    maker = await opened(server(), name)
    assert maker.abilities.chat == able


@pytest.mark.parametrize(("name", "server"), [("openai", OpenAiContract), ("ollama", OllamaContract)])
async def test_a_server_that_knows_prompts_only_gets_prompts_only(
    opened: Open, name: str, server: type[ContractServer]
) -> None:
    """The horde has written the conversation as a prompt; what a prompt cannot say is given back."""
    asked = server()
    maker = await opened(asked, name)
    assert maker.abilities.chat is None
    assert result_in(await events_of(maker, a_talk())).text == "".join(STORY)
    assert asked.texts()[-1]["prompt"] == "Once upon a time"
    with pytest.raises(BackendFailure, match="tools"):
        await events_of(maker, a_talk(tools=(TOOL,)))


@pytest.mark.parametrize(("name", "server"), CONVERSING)
async def test_an_answer_is_told_in_pieces_and_is_the_text(
    opened: Open, name: str, server: type[ContractServer]
) -> None:
    """It ends where a stop sequence is, and with it."""
    maker = await opened(server(), name)
    events = await events_of(maker, a_job(conversation=Conversation(ASKED), stop_sequences=("cat",)))
    result = result_in(events)
    thoughts = "<think>hm</think>\n\n" if name == "ollama" else ""
    assert result.text == pieces_of(events, 1)[0] == thoughts + "Once there was a cat"
    assert result.finish_reason == "stop"
    assert deltas_in(events) == []


@pytest.mark.parametrize(("name", "server"), CONVERSING)
async def test_a_call_of_a_function_comes_back_as_one(opened: Open, name: str, server: type[ContractServer]) -> None:
    """Its deltas as they are, and the whole message with the result."""
    asked = server()
    maker = await opened(asked, name)
    events = await events_of(maker, a_talk(tools=(TOOL,), tool_choice="required", parallel_tool_calls=False))
    result = result_in(events)
    assert result.message is not None
    [call] = result.message["tool_calls"]
    assert call["function"] == {"name": "look", "arguments": '{"raining": true}'}
    assert (result.finish_reason, result.prompt_tokens) == ("tool_calls", 9)
    told = [one["tool_calls"][0] for one in deltas_in(events) if "tool_calls" in one]
    assert "".join(one["function"]["arguments"] for one in told) == '{"raining": true}'
    assert [one["function"]["name"] for one in told if "name" in one["function"]] == ["look"]
    assert asked.texts()[-1]["tools"] == [TOOL]


async def test_what_is_asked_of_a_call_is_handed_on(opened: Open) -> None:
    """All that OpenAI's API has; and the server is told what ends an answer that is more than a text."""
    asked = ConversingContract()
    maker = await opened(asked, "openai")
    choice = {"type": "function", "function": {"name": "look"}}
    talk = Conversation(ASKED, tools=(TOOL,), tool_choice=choice, parallel_tool_calls=False)
    await events_of(maker, a_job(conversation=talk, stop_sequences=("a", "b", "c", "d", "e"), seeds=(5,)))
    sent = asked.texts()[-1]
    assert (sent["tool_choice"], sent["parallel_tool_calls"], sent["seed"]) == (choice, False, 5)
    assert sent["stop"] == ["b", "c", "d", "e"]  # it takes four
    assert "prompt" not in sent


async def test_a_message_without_text_has_an_empty_one(opened: Open) -> None:
    """OpenAI's clients send `content: null` with calls of functions; llama-cpp-python refuses that, and none at all."""
    asked = ConversingContract()
    maker = await opened(asked, "openai")
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    called = {"role": "assistant", "content": None, "refusal": None, "tool_calls": [call]}
    answered = {"role": "tool", "tool_call_id": "call_1", "content": "it rains"}
    await events_of(maker, a_job(conversation=Conversation((*ASKED, called, answered), tools=(TOOL,))))
    assert asked.texts()[-1]["messages"] == [
        *ASKED,
        {"role": "assistant", "content": "", "tool_calls": [call]},
        answered,
    ]


async def test_a_name_that_a_server_repeats_is_told_once(opened: Open) -> None:
    """Clients put together what deltas say."""
    asked = ConversingContract()
    asked.repeats_names = True
    maker = await opened(asked, "openai")
    events = await events_of(maker, a_talk(tools=(TOOL,)))
    told = [one["tool_calls"][0] for one in deltas_in(events) if "tool_calls" in one]
    assert [one.get("id") for one in told] == ["call_7", None, None, None]
    assert [one["function"] for one in told[1:]] == [{"arguments": piece} for piece in SENT_BY_CALLS]


@pytest.mark.parametrize(("name", "server"), CONVERSING)
async def test_an_answer_is_bound_to_a_schema(opened: Open, name: str, server: type[ContractServer]) -> None:
    asked = server()
    maker = await opened(asked, name)
    result = result_in(await events_of(maker, a_talk(json_schema=SCHEMA)))
    assert result.text.endswith('{"raining": true}')
    sent = asked.texts()[-1]
    said = sent["format"] if name == "ollama" else sent["response_format"]["json_schema"]["schema"]
    assert said == SCHEMA


async def test_how_likely_tokens_were_is_told_beside_them_and_whole(opened: Open) -> None:
    asked = ConversingContract()
    maker = await opened(asked, "openai")
    events = await events_of(maker, a_talk(logprobs=1))
    assert (asked.texts()[-1]["logprobs"], asked.texts()[-1]["top_logprobs"]) == (True, 1)
    told = [one for one in deltas_in(events) if "logprobs" in one]
    assert [one["logprobs"]["content"][0]["token"] for one in told] == list(STORY)
    result = result_in(events)
    assert result.logprobs is not None
    assert [one["token"] for one in result.logprobs["content"]] == list(STORY)
    assert result.message == {"role": "assistant", "content": "".join(STORY)}


async def test_thoughts_that_are_told_apart_stand_before_the_text(opened: Open) -> None:
    """As models write them that tell them with it: the horde knows that form."""
    asked = ConversingContract()
    asked.thoughts = ("let me", " see")
    maker = await opened(asked, "openai")
    events = await events_of(maker, a_talk())
    assert result_in(events).text == "<think>let me see</think>\n\n" + "".join(STORY)
    assert pieces_of(events, 1) == [result_in(events).text]


async def test_thoughts_of_what_passes_through_stay_apart(opened: Open) -> None:
    asked = ConversingContract()
    asked.thoughts = ("let me", " see")
    maker = await opened(asked, "openai")
    result = result_in(await events_of(maker, a_talk(logprobs=0)))
    assert result.message == {"role": "assistant", "content": "".join(STORY), "reasoning_content": "let me see"}
    assert result.text == "".join(STORY)


BEGUN = (*ASKED, {"role": "assistant", "content": "Well, it"})


async def test_vllm_goes_on_with_an_answer_that_has_begun(opened: Open) -> None:
    asked = ConversingVllmContract()
    maker = await opened(asked, "openai")
    result = result_in(await events_of(maker, a_job(conversation=Conversation(BEGUN, continues=True))))
    sent = asked.texts()[-1]
    assert (sent["continue_final_message"], sent["add_generation_prompt"]) == (True, False)
    assert result.text == "".join(STORY)


async def test_llamacpp_goes_on_and_its_repetition_is_left_out(opened: Open) -> None:
    """It sends what the answer began with once more."""
    maker = await opened(ConversingLlamaCppContract(), "llamacpp")
    events = await events_of(maker, a_job(conversation=Conversation(BEGUN, continues=True)))
    assert result_in(events).text == pieces_of(events, 1)[0] == "".join(STORY)


async def test_others_go_on_by_the_prompt(opened: Open) -> None:
    """They would begin another message."""
    asked = ConversingContract()
    maker = await opened(asked, "openai")
    await events_of(maker, a_job(conversation=Conversation(BEGUN, continues=True)))
    assert asked.texts()[-1]["prompt"] == "Once upon a time"


async def test_samplers_are_told_as_with_prompts_and_nothing_is_cut(opened: Open) -> None:
    """A conversation that is cut from the left loses what the system said."""
    asked = ConversingVllmContract()
    maker = await opened(asked, "openai")
    await events_of(maker, a_job(conversation=Conversation(ASKED), sampling={"top_k": 7, "min_p": 0.1}, max_length=9))
    sent = asked.texts()[-1]
    assert (sent["top_k"], sent["min_p"], sent["max_tokens"]) == (7, 0.1, 9)
    assert "truncate_prompt_tokens" not in sent


async def test_a_program_that_refuses_keys_gets_openais_own(opened: Open) -> None:
    asked = ConversingVllmContract()
    maker = await opened(asked, "openai")
    asked.refusals = [(400, {"error": {"message": "unknown key top_k"}})]
    assert result_in(await events_of(maker, a_talk())).text == "".join(STORY)
    assert "top_k" not in asked.texts()[-1]


async def test_ollama_gets_messages_in_its_own_form(opened: Open) -> None:
    """Pictures apart from the text, arguments as objects, and the name of the function that answers."""
    asked = ConversingOllamaContract()
    maker = await opened(asked, "ollama")
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"where": "out"}'}}
    messages = (
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Look."}, picture]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "rain"},
    )
    await events_of(maker, a_job(conversation=Conversation(messages, has_pictures=True)))
    called = {"function": {"name": "look", "arguments": {"where": "out"}}}
    assert asked.texts()[-1]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Look.", "images": ["QUJD"]},
        {"role": "assistant", "content": "", "tool_calls": [called]},
        {"role": "tool", "content": "rain", "tool_name": "look"},
    ]  # fmt: skip


async def test_what_lies_in_memory_and_how_it_wants_conversations_is_told(opened: Open) -> None:
    ollama = await opened(ConversingOllamaContract(), "ollama")
    assert (ollama.abilities.loaded, ollama.abilities.templates) == (("mistral",), {"mistral": "chatml"})
    llama = await opened(ConversingLlamaCppContract(), "llamacpp")
    assert llama.abilities.loaded == ("tiny-llama.Q4_K_M",)
    assert llama.abilities.templates == {"tiny-llama.Q4_K_M": "llama3"}


async def test_an_answer_without_end_is_given_up(opened: Open) -> None:
    """Far more than was asked for."""
    asked = ConversingContract()
    maker = await opened(asked, "openai")
    asked.story = ("x" * 5000,) * 3
    with pytest.raises(BackendFailure, match="far more"):
        await events_of(maker, a_job(conversation=Conversation(ASKED, logprobs=0), max_length=40))


async def test_a_long_conversation_is_given_the_time_to_read_it(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a long prompt is; also where a server does not tell how much it has read."""
    maker = await opened(ConversingContract(), "openai")
    for _ in range(5):
        maker.pace.note("m", prompt_characters=1000, tokens=101, first_s=1.0, rest_s=10.0)
    limits: list[float] = []

    async def answer(_ask: Ask, limit_s: float) -> AsyncGenerator[Answered, None]:
        limits.append(limit_s)
        for _ in range(12):
            yield Said({"content": "word "})
        yield ChatEnding()

    monkeypatch.setattr(maker._server, "answer", answer)
    talk = a_job(conversation=Conversation(ASKED), prompt="x" * 100_000, ttl_s=10_000.0, max_length=40)
    for _ in range(2):
        await events_of(maker, talk)
    assert limits[0] == pytest.approx(GRACE_S + 2 * (40 / 10 + 100), rel=0.01)
    assert limits[1] <= limits[0]  # it came at once, and did not make reading seem slow


async def test_trials_have_an_end_together(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not tried in time is not offered; texts by prompts are."""
    monkeypatch.setattr(maker_module, "TRIALS_LIMIT_S", 0.0)
    asked = ConversingContract()
    maker = await opened(asked, "openai")
    assert maker.abilities.chat is None
    assert not any("messages" in body for _, body in asked.sent)


ASKED_FOR: dict[str, dict[str, Any]] = {
    "tools": {"tools": (TOOL,)},
    "tool_choice": {"tools": (TOOL,), "tool_choice": "required"},
    "parallel_tool_calls": {"tools": (TOOL,), "parallel_tool_calls": False},
    "json_schema": {"json_schema": SCHEMA},
    "response_format": {"wants_json": True},
    "logprobs": {"logprobs": 2},
}
PROGRAMS = {"openai": ConversingContract, "llamacpp": ConversingLlamaCppContract, "ollama": ConversingOllamaContract}
SAID = [
    pytest.param(name, parameter, mapped, id=f"{name}-{parameter}")
    for name, mapping in conversation_mappings().items()
    if name in PROGRAMS
    for parameter, mapped in mapping.items()
    if parameter in ASKED_FOR and not isinstance(mapped, Unsupported)
]


def keys_of(body: dict[str, Any], prefix: str = "") -> set[str]:
    """Of a body, by dotted paths, those of objects included."""
    found = {prefix + name for name in body}
    inner = (keys_of(value, f"{prefix}{name}.") for name, value in body.items() if isinstance(value, dict))
    return found.union(*inner)


@pytest.mark.parametrize(("name", "parameter", "mapped"), SAID)
async def test_what_the_table_says_of_a_conversation_is_sent(
    opened: Open, name: str, parameter: str, mapped: Mapped
) -> None:
    """There, or nowhere."""
    asked = PROGRAMS[name]()
    maker = await opened(asked, name)
    plain = {key: value for key, value in ASKED_FOR[parameter].items() if key == "tools" != parameter}
    await events_of(maker, a_talk(**plain))
    await events_of(maker, a_talk(**ASKED_FOR[parameter]))
    usual, other = (keys_of(body) for body in asked.texts()[-2:])
    if isinstance(mapped, Sent):
        assert set(mapped.where.split(", ")) <= other - usual
    else:
        assert other == usual
