"""KoboldCpp's answers as bytes (gateway-kobold.md §3)."""

from __future__ import annotations

import json

from horde_server.gateway.kobold.events import Result, failure, results, token


def test_a_token_is_a_message_of_one_line() -> None:
    """§3.1: compact JSON."""
    assert token("Hel") == b'event: message\ndata: {"token":"Hel","finish_reason":null}\n\n'
    assert token("", "stop") == b'event: message\ndata: {"token":"","finish_reason":"stop"}\n\n'


def test_no_text_ends_an_event() -> None:
    """§3.1: a blank line in a text is no blank line of the stream."""
    sent = token("a\n\n\r\rb")
    assert sent.count(b"\n\n") == 1 and b"\r" not in sent


def test_a_failure_is_the_last_event() -> None:
    """§3.3: with the sentence of the refusal."""
    data = json.loads(failure("No worker.").split(b"data: ")[1])
    assert data == {"token": "", "finish_reason": "error", "error": {"msg": "No worker."}}


def test_results_are_told_each_with_its_figures() -> None:
    """§3.2: in their order."""
    made = Result(text="a", finish_reason="length", prompt_tokens=3, completion_tokens=1)
    assert json.loads(results([made, made])) == {
        "results": [{"text": "a", "finish_reason": "length", "prompt_tokens": 3, "completion_tokens": 1}] * 2
    }
