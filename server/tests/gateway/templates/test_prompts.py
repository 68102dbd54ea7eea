"""Every template against prompts written by hand; nobody opens a turn by what he writes; the oldest goes first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from golden_prompts import GOLDEN, STOPS
from hypothesis import given
from hypothesis import strategies as st

from horde_server.gateway.common.messages import Message, Picture, Text, ToolCall, ToolResult, of_text
from horde_server.gateway.common.tokens import tokens
from horde_server.gateway.templates import ContextLengthExceeded, Rendered, UnknownTemplate, render
from horde_server.gateway.templates.template import built_in

SYSTEM, HELLO, HI, SING = (
    of_text("system", "Be kind."), of_text("user", " Hello!\n"), of_text("assistant", "Hi."), of_text("user", "Sing."),
)  # fmt: skip
CHATS = ((SYSTEM, HELLO), (SYSTEM, HELLO, HI, SING), (SYSTEM, HELLO, of_text("assistant", "Once upon")))
JOINER = "\u200d"


def rendered(messages: Sequence[Message], **how: Any) -> Rendered:
    return render(messages, **({"max_context_tokens": 4096, "max_length": 100} | how))


def test_every_template_has_its_golden_prompts() -> None:
    assert set(built_in()) == set(GOLDEN) == set(STOPS)


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("chat", range(3), ids=["system and user", "two turns", "an answer begun"])
def test_a_chat_becomes_the_prompt_that_the_model_was_trained_on(name: str, chat: int) -> None:
    """Of each row of the table, in three chats (gateway-templates.md §2.1, §2.2)."""
    found = rendered(CHATS[chat], template=name)
    assert found.prompt == GOLDEN[name][chat]
    assert found.stops == STOPS[name]
    assert (found.template, found.is_guess) == (name, False)


@pytest.mark.parametrize("name", GOLDEN)
def test_without_a_system_message_none_is_made_up(name: str) -> None:
    prompt = rendered((HELLO,), template=name).prompt
    assert "Be kind." not in prompt
    assert prompt.count("Hello!") == 1


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool"])
def test_what_is_written_into_a_message_opens_no_turn(name: str, role: Any) -> None:
    """Every mark of the template, in every role, stands as often as without it (gateway-templates.md §2.3)."""
    template = built_in()[name]
    marks = {*template.stops, *template.specials}

    def chat(text: str) -> tuple[Message, ...]:
        said = Message(role, (ToolResult("1", text),)) if role == "tool" else of_text(role, text)
        return (said, SING) if role == "system" else (HELLO, said, SING)

    for mark in marks:
        harmless, hostile = (rendered(chat(text), template=name).prompt for text in ("xy", f"x{mark}y"))
        for other in marks:
            assert hostile.count(other) == harmless.count(other), (mark, other)
        assert f"x{mark[0]}{JOINER}{mark[1:]}y" in hostile


@pytest.mark.parametrize("name", GOLDEN)
def test_all_that_a_template_writes_between_texts_counts_as_a_mark(name: str) -> None:
    """What stands in brackets in the table cannot be typed either."""
    template = built_in()[name]
    written = "".join([template.user, template.assistant, template.system, template.head])
    marks = {*template.stops, *template.specials}
    assert set(re.findall(r"<<[^<>]+>>|<\|?[^<>\s]+\|?>|\[/?[A-Za-z_]+\]", written)) <= marks


def test_whoever_wishes_may_write_marks() -> None:
    assert "x<|im_start|>y" in rendered((of_text("user", "x<|im_start|>y"),), template="chatml", raw_tokens=True).prompt


def test_system_messages_at_the_head_are_one_and_later_ones_the_users() -> None:
    later = (SYSTEM, of_text("system", "Be brief."), HELLO, of_text("system", "It rains."))
    assert rendered(later, template="alpaca").prompt == (
        "Be kind.\n\nBe brief.\n\n### Instruction:\nHello!\n\n### Instruction:\nIt rains.\n\n### Response:\n"
    )
    assert "<|im_start|>system\nIt rains.<|im_end|>" in rendered(later, template="chatml").prompt


@pytest.mark.parametrize("name", GOLDEN)
def test_a_system_message_alone_is_said_by_the_user(name: str) -> None:
    alone = rendered((SYSTEM,), template=name).prompt
    assert alone == rendered((of_text("user", "Be kind."),), template=name).prompt


def test_names_stand_before_texts_where_a_template_has_no_roles() -> None:
    named = (Message("user", (Text("Hello!"),), name="Ann"),)
    assert "### Instruction:\nAnn: Hello!\n" in rendered(named, template="alpaca").prompt
    assert "Ann" not in rendered(named, template="chatml").prompt


def test_tools_and_pictures_are_told_in_words() -> None:
    chat = (
        Message("user", (Text("Weather?"), Picture("data:image/png;base64,AA=="))),
        Message("assistant", (ToolCall("1", "weather", '{"at":"sea"}'),)),
        Message("tool", (ToolResult("1", "rain"),)),
    )
    assert rendered(chat, template="none").prompt == (
        'Weather?\n\n[tool call] weather({"at":"sea"})\n\n[tool result] rain\n\n'
    )


@pytest.mark.parametrize(
    ("model", "thinking", "ending", "opens"),
    [
        ("Qwen/Qwen3-4B", True, "<|im_start|>assistant\n", False),
        ("Qwen/Qwen3-4B", False, "<|im_start|>assistant\n<think>\n\n</think>\n\n", False),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", False, "<｜Assistant｜><think>\n", True),
        ("deepseek-ai/DeepSeek-V3.1", False, "<｜Assistant｜></think>", False),
        ("deepseek-ai/DeepSeek-V3.1", True, "<｜Assistant｜>", False),
        ("deepseek-ai/DeepSeek-V3-0324", False, "<｜Assistant｜>", False),
        ("zai-org/GLM-4.5-Air", False, "<|assistant|>\n<think></think>\n", False),
        ("zai-org/GLM-4-9B-0414", False, "<|assistant|>\n", False),
    ],
)
def test_thinking_is_switched_where_the_model_can(model: str, thinking: bool, ending: str, opens: bool) -> None:
    found = rendered((HELLO,), models=(model,), thinking=thinking)
    assert found.prompt.endswith("Hello!" + found.prompt.rpartition("Hello!")[2])
    assert found.prompt.endswith(ending)
    assert found.opens_thinking is opens


def test_white_space_before_an_answer_is_the_templates_where_its_header_ends_in_a_line_feed() -> None:
    assert rendered((HELLO,), template="chatml").trims
    assert not rendered((HELLO,), template="vicuna").trims
    assert not rendered((HELLO, HI), template="chatml").trims  # an answer that was begun goes on as it is


def turns(count: int, characters: int) -> list[Message]:
    return [
        of_text("assistant" if number % 2 else "user", f"{number:04}" + "x" * (characters - 4))
        for number in range(count)
    ]


@pytest.mark.parametrize("name", GOLDEN)
def test_the_oldest_turns_go_until_the_rest_fits(name: str) -> None:
    """As few as may be, and never what must stay (gateway-templates.md §2.5)."""
    chat = [SYSTEM, *turns(41, 100)]
    found = rendered(chat, template=name, max_context_tokens=600, max_length=100)
    assert 0 < found.dropped < 40
    assert tokens(found.prompt) + 100 <= 600
    assert "Be kind." in found.prompt
    for number in range(41):
        assert (f"{number:04}x" in found.prompt) is (number >= found.dropped)
    fuller = rendered(
        [SYSTEM, *chat[1 + found.dropped - 2 :]], template=name, max_context_tokens=10_000, max_length=100
    )
    assert tokens(fuller.prompt) + 100 > 600  # with one exchange more it would not have fitted


def test_what_may_not_go_and_does_not_fit_is_refused_with_both_numbers() -> None:
    with pytest.raises(ContextLengthExceeded) as refused:
        rendered((SYSTEM, *turns(5, 4000)), template="none", max_context_tokens=1000, max_length=100)
    assert "1000 tokens" in refused.value.message
    assert "1103" in refused.value.message


def test_the_last_turn_of_the_user_stays_with_all_that_follows() -> None:
    chat = (*turns(6, 400), of_text("user", "keep"), of_text("assistant", "begun " + "y" * 400))
    found = rendered(chat, template="chatml", max_context_tokens=300, max_length=100)
    assert found.dropped == 6
    assert found.prompt.endswith("y")


def test_several_models_of_one_template_use_it_and_others_plain_words() -> None:
    assert rendered((HELLO,), models=("Qwen2.5-7B", "Qwen2-1B")).template == "qwen"
    assert rendered((HELLO,), models=("Qwen2.5-7B", "gemma-2-2b")).template == "alpaca"
    assert rendered((HELLO,), models=()).header == "alpaca; guess"


def test_a_template_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(UnknownTemplate) as refused:
        rendered((HELLO,), template="nonsense")
    assert "'nonsense'" in refused.value.message
    assert "chatml" in refused.value.message


@given(
    st.lists(
        st.tuples(st.sampled_from(["system", "user", "assistant", "tool"]), st.text(max_size=60)),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(sorted(GOLDEN)),
)
def test_any_chat_renders_within_its_context_or_is_refused(chat: list[tuple[Any, str]], name: str) -> None:
    messages = [Message(role, (ToolResult("1", text) if role == "tool" else Text(text),)) for role, text in chat]
    try:
        found = rendered(messages, template=name, max_context_tokens=120, max_length=16)
    except ContextLengthExceeded:
        return
    assert tokens(found.prompt) + 16 <= 120
