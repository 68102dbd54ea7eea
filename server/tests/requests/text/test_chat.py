"""What a conversation needs, and what it may have in it (capabilities.md §1, §2)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from horde_server.dispatch.capabilities import BackendBit
from horde_server.requests.text.chat import Chat
from horde_server.requests.text.chat_checks import check_chat
from horde_server.requests.text.order import TextOrder, decode_order
from horde_server.requests.text.refusals import InvalidMessages, InvalidSchema, InvalidTools

HELLO = {"role": "user", "content": "Hello!"}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
TOOL = {"type": "function", "function": {"name": "f"}}


def a_chat(*messages: dict[str, Any], **given: Any) -> Chat:
    return Chat(messages=messages or (HELLO,), **given)


@pytest.mark.parametrize(
    ("chat", "needs"),
    [
        (a_chat(), 0),
        (a_chat(json_object=True, continues=True, template="chatml", tool_choice="auto"), 0),
        (a_chat(tools=(TOOL,)), BackendBit.TOOLS),
        (a_chat(json_schema={}), BackendBit.GRAMMAR),
        (a_chat(logprobs=0), BackendBit.LOGPROBS),
        (a_chat({"role": "user", "content": [{"type": "text", "text": "x"}, PICTURE]}), BackendBit.VISION),
    ],
)
def test_needs_are_what_only_some_backends_do(chat: Chat, needs: int) -> None:
    """§1.2: a template, some JSON object or a beginning are none."""
    assert chat.needs == needs


def test_an_order_reads_back_as_it_was_stored() -> None:
    """§2.4: and one of before, without a conversation, reads as ever."""
    order = TextOrder("x", chat=a_chat(tools=(TOOL,), json_schema={"a": [1, None, {"b": 2.5}]}, logprobs=2), seed=3)
    assert decode_order(msgspec.json.encode(order)) == order
    assert decode_order('{"prompt":"x"}') == TextOrder("x")
    assert msgspec.json.encode(TextOrder("x")) == b'{"prompt":"x"}'


def test_pictures_are_found_and_replaced_in_their_order() -> None:
    """§2.3: whichever way a message names them."""
    second = {"type": "image_url", "image_url": "data:image/png;base64,AA"}
    chat = a_chat({"role": "user", "content": [PICTURE]}, HELLO, {"role": "user", "content": [second, PICTURE]})
    assert chat.pictures() == [
        "https://example.org/a.png", "data:image/png;base64,AA", "https://example.org/a.png",
    ]  # fmt: skip
    assert chat.with_kept_pictures().pictures() == ["picture:0", "picture:1", "picture:2"]
    assert chat.with_kept_pictures().messages[1] is HELLO


@pytest.mark.parametrize(
    ("chat", "refusal"),
    [
        (Chat(messages=()), InvalidMessages),
        (a_chat(*[HELLO] * 2049), InvalidMessages),
        (a_chat({"role": "wizard", "content": "x"}), InvalidMessages),
        (a_chat({"content": "x"}), InvalidMessages),
        (a_chat({"role": "user", "content": "x" * (4 * 1024 * 1024)}), InvalidMessages),
        (a_chat({"role": "user", "content": [{"type": "image_url"}]}), InvalidMessages),
        (a_chat({"role": "user", "content": [PICTURE] * 9}), InvalidMessages),
        (a_chat({"role": "user", "content": "a\0b"}), InvalidMessages),
        (a_chat({"role": "user", "content": "\ud800"}), InvalidMessages),
        (a_chat({"role": "user", "content": object()}), InvalidMessages),
        (a_chat(logprobs=21), InvalidMessages),
        (a_chat(logprobs=-1), InvalidMessages),
        (a_chat(tools=(TOOL,) * 129), InvalidTools),
        (a_chat(tools=({"x": "y" * 131_072},)), InvalidTools),
        (a_chat(tool_choice={"x": "y" * 131_072}), InvalidTools),
        (a_chat(json_schema={"x": "y" * 65_536}), InvalidSchema),
    ],
)
def test_what_is_too_much_is_refused(chat: Chat, refusal: type[Exception]) -> None:
    """§2.1, §2.2: each by its own code."""
    with pytest.raises(refusal):
        check_chat(chat)


def test_what_is_just_within_the_limits_is_taken() -> None:
    """§2.1, §2.2: also a backslash before what would be a NUL."""
    check_chat(a_chat(*[HELLO] * 2048, tools=(TOOL,) * 128, logprobs=20))
    check_chat(a_chat({"role": "user", "content": "x" * (4 * 1024 * 1024 - 100)}))
    check_chat(a_chat({"role": "user", "content": r"\u0000"}, {"role": "user", "content": [PICTURE] * 8}))


def test_pictures_do_not_count_to_the_length_of_messages() -> None:
    """§2.3: they have limits of their own."""
    large = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * (5 * 1024 * 1024)}}
    check_chat(a_chat({"role": "user", "content": [large]}))
