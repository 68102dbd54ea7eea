"""Trigger words and inversions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_worker.backends.normalise.additions import (
    trigger_words,
    with_inversion,
    with_triggers,
)

TRAINED = ("pixelart", "sprite sheet, game", "isometric view")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("", ()),
        ("all", TRAINED),
        ("sprite", ("sprite sheet, game",)),
        ("isometrik view", ("isometric view",)),
        ("PIXELART", ("pixelart",)),
        ("zzzzz", ()),
    ],
)
def test_a_wish_finds_its_words(wish: str, words: tuple[str, ...]) -> None:
    """Exactly, in part, nearly, or not."""
    assert trigger_words(wish, TRAINED, 1) == words


def test_any_is_one_by_the_seed() -> None:
    """The same for the same seed, each for some."""
    assert {trigger_words("any", TRAINED, seed) for seed in range(40)} == {(word,) for word in TRAINED}
    assert trigger_words("any", TRAINED, 5) == trigger_words("any", TRAINED, 5)


@given(st.text(), st.lists(st.text(), max_size=200), st.integers())
def test_any_wish_and_any_words(wish: str, trained: list[str], seed: int) -> None:
    """Nothing raises, and nothing is made up: it is a trained word, or the wish where none is known."""
    found = trigger_words(wish, trained, seed)
    assert all(word == wish.strip() or any(word in one for one in trained) for word in found)


def test_where_no_words_are_known_a_wish_is_taken_at_its_word() -> None:
    """Who names one has read it somewhere; `any` and `all` name none."""
    assert trigger_words(" pixelart ", (), 1) == ("pixelart",)
    assert trigger_words("any", ("", " ,"), 1) == trigger_words("ALL", (), 1) == ()


def test_triggers_go_in_front_once() -> None:
    """What the prompt says already is not said twice."""
    assert with_triggers("a fox", ("pixelart", "Fox")) == "pixelart, a fox"
    assert with_triggers("", ("pixelart",)) == "pixelart"
    assert with_triggers("a fox", ()) == "a fox"


def test_inversions_go_where_they_are_wished() -> None:
    """In front of the prompt, behind the negative one, or nowhere."""
    assert with_inversion("a fox", "blurry", "(hands:1.2)", "prompt") == ("(hands:1.2), a fox", "blurry")
    assert with_inversion("a fox", "blurry", "(hands:1.2)", "negprompt") == ("a fox", "blurry, (hands:1.2)")
    assert with_inversion("a fox", "", "(hands:1.2)", "negprompt") == ("a fox", "(hands:1.2)")
    assert with_inversion("a fox", "blurry", "(hands:1.2)", "") == ("a fox", "blurry")
