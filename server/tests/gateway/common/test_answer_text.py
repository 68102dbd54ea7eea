"""Stop strings, thoughts and the ends of answers, in pieces as a stream brings them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_server.gateway.common.answer_text import AnswerText
from horde_server.gateway.common.finish import FinishReason, StopCutter, cut, finish_reason
from horde_server.gateway.common.said import Said

PIECES = st.lists(st.text("ab<think/|>ond \n", max_size=5), max_size=20)


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *(place % (len(text) + 1) for place in cuts)})
    return [text[start:end] for start, end in pairwise(places)]


def in_pieces(pieces: list[str], stops: tuple[str, ...] = (), **how: bool) -> tuple[Said, str | None]:
    reader = AnswerText(stops, **how)
    said = [*map(reader.feed, pieces), reader.end()]
    return Said("".join(part.reasoning for part in said), "".join(part.content for part in said)), reader.stopped_by


def whole(text: str, stops: tuple[str, ...] = (), **how: bool) -> tuple[Said, str | None]:
    return in_pieces([text], stops, **how)


@given(PIECES, st.lists(st.text("ab<", min_size=1, max_size=4), max_size=3))
def test_a_stream_is_cut_where_the_whole_text_is(pieces: list[str], stops: list[str]) -> None:
    """Piece by piece it comes to what the whole comes to (gateway-templates.md §3.1)."""
    text = "".join(pieces)
    cutter = StopCutter(stops)
    shown = ""
    for piece in pieces:
        shown += cutter.feed(piece)
        assert not any(stop in shown for stop in stops)
    shown += cutter.end()
    places = [(text.index(stop) + len(stop), text.index(stop), stop) for stop in stops if stop in text]
    _, at, by = min(places, default=(0, len(text), None))  # the first that is complete
    assert (shown, cutter.stopped_by) == (text[:at], by)
    assert cut(text, stops) == (shown, cutter.stopped_by)


def test_only_what_may_be_a_stop_is_held_back() -> None:
    cutter = StopCutter(["\nuser:", "###"])
    assert cutter.feed("Hello\n") == "Hello"
    assert cutter.feed("use") == ""
    assert cutter.feed("ful #") == "\nuseful "
    assert cutter.feed("1") == "#1"
    assert cutter.feed(" x\nuser: y") == " x"
    assert cutter.stopped_by == "\nuser:"
    assert cutter.feed("more") == cutter.end() == ""


@pytest.mark.parametrize(
    ("text", "reasoning", "content"),
    [
        ("plain", "", "plain"),
        ("<think>\nWhy?\n</think>\n\nBecause.", "Why?", "Because."),
        (" \n<think>a</think>b", "a", "b"),
        ("<think></think>b", "", "b"),
        ("<think>never ends", "never ends", ""),
        ("<thin ice", "", "<thin ice"),
        ("no <think>thought</think> here", "", "no <think>thought</think> here"),
        ("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.", "Hm.", "Yes."),
        ("<|channel|>analysis<|message|>A<|end|><|start|>assistant<|channel|>commentary<|message|>B<|end|>"
         "<|start|>assistant<|channel|>final<|message|>C", "AB", "C"),
        ("<|channel|>" + "x" * 300, "", "x" * 300),
    ],
)  # fmt: skip
@given(cuts=st.lists(st.integers(0, 500), max_size=10))
def test_a_thought_is_told_apart_however_the_text_is_cut(
    text: str, reasoning: str, content: str, cuts: list[int]
) -> None:
    """No cut between two pieces hides a mark (gateway-templates.md §3.2)."""
    assert in_pieces(pieces_of(text, cuts))[0] == Said(reasoning, content)


@pytest.mark.parametrize(
    "text", ["Why?</think>\nBecause.", "<think>Why?</think>Because.", "\nWhy?\n</think>\n\nBecause."]
)
@given(cuts=st.lists(st.integers(0, 40), max_size=6))
def test_a_thought_that_the_prompt_opened_needs_no_mark(text: str, cuts: list[int]) -> None:
    assert in_pieces(pieces_of(text, cuts), opens_thinking=True)[0] == Said("Why?", "Because.")


@given(PIECES, st.booleans(), st.booleans())
def test_pieces_and_the_whole_come_to_the_same(pieces: list[str], trims: bool, opens: bool) -> None:
    stops = ("nd", "<|")
    assert in_pieces(pieces, stops, trims=trims, opens_thinking=opens) == whole(
        "".join(pieces), stops, trims=trims, opens_thinking=opens
    )


def test_white_space_of_the_template_goes_once_and_the_answers_own_stays() -> None:
    assert in_pieces(["\n", " ", "\nHello", "\n\nyou"], trims=True)[0].content == "Hello\n\nyou"
    assert in_pieces(["\nHello"])[0].content == "\nHello"


def test_a_stop_inside_a_thought_ends_no_answer() -> None:
    said, stopped_by = whole("<think>END of thought</think>The END is near", ("END",))
    assert (said, stopped_by) == (Said("END of thought", "The "), "END")


@pytest.mark.parametrize(
    ("text", "how", "reason"),
    [
        ("short", {}, FinishReason.STOP),
        ("x" * 400, {}, FinishReason.LENGTH),
        ("x" * 399 + ".", {}, FinishReason.STOP),
        ("x" * 399 + "\n", {}, FinishReason.STOP),
        ("x" * 400, {"stopped": True}, FinishReason.STOP),
        ("x" * 400, {"reported": "stop"}, FinishReason.STOP),
        ("short", {"reported": "length"}, FinishReason.LENGTH),
        ("short", {"reported": "tool_calls"}, FinishReason.TOOL_CALLS),
        ("x" * 400, {"reported": "nonsense"}, FinishReason.LENGTH),
        ("x" * 400, {"censored": True}, FinishReason.CONTENT_FILTER),
        ("x" * 399 + ".", {"worker_tokens": 100}, FinishReason.LENGTH),
        ("x" * 380, {}, FinishReason.STOP),
        ("x" * 400, {"worker_tokens": 60}, FinishReason.STOP),
        ("short", {"worker_tokens": 1000}, FinishReason.STOP),
        ("", {}, FinishReason.STOP),
    ],
)
def test_length_is_said_only_where_it_is_sure(text: str, how: dict[str, object], reason: FinishReason) -> None:
    """Clients raise at `length`, so it is said sparingly (gateway-templates.md §3.3)."""
    assert finish_reason(text, max_length=100, **how) is reason  # type: ignore[arg-type]
