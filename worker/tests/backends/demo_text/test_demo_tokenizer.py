"""Text becomes tokens, and tokens become that text again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_worker.backends.demo_text.tokenizer import END, Tokenizer

LETTERS = [chr(code) for code in range(32, 127)]
SMALL = Tokenizer(["", "\n", *LETTERS, "Once", " upon", " a", " time", " fox", " Tom"])


def spoken(text: str) -> list[str]:
    """The tokens of a text, written out."""
    return [SMALL.tokens[number] for number in SMALL.encode(text)]


def test_a_known_word_is_one_token_with_the_space_before_it() -> None:
    """So that text is its tokens one after the other."""
    assert spoken("Once upon a time,") == ["Once", " upon", " a", " time", ","]


def test_an_unknown_word_is_spelled() -> None:
    """Letter by letter, with its space."""
    assert spoken(" Zorb") == [" ", "Z", "o", "r", "b"]


@pytest.mark.parametrize("written", ["FOX", "Fox", "fox", " Fox", " FOX"])
def test_a_word_written_otherwise_is_the_known_one(written: str) -> None:
    """Better a known word in another case than letters."""
    assert spoken(written) == [" fox"]


def test_typographic_signs_become_plain_ones() -> None:
    """As the corpus has them."""
    assert spoken("“a” – ’s…") == ['"', "a", '"', " ", "-", " ", "'", "s", ".", ".", "."]


@given(st.text(alphabet=st.sampled_from("abcxyz ABC.,!?'\"\n0123")))
def test_a_plain_text_comes_back_as_it_was(text: str) -> None:
    """Where no word is replaced by a known form of it."""
    speller = Tokenizer(["", "\n", *LETTERS])
    assert speller.decode(speller.encode(text)) == text


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    """What cannot be spelled is left out; the end of a document is never read from a text."""
    assert END not in SMALL.encode(text)
