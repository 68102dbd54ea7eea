"""Messages as Ollama's clients send them (gateway-ollama.md §2.1)."""

from __future__ import annotations

from typing import Any

import pytest

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField
from horde_server.gateway.common.messages import Message, Picture, Text, ToolCall, ToolResult
from horde_server.gateway.common.sent_pictures import read_pictures
from horde_server.gateway.ollama.messages import read_messages


def read(*messages: Any) -> list[Message]:
    return read_messages(Body({"messages": list(messages)}))


def test_words() -> None:
    assert read(
        {"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi", "images": [], "thinking": None},
        {"role": "assistant", "content": "Hello", "thinking": "hm", "tool_calls": None},
    ) == [
        Message("system", (Text("Be kind."),)), Message("user", (Text("Hi"),)), Message("assistant", (Text("Hello"),)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "kind"), [("iVBORw0KGgo=", "png"), ("/9j/4AAQ", "jpeg"), ("UklGRg==", "webp"), ("AAAA", "png")]
)
def test_pictures_come_as_bare_base64(sent: str, kind: str) -> None:
    (message,) = read({"role": "user", "content": "What is it?", "images": [sent]})
    assert message.parts == (Text("What is it?"), Picture(f"data:image/{kind};base64,{sent}"))


def test_a_picture_with_its_url_stays_as_it_is() -> None:
    assert read_pictures(Body({"images": ["data:image/gif;base64,AAAA"]})) == (Picture("data:image/gif;base64,AAAA"),)


def test_calls_are_numbered_and_their_results_find_them() -> None:
    """Ollama's have no ids: by name, and of one name in order."""
    call = {"function": {"name": "add", "arguments": {"a": 1}}}
    now = {"function": {"name": "now", "arguments": {}}}
    _, first, second, last = read(
        {"role": "assistant", "content": "", "tool_calls": [call, now, call]},
        {"role": "tool", "content": "12:00", "tool_name": "now"},
        {"role": "tool", "content": "2", "tool_name": "add"},
        {"role": "tool", "content": "3"},
    )
    assert first.parts == (ToolResult("call_1", "12:00"),)
    assert second.parts == (ToolResult("call_0", "2"),)
    assert last.parts == (ToolResult("call_2", "3"),)


def test_arguments_are_json_as_a_model_writes_them() -> None:
    (message,) = read(
        {
            "role": "assistant",
            "tool_calls": [
                {"function": {"name": "f", "arguments": {"a": "ü"}}},
                {"function": {"name": "g", "arguments": '{"b":1}'}},
            ],
        }
    )
    assert message.parts == (ToolCall("call_0", "f", '{"a":"ü"}'), ToolCall("call_1", "g", '{"b":1}'))


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("Hi", "messages.0"),
        ({}, "messages.0.role"),
        ({"role": "wizard"}, "messages.0.role"),
        ({"role": "user", "content": {}}, "messages.0.content"),
        ({"role": "user", "images": [{}]}, "messages.0.images"),
        ({"role": "user", "images": ["AAAA"] * 9}, "messages.0.images"),
        ({"role": "assistant", "tool_calls": [{}]}, "messages.0.tool_calls.0.function.name"),
        ({"role": "assistant", "tool_calls": [{"function": 1}]}, "messages.0.tool_calls.0.function"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_path(sent: Any, path: str) -> None:
    with pytest.raises(BadField) as refused:
        read(sent)
    assert str(refused.value.param).startswith(path)


def test_messages_without_end() -> None:
    with pytest.raises(BadField, match="2048"):
        read(*[{"role": "user", "content": "x"}] * 2049)
