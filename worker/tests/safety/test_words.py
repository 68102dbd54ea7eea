"""What the words of a prompt say: whether a child is meant, and whether a list is hit."""

from __future__ import annotations

import pytest

from horde_worker.safety.words import means_a_child, words_hit, words_to_send


@pytest.mark.parametrize(
    "prompt",
    [
        "a child in the rain",
        "two Kids playing",
        "a little girl",
        "portrait of a 12 year old",
        "a nine-year-old, no: 9yo",
        "17 y/o",
        "aged 14",
        "schoolgirl uniform",
        "school girl",
        "a loli",
        "TEENAGER",
        "toddlers",
        "underage",
        "a 3rd grader",
    ],
)
def test_a_child_is_meant(prompt: str) -> None:
    """In whatever case, as whole words."""
    assert means_a_child(prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        "a woman of thirty",
        "an 18 year old student",
        "a 35yo man",
        "a kidney",
        "Childe Harold's pilgrimage",
        "babylon",
        "minority report",
        "canteen",
        "lollipop",
        "",
    ],
)
def test_no_child_is_meant(prompt: str) -> None:
    """Words that hold such a word, and grown-up ages."""
    assert not means_a_child(prompt)


def test_the_longest_prompt_is_read() -> None:
    """No prompt makes the pattern try for ever: the time limit of a test would be over."""
    for piece in ("1" * 100_000, "teen" * 25_000, "9 " * 50_000, "little " * 14_000):
        assert means_a_child(piece) in (True, False)


def test_a_list_is_hit_within_words_and_in_any_case() -> None:
    """As hordes read blacklists; an empty word hits nothing."""
    assert words_hit("A Swordfish", ["SWORD"])
    assert not words_hit("a fish", ["sword", ""])
    assert not words_hit("a fish", [])


def test_hordes_get_lists_as_they_keep_them() -> None:
    """Two hundred words of fifteen characters."""
    assert words_to_send(["Extraordinarily long", " ", "b"]) == ["extraordinarily", "b"]
    assert len(words_to_send(str(number) for number in range(500))) == 200
