"""The formatting wishes of a text request, done by the worker for every backend (requests.md §8.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

_SENTENCE_END: Final = re.compile(r"[.!?…][\"'”’)\]]*")
_SPECIAL: Final = str.maketrans(dict.fromkeys("#/@%{}+=~|\\^<>"))


@dataclass(frozen=True, slots=True)
class TextFormat:
    """What a request wants done to its text."""

    single_line: bool = False
    adds_space: bool = False
    trims_blank_lines: bool = False
    removes_special: bool = False
    trims_incomplete: bool = False


UNFORMATTED: Final = TextFormat()


def formatted_prompt(prompt: str, wishes: TextFormat) -> str:
    """`frmtadsnsp`: a space after a prompt that ends in none, so that a sentence goes on with a new word."""
    return f"{prompt} " if wishes.adds_space and prompt and not prompt[-1].isspace() else prompt


def formatted_text(text: str, wishes: TextFormat) -> str:
    """`singleline`, `frmttriminc`, `frmtrmblln`, `frmtrmspch`, in this order."""
    if wishes.single_line:
        text = text.partition("\n")[0]
    if wishes.trims_incomplete:
        text = _whole_sentences(text)
    if wishes.trims_blank_lines:
        text = re.sub(r"\n{2,}", "\n", text)
    if wishes.removes_special:
        text = text.translate(_SPECIAL)
    return text


def settled_text(text: str, wishes: TextFormat) -> str:
    """What of a text that still grows will be in `formatted_text` of the whole, however it goes on."""
    if wishes.single_line:
        text = text.partition("\n")[0]
    if wishes.trims_incomplete:
        found = _SENTENCE_END.search(text)
        if not found:
            return ""  # the whole is kept where no sentence ends, which nobody knows yet
        text = _whole_sentences(text)
    return formatted_text(text, replace(wishes, single_line=False, trims_incomplete=False))


def _whole_sentences(text: str) -> str:
    """Up to the end of the last sentence; all of it, where none ends."""
    end = 0
    for found in _SENTENCE_END.finditer(text):
        end = found.end()
    return text[:end] if end else text
