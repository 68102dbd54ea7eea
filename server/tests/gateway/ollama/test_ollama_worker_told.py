"""What a backend answered beside text (gateway-ollama.md §3.6)."""

from __future__ import annotations

import pytest

from horde_server.gateway.ollama.worker_told import logprobs, tool_calls


@pytest.mark.parametrize(
    ("written", "told"),
    [('{"a": 1}', {"a": 1}), ("", {}), ("{", {"arguments": "{"}), ("[1]", {"arguments": [1]})],
)
def test_arguments_are_an_object_and_nothing_is_lost(written: str, told: object) -> None:
    sent = {"message": {"tool_calls": [{"function": {"name": "f", "arguments": written}}]}}
    assert tool_calls(sent) == [{"function": {"index": 0, "name": "f", "arguments": told}}]


@pytest.mark.parametrize(
    "told", [{}, {"message": None, "logprobs": None}, {"message": {"content": "x"}, "logprobs": {}}]
)
def test_nothing_told_is_nothing(told: dict[str, object]) -> None:
    assert tool_calls(told) == logprobs(told) == []
