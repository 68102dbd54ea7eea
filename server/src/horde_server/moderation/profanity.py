"""Names and public texts that nobody should have to read: a list of words, built in or the operator's own."""

from __future__ import annotations

import re
import unicodedata
from importlib.resources import files
from pathlib import Path

_LETTER_OF = str.maketrans("013457@$", "oieastas")


class ProfanityFilter:
    """Compares texts with a list of words; see `profane_words.txt` for its form."""

    def __init__(self, word_list: str) -> None:
        lines = (line.strip() for line in word_list.splitlines())
        patterns = [_pattern(line) for line in lines if line.strip("*") and not line.startswith("#")]
        self._words = re.compile("|".join(patterns)) if patterns else None

    def is_profane(self, text: str) -> bool:
        """Whether the text holds one of the words. O(length of the text)."""
        return self._words is not None and self._words.search(_plain(text)) is not None


def load_profanity_filter(path: Path | None) -> ProfanityFilter:
    """The filter with the operator's list of words, or the built-in one. Raises `OSError` when it cannot be read."""
    source = path if path is not None else files("horde_server.moderation") / "profane_words.txt"
    return ProfanityFilter(source.read_text(encoding="utf-8"))


def _plain(text: str) -> str:
    """Lower case, without accents, digits that stand for letters read as such."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).translate(_LETTER_OF)


def _pattern(line: str) -> str:
    before = "" if line.startswith("*") else r"(?<![^\W_])"
    after = "" if line.endswith("*") else r"(?![^\W_])"
    return f"{before}{re.escape(_plain(line.strip('*')))}{after}"
