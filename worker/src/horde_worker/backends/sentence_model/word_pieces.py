"""BERT's way to make a text tokens: words, and where a word is unknown, the longest pieces of it that are not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from horde_worker.backends.events import BackendFailure

MOST_FILE_BYTES: Final = 16_000_000
LONGEST_WORD: Final = 100
"""Characters; longer words are unknown."""
_RUNS: Final = re.compile(r"[^ \t\n\r]+")
"""Cleaned one after the other, until there are tokens enough."""
_IDEOGRAPHS: Final = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPieces:
    """A vocabulary, a token a line."""

    def __init__(self, vocabulary: Mapping[str, int], *, lowers: bool = True) -> None:
        self._numbers = vocabulary
        self._lowers = lowers
        self._begin, self._end, self._unknown = (vocabulary[mark] for mark in ("[CLS]", "[SEP]", "[UNK]"))

    @classmethod
    def read(cls, file: Path, *, lowers: bool = True) -> WordPieces:
        """From a file. Raises `BackendFailure`."""
        try:
            if file.stat().st_size > MOST_FILE_BYTES:
                raise BackendFailure(f"{file.name} is too large for a vocabulary")
            lines = file.read_text(encoding="utf-8").split("\n")
            return cls({token.rstrip("\r"): number for number, token in enumerate(lines) if token}, lowers=lowers)
        except (OSError, ValueError, KeyError) as error:
            raise BackendFailure(f"{file.name} is no vocabulary: {type(error).__name__}") from error

    def tokens(self, text: str, most: int) -> list[int]:
        """The numbers of a text's tokens between the two marks, `most` with them; what is beyond is left out.

        As far as it is read: so many of the longest words that are looked up.
        """
        found = [self._begin]
        for word in self._words(text[: most * LONGEST_WORD]):
            found.extend(self._pieces(word))
            if len(found) >= most:
                break
        return [*found[: most - 1], self._end]

    def _words(self, text: str) -> Iterator[str]:
        """Parted at spaces, around every mark of punctuation and every ideograph."""
        for rough in (part for run in _RUNS.finditer(text) for part in _cleaned(run.group()).split()):
            word = _bare(rough.lower()) if self._lowers else rough
            begin = 0
            for place, character in enumerate(word):
                if _is_punctuation(character):
                    if place > begin:
                        yield word[begin:place]
                    yield character
                    begin = place + 1
            if begin < len(word):
                yield word[begin:]

    def _pieces(self, word: str) -> list[int]:
        if len(word) > LONGEST_WORD:
            return [self._unknown]
        found, begin = [], 0
        while begin < len(word):
            for end in range(len(word), begin, -1):
                number = self._numbers.get(("##" if begin else "") + word[begin:end])
                if number is not None:
                    found.append(number)
                    begin = end
                    break
            else:
                return [self._unknown]
        return found


def _cleaned(text: str) -> str:
    """Without control characters, with every ideograph by itself."""
    kept = []
    for character in text:
        code = ord(character)
        if character in "\t\n\r" or unicodedata.category(character) == "Zs":
            kept.append(" ")
        elif code in (0, 0xFFFD) or unicodedata.category(character).startswith("C"):
            continue
        elif any(first <= code <= last for first, last in _IDEOGRAPHS):
            kept.append(f" {character} ")
        else:
            kept.append(character)
    return "".join(kept)


def _bare(word: str) -> str:
    """Without accents."""
    return "".join(one for one in unicodedata.normalize("NFD", word) if unicodedata.category(one) != "Mn")


def _is_punctuation(character: str) -> bool:
    code = ord(character)
    is_ascii = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return is_ascii or unicodedata.category(character).startswith("P")
