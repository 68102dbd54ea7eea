"""The plain form of a prompt that filters are held against (moderation.md §2.1).

The original's steps, and two before them for what is not ASCII: characters are composed (full-width and ringed letters
become plain ones), and what nobody sees (joiners, strokes, variation selectors) is dropped, where the original takes it
for a space, so that it would hide any word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from anyascii import anyascii

NEGATIVE_MARK = "###"
"""What stands after it is the negative prompt."""
_MOST_NESTED_WEIGHTS = 4
_MOST_REMEMBERED_CHARACTERS = 20_000

# Digits can be read in one way only: `\d+\.?\d*` would try each split of a long number, with the interpreter held.
_WEIGHT = re.compile(r"\(([^()]*?):\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)\s*\)")
_UNSEEN_MARKS = (
    (0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F),
    (0xE0100, 0xE01EF),
)  # fmt: skip
"""Accents that did not compose, strokes through letters, selectors of variants."""


def split_prompt(prompt: str) -> tuple[str, str]:
    """The positive part, which alone is filtered, and the negative one."""
    positive, _, negative = prompt.partition(NEGATIVE_MARK)
    return positive, negative


def normalised(text: str) -> str:
    """Plain ASCII: no weights, no punctuation, single spaces, spaced-out letters joined. O(length of the text)."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = " ".join(_with_letters_joined(_without_weights(text).translate(_KEPT).split()))
    return text if text.isascii() else anyascii(text)


def _without_weights(text: str) -> str:
    """`(text:1.2)` is `text`, also within another."""
    for _ in range(_MOST_NESTED_WEIGHTS):
        if ":" not in text:
            break
        text, count = _WEIGHT.subn(r"\1", text)
        if not count:
            break
    return text


def _with_letters_joined(words: list[str]) -> Iterator[str]:
    """Three or more words of one character in a row are one word: `c a t s` is `cats`."""
    letters: list[str] = []
    for word in words:
        if len(word) == 1:
            letters.append(word)
            continue
        if letters:
            yield from _joined(letters)
            letters = []
        yield word
    yield from _joined(letters)


def _joined(letters: list[str]) -> list[str]:
    return ["".join(letters)] if len(letters) > 2 else letters


class _Kept(dict[int, str | None]):
    """What becomes of a character, for `str.translate`: itself, a space, or nothing. Learns as it is asked."""

    def __missing__(self, code: int) -> str | None:
        kept = _kept(chr(code))
        if len(self) < _MOST_REMEMBERED_CHARACTERS:
            self[code] = kept
        return kept


def _kept(character: str) -> str | None:
    if character.isalnum():
        return character
    category = unicodedata.category(character)
    if category == "Cf" or any(first <= ord(character) <= last for first, last in _UNSEEN_MARKS):
        return None
    return character if category.startswith("M") else " "  # marks are vowels in many scripts


_KEPT = _Kept()
