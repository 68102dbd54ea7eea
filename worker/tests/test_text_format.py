"""The formatting wishes of a text request, each and in their order (requests.md §8.4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_worker.text_format import UNFORMATTED, TextFormat, formatted_prompt, formatted_text


@given(st.text())
def test_without_wishes_a_text_stays_as_it_is(text: str) -> None:
    """Also a strange one."""
    assert formatted_text(text, UNFORMATTED) == text
    assert formatted_prompt(text, UNFORMATTED) == text


def test_a_single_line_ends_at_the_first_break() -> None:
    """`singleline`."""
    assert formatted_text("One.\nTwo.", TextFormat(single_line=True)) == "One."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("He ran. She hid. And th", "He ran. She hid."),
        ('"Stop!" he cri', '"Stop!"'),
        ("(He ran.) and", "(He ran.)"),
        ("no end at all", "no end at all"),
        ("", ""),
        ("Done.", "Done."),
    ],
)
def test_an_incomplete_sentence_is_cut_off(text: str, left: str) -> None:
    """`frmttriminc`; a text without any whole sentence stays."""
    assert formatted_text(text, TextFormat(trims_incomplete=True)) == left


def test_blank_lines_are_taken_out() -> None:
    """`frmtrmblln`: two breaks or more become one."""
    assert formatted_text("a\n\n\nb\nc", TextFormat(trims_blank_lines=True)) == "a\nb\nc"


def test_special_characters_are_taken_out() -> None:
    """`frmtrmspch`: these, and no others."""
    assert formatted_text("a#/@%{}+=~|\\^<>b!?\"'", TextFormat(removes_special=True)) == "ab!?\"'"


@pytest.mark.parametrize(("prompt", "longer"), [("Once", "Once "), ("Once ", "Once "), ("Once\n", "Once\n"), ("", "")])
def test_a_space_is_added_to_a_prompt_that_ends_in_none(prompt: str, longer: str) -> None:
    """`frmtadsnsp`."""
    assert formatted_prompt(prompt, TextFormat(adds_space=True)) == longer


def test_a_single_line_is_taken_before_sentences_are_trimmed() -> None:
    """The order of requests.md §8.4: else a second line's full stop would save the first line's stump."""
    assert formatted_text("A. and\nB.", TextFormat(single_line=True, trims_incomplete=True)) == "A."
