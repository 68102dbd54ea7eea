"""Calls of tools, from their pieces, in every shape that a backend may write."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_server.gateway.anthropic.events import MessageEvents
from horde_server.gateway.common.calls import Call, Calls, pieces_of_calls
from horde_server.gateway.common.errors import Faulted
from horde_server.gateway.common.said import CallPiece, Said
from horde_server.gateway.openai.responses.output import Output


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        ("", {}),
        ("[1]", {"arguments": "[1]"}),
        ('{"a": ', {"arguments": '{"a": '}),
        ("[" * 100_000, {"arguments": "[" * 100_000}),
    ],
)
def test_arguments_that_are_no_object_are_kept(arguments: str, found: dict[str, Any]) -> None:
    assert Call("1", "f", arguments).input == found


def test_pieces_make_whole_calls() -> None:
    calls = Calls()
    calls.feed((CallPiece(0, "a", "f", '{"x"'), CallPiece(1, "b", "g")))
    calls.feed((CallPiece(0, arguments=": 1}"), CallPiece(1, arguments="{}")))
    assert [(call.id, call.name, call.input) for call in calls] == [("a", "f", {"x": 1}), ("b", "g", {})]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["index", "id", "function", "name", "arguments"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_what_makes_no_sense_is_left_out(sent: Any) -> None:
    for piece in pieces_of_calls(sent):
        assert (type(piece.number), type(piece.id), type(piece.name), type(piece.arguments)) == (int, str, str, str)


def test_calls_that_are_mixed_up_end_the_answer() -> None:
    """What was told of a call cannot be gone on with once the next has begun: better no answer than a wrong one."""
    mixed = Said(calls=(CallPiece(0, "a", "f", "{"), CallPiece(1, "b", "g", "{}"), CallPiece(0, arguments="}")))
    with pytest.raises(Faulted):
        MessageEvents({}, begins_with_text=False).said(mixed)
    with pytest.raises(Faulted):
        Output("x").said(mixed)
