"""Text out of tokens: whole characters, in pieces that make the text."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from horde_worker.backends.transformers.decoding import MOST_WAITING, GrowingText


def decode_bytes(tokens: Sequence[int]) -> str:
    """Every token a byte."""
    return bytes(tokens).decode("utf-8", "replace")


def decode_words(tokens: Sequence[int]) -> str:
    """Every token a word; the first of a text loses its space, as in some tokenizers."""
    return " ".join(f"w{token}" for token in tokens)


def pieces(growing: GrowingText, tokens: Sequence[int]) -> list[str]:
    """What each token completes, and the end."""
    return [*(growing.add(token) for token in tokens), growing.end()]


@pytest.mark.parametrize("text", ["plain", "naïve", "日本語", "a🦊b", ""])
def test_characters_are_told_whole(text: str) -> None:
    """However many bytes and tokens they have."""
    growing = GrowingText(decode_bytes, list(b"before "))
    told = pieces(growing, text.encode())
    assert "".join(told) == growing.text == text
    assert all("\ufffd" not in piece for piece in told)


def test_the_first_word_keeps_its_space() -> None:
    """It stands behind the prompt's last."""
    growing = GrowingText(decode_words, [1, 2, 3])
    assert pieces(growing, range(10, 30)) == [*(f" w{n}" for n in range(10, 30)), ""]


def test_a_broken_character_is_shown_at_last() -> None:
    """Rather than to wait for ever."""
    growing = GrowingText(decode_bytes, b"x")
    assert [growing.add(0xFF) for _ in range(MOST_WAITING - 1)] == [""] * (MOST_WAITING - 1)
    assert growing.add(0xFF) == "\ufffd" * MOST_WAITING


def test_half_a_character_at_the_end_is_shown_too() -> None:
    """All the tokens that were drawn are in the text."""
    growing = GrowingText(decode_bytes, b"x")
    assert pieces(growing, "a🦊".encode()[:3]) == ["a", "", "", "\ufffd"]
