"""Answers become sentences; what is a guess is left out."""

from __future__ import annotations

import pytest

from horde_worker.backends.demo_caption.questions import QUESTIONS
from horde_worker.backends.demo_caption.wording import Answer, sentence


def said(share: float = 0.9, **words: str) -> str:
    """A big red circle alone in the middle of a white background, but for `words`."""
    answers = {
        "kind": "one", "backdrop": "white", "first_shape": "circle", "first_colour": "red",
        "second_shape": "star", "second_colour": "orange", "spot": "center", "size": "middling",
    } | words  # fmt: skip
    return sentence({name.replace("_", " "): Answer(word, share) for name, word in answers.items()})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({}, "a red circle on a white background"),
        ({"size": "big"}, "a big red circle on a white background"),
        ({"spot": "left"}, "a red circle at the left on a white background"),
        ({"backdrop": "orange"}, "a red circle on an orange background"),
        ({"backdrop": "mountain"}, "a red circle in the mountains"),
        ({"first_colour": "orange"}, "an orange circle on a white background"),
        ({"kind": "side by side"}, "a red circle left of an orange star on a white background"),
        ({"kind": "one above the other", "backdrop": "night"}, "a red circle above an orange star at night"),
        ({"kind": "two alike"}, "two red circles on a white background"),
        ({"kind": "three alike", "first_shape": "fish"}, "three red fish on a white background"),
        ({"kind": "two alike", "first_shape": "cross"}, "two red crosses on a white background"),
        ({"kind": "empty", "backdrop": "sea"}, "the sea"),
        ({"kind": "empty"}, "a white background"),
    ],
)
def test_sentences(words: dict[str, str], expected: str) -> None:
    assert said(0.9, **words) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("one", "something"),
        ("side by side", "something left of something"),
        ("three alike", "three things"),
        ("empty", "an empty picture"),
    ],
)
def test_what_is_a_guess_is_left_out(kind: str, expected: str) -> None:
    assert said(share=0.2, kind=kind) == expected


def test_every_answer_has_a_wording() -> None:
    """No word of any question is refused."""
    for name, words in QUESTIONS.items():
        assert all(said(0.9, **{name.replace(" ", "_"): word}) for word in words)
