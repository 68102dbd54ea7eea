"""Choices in prompts: one option of each, by the seed, and nothing but text otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_worker.backends.normalise.dynamic_prompts import expanded

BRACES = st.text(alphabet="{}|ab ", max_size=200)


def test_every_option_is_taken_by_some_seed() -> None:
    """Over many seeds the choice is no constant, and gives nothing but its options."""
    assert {expanded("a {red|blue|green} fox", "", seed)[0] for seed in range(60)} == {
        "a red fox",
        "a blue fox",
        "a green fox",
    }


def test_nested_choices_are_made_from_the_inside() -> None:
    """An option may hold a choice, which is made whether its option is taken or not."""
    assert {expanded("{a|{b|c} d}", "", seed)[0] for seed in range(60)} == {"a", "b d", "c d"}


def test_the_same_seed_chooses_the_same() -> None:
    """So that a job made twice is the same picture."""
    prompts = ("{1|2|3|4|5|6|7|8} {a|b|c|d}", "{x|y|z|w}")
    assert expanded(*prompts, 1234) == expanded(*prompts, 1234)
    assert len({expanded(*prompts, seed) for seed in range(50)}) > 20


def test_the_choices_of_a_seed_stay_what_they_are() -> None:
    """A new release must not paint other pictures for old seeds."""
    assert expanded("{a|b|c|d|e|f|g|h} {1|2|3|4}", "{x|y|z}", 42) == ("b 1", "z")


def test_both_prompts_choose_apart() -> None:
    """The negative prompt's choices go on where the prompt's ended."""
    assert len({expanded("{a|b}", "{a|b}", seed) for seed in range(60)}) == 4


@pytest.mark.parametrize(
    "text", ["", "plain", "{no choice}", '{"shot": {"lens": "35mm"}}', "a | b", "a } b", "{a|b", "{"]
)
def test_what_is_no_choice_stays_as_it_is(text: str) -> None:
    """Braces without a bar, bars without braces, and what is never closed."""
    assert expanded(text, text, 7) == (text, text)


def test_empty_options_are_options() -> None:
    """`{|very }` means perhaps."""
    assert {expanded("a {|very }old tree", "", seed)[0] for seed in range(40)} == {"a old tree", "a very old tree"}


@given(BRACES, BRACES, st.integers())
def test_any_text_is_expanded_and_never_grows(prompt: str, negative: str, seed: int) -> None:
    """Nothing raises, and no closed choice is left."""
    for before, after in zip((prompt, negative), expanded(prompt, negative, seed), strict=True):
        assert len(after) <= len(before)
        assert set(after) <= set(before)


def test_deep_nesting_takes_one_pass() -> None:
    """A prompt of a hundred thousand braces is a text like any other."""
    deep = "{a|" * 30_000 + "b" + "}" * 30_000
    assert set(expanded(deep, "", 3)[0]) <= {"a", "b"}
