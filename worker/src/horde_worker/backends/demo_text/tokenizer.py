"""Text to token numbers and back: whole words where the vocabulary has them, letters where it does not.

A word's token carries the space before it, so that a text is its tokens' texts written one after the other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

END: Final = 0
"""Ends every document, and so begins the next one. Its text is empty."""

_PIECES = re.compile(r"\n| ?[A-Za-z]+|'(?:s|t|m|re|ll|ve|d)\b| ?[0-9]| ?[^\sA-Za-z0-9]|\s")
_PLAIN = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\t": " ", "\r": None}
)


class Tokenizer:
    """The vocabulary; a token's number is its place. Text no token can spell is left out."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self.tokens = tuple(tokens)
        self._numbers = {text: number for number, text in enumerate(self.tokens) if number != END}

    @staticmethod
    def pieces(text: str) -> list[str]:
        """What a text is cut into: words with the space before them, single signs, ends of lines."""
        plain: str = unicodedata.normalize("NFKC", text).translate(_PLAIN)
        return _PIECES.findall(plain)

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's tokens. Cost grows with the length of the text alone."""
        numbers: list[int] = []
        for piece in self.pieces(text):
            number = self._numbers.get(piece)
            if number is None:
                numbers.extend(self._nearest(piece))
            else:
                numbers.append(number)
        return numbers

    def decode(self, numbers: Iterable[int]) -> str:
        """The text of some tokens."""
        return "".join(self.tokens[number] for number in numbers)

    def spell(self, piece: str) -> list[int]:
        """A piece in its letters."""
        letters = unicodedata.normalize("NFKD", piece)
        return [self._numbers[letter] for letter in letters if letter in self._numbers]

    def _nearest(self, piece: str) -> list[int]:
        """A piece that is no token: the same word written otherwise, or its letters."""
        word = piece.removeprefix(" ")
        space = piece[: len(piece) - len(word)]
        if len(word) > 1:
            for form in (word, word.lower(), word.capitalize()):
                for known in (space + form, " " + form):
                    if known in self._numbers:
                        return [self._numbers[known]]
        return self.spell(piece)
