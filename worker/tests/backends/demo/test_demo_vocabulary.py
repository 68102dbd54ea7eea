from __future__ import annotations

import pytest

from horde_worker.backends.demo.vocabulary import FILLER, MAX_TOKENS, SYNONYMS, WORD_IDS, WORDS, read_prompt


def words_of(prompt: str) -> list[str]:
    return [WORDS[token] for token in read_prompt(prompt).tokens]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("A Red circle, on a BLUE background!", ["red", "circle", "on", "blue", "background"]),
        ("two crimson hearts", ["two", "red", "heart"]),
        ("3 boxes beside a grey ship", ["three", "square", "and", "gray", "boat"]),
        ("(red:1.3) [star]", ["red", "star"]),
        ("the cat's house at dusk", ["cat", "house", "in", "sunset"]),
        ("A cat in a hat", ["cat"]),
        ("a cat in a hat on a table with a red ball", ["cat", "with", "red", "circle"]),
        ("", []),
    ],
)
def test_prompts_become_known_words(prompt: str, expected: list[str]) -> None:
    assert words_of(prompt) == expected


def test_unknown_words_are_reported_and_filler_is_not() -> None:
    assert read_prompt("a photo of a shiny red dragon, shiny, дракон").ignored_words == ("shiny", "dragon", "дракон")


def test_words_beyond_the_limit_are_reported() -> None:
    reading = read_prompt("red " * MAX_TOKENS + "circle")
    assert (len(reading.tokens), reading.ignored_words) == (MAX_TOKENS, ("circle",))


def test_every_synonym_leads_to_a_word_of_the_model() -> None:
    assert set(SYNONYMS.values()) <= set(WORD_IDS)


def test_no_word_has_two_meanings() -> None:
    assert not set(SYNONYMS) & set(WORD_IDS)
    assert not FILLER & (set(SYNONYMS) | set(WORD_IDS))


def test_the_order_of_words_has_not_changed_since_training() -> None:
    assert (WORDS.index("red"), WORDS.index("circle"), WORDS.index("sky"), WORDS.index("background")) == (1, 13, 30, 54)
