"""The JSON object in a text that comes in pieces (gateway-ollama.md §2.5)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_server.gateway.common.json_object import MOST_CHARACTERS_BEFORE, JsonObjectCut


def cut(*pieces: str) -> str:
    found = JsonObjectCut()
    return "".join(found.feed(piece) for piece in pieces) + found.end()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('Sure!\n```json\n{"a": {"b": []}}\n```', '{"a": {"b": []}}'),
        ('{"a": "}{\\"}"} and {"b": 1}', '{"a": "}{\\"}"}'),
        ("no object at all", "no object at all"),
        ('{"a": ', '{"a": '),
        ("", ""),
    ],
)
def test_what_stands_around_the_object_is_cut_off(text: str, told: str) -> None:
    assert cut(text) == cut(*text) == told


def test_who_writes_a_lot_before_it_writes_no_object() -> None:
    """Nothing is held back for ever."""
    text = "x" * (MOST_CHARACTERS_BEFORE + 1)
    found = JsonObjectCut()
    assert found.feed(text) == text
    assert found.feed('{"a": 1} b') == '{"a": 1} b'
    assert found.end() == ""


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text(), VALUES, max_size=4), size=st.integers(1, 7), after=st.text())
def test_any_object_comes_through_whole_however_it_is_cut(value: dict[str, object], size: int, after: str) -> None:
    text = f"It is: {json.dumps(value)}{after}"
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert json.loads(cut(*pieces)) == value
