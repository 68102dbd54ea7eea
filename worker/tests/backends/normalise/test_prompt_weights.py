"""Weights in prompts, as the programs that brought them up read them."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_worker.backends.normalise.prompt_weights import MAX_WEIGHT, Weighted, weighted_parts, without_weights

BRACKETS = st.text(alphabet="()[]:\\0123.9- aBREAK\n", max_size=300)


def shown(prompt: str, **how: bool) -> list[tuple[str, float]]:
    """Words and their weights, rounded."""
    return [(part.text, round(part.weight, 4)) for part in weighted_parts(prompt, **how)]


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ("", []),
        ("a fox", [("a fox", 1.0)]),
        ("a (red) fox", [("a ", 1.0), ("red", 1.1), (" fox", 1.0)]),
        ("((red))", [("red", 1.21)]),
        ("(red:1.5)", [("red", 1.5)]),
        ("(red: 0.5 ) fox", [("red", 0.5), (" fox", 1.0)]),
        ("(a (b:2) c:0.5)", [("a ", 0.5), ("b", 1.0), (" c", 0.5)]),
        ("[red]", [("red", 0.9091)]),
        ("([red])", [("red", 1.0)]),
        (r"\(red\) \[x\]", [("(red) [x]", 1.0)]),
        ("(red", [("red", 1.1)]),
        ("red) :) 5:3", [("red) :) 5:3", 1.0)]),
        ("a:1.3)", [("a:1.3)", 1.0)]),
        ("(red:0)", [("red", 0.0)]),
        ("(red:-1)", [("red", -1.0)]),
        ("(sea at 12:30)", [("sea at 12", MAX_WEIGHT)]),
    ],
)
def test_brackets_weigh(prompt: str, parts: list[tuple[str, float]]) -> None:
    """The cases that people write."""
    assert shown(prompt) == parts


def test_square_brackets_are_text_where_the_maker_says_so() -> None:
    """ComfyUI knows round ones only."""
    assert shown("[red] (fox)", has_square_brackets=False) == [("[red] ", 1.0), ("fox", 1.1)]


def test_a_break_begins_a_chunk() -> None:
    """Only the whole word in capitals does."""
    assert weighted_parts("a BREAK (b) BREAKFAST break") == (
        Weighted("a ", 1.0, 0),
        Weighted(" ", 1.0, 1),
        Weighted("b", 1.1, 1),
        Weighted(" BREAKFAST break", 1.0, 1),
    )


def test_words_alone() -> None:
    """What is left for a maker without weights."""
    assert without_weights(r"a (red:1.3) [old] \(real\) fox") == "a red old (real) fox"


@given(BRACKETS, st.booleans())
def test_any_text_is_read(prompt: str, square: bool) -> None:
    """Nothing raises, weights stay within bounds, and no character comes from nowhere."""
    parts = weighted_parts(prompt, has_square_brackets=square)
    assert all(math.isfinite(part.weight) and abs(part.weight) <= MAX_WEIGHT and part.text for part in parts)
    assert len("".join(part.text for part in parts)) <= len(prompt)
    assert all(one.chunk <= two.chunk for one, two in itertools.pairwise(parts))


@given(st.text(alphabet="abc ,.", max_size=100))
def test_a_prompt_without_brackets_is_one_part(prompt: str) -> None:
    """As it was written."""
    assert "".join(part.text for part in weighted_parts(prompt)) == prompt
    assert len(weighted_parts(prompt)) == bool(prompt)


def test_a_hundred_thousand_brackets_stay_finite() -> None:
    """However deep, the weight ends at its bound."""
    assert shown("(" * 50_000 + "x" + ")" * 50_000) == [("x", MAX_WEIGHT)]
