"""Ollama's answers as bytes (gateway-ollama.md §3)."""

from __future__ import annotations

import json

from horde_server.gateway.common.text_run import Moments
from horde_server.gateway.ollama.lines import Lines, created_at, figures, line

CHAT = Lines("chat", "llama", "2026-11-30T00:00:00.000000Z")
GENERATE = Lines("generate", "llama", "2026-11-30T00:00:00.000000Z")
FIGURES = {"eval_count": 2}


def test_a_piece_of_a_chat_is_a_message_of_the_assistant() -> None:
    """§3.1: compact JSON, one line feed at its end, `done` false."""
    assert line(CHAT.piece("Hel")) == (
        b'{"model":"llama","created_at":"2026-11-30T00:00:00.000000Z",'
        b'"message":{"role":"assistant","content":"Hel"},"done":false}\n'
    )


def test_a_piece_of_a_text_is_a_response() -> None:
    """§3.1: where a chat has a message."""
    assert line(GENERATE.piece("Hel")) == (
        b'{"model":"llama","created_at":"2026-11-30T00:00:00.000000Z","response":"Hel","done":false}\n'
    )


def test_no_text_breaks_a_line() -> None:
    """§3.1: whatever is written, a line stays one line."""
    sent = line(CHAT.piece("a\n\u2028\r\0b"))
    assert sent.count(b"\n") == 1 and sent.endswith(b"\n") and b"\r" not in sent
    assert json.loads(sent)["message"]["content"] == "a\n\u2028\r\0b"


def test_the_last_line_has_the_reason_and_the_figures() -> None:
    """§3.2: no text where it was streamed, all of it where not."""
    assert CHAT.last("stop", FIGURES) == {
        "model": "llama", "created_at": "2026-11-30T00:00:00.000000Z", "message": {"role": "assistant", "content": ""},
        "done": True, "done_reason": "stop", "eval_count": 2,
    }  # fmt: skip
    assert GENERATE.last("length", FIGURES, text="Hello")["response"] == "Hello"


def test_thoughts_and_calls_stand_beside_the_text() -> None:
    """§3.4: of a chat in its message, of a text at the top."""
    call = {"function": {"name": "now", "arguments": {}}}
    assert CHAT.piece("", thinking="hm", tool_calls=[call])["message"] == {
        "role": "assistant", "content": "", "thinking": "hm", "tool_calls": [call],
    }  # fmt: skip
    assert GENERATE.piece("", thinking="hm")["thinking"] == "hm"


def test_durations_add_up_in_nanoseconds() -> None:
    """§3.3: in line, reading the prompt, writing."""
    moments = Moments(asked_ns=1_000, handed_out_ns=5_000, first_ns=6_000)
    assert figures(moments, 10_000, prompt_tokens=7, tokens=3) == {
        "total_duration": 9_000, "load_duration": 4_000, "prompt_eval_count": 7, "prompt_eval_duration": 1_000,
        "eval_count": 3, "eval_duration": 4_000,
    }  # fmt: skip


def test_no_figure_is_ever_zero() -> None:
    """§3.3: UIs divide by them, also where nothing was written and no worker came."""
    assert min(figures(Moments(5), 5, prompt_tokens=0, tokens=0).values()) == 1


def test_times_have_microseconds() -> None:
    """§3.1: RFC 3339 in UTC."""
    assert created_at(0.25) == "1970-01-01T00:00:00.250000Z"
