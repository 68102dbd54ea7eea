"""Text out of tokens one by one: whole characters only, with the spaces that the tokenizer would set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

INCOMPLETE: Final = "\ufffd"
"""What a decoder shows for a character of which bytes are missing."""
CONTEXT_TOKENS: Final = 6
"""A token's text depends on the few before it: the first of a text loses its space in some tokenizers."""
MOST_WAITING: Final = 8
"""Tokens that may wait for the rest of a character; then it is broken, and shown so."""


class GrowingText:
    """A text that grows by tokens. Each is decoded with a few before it, so that the cost does not grow."""

    def __init__(self, decode: Callable[[Sequence[int]], str], before: Sequence[int]) -> None:
        self._decode = decode
        self._read = list(before[-CONTEXT_TOKENS:])
        self._waiting: list[int] = []
        self.text = ""

    def add(self, token: int) -> str:
        """The characters that a token completes; empty while some of its bytes are missing."""
        self._waiting.append(token)
        piece = self._new()
        if piece.endswith(INCOMPLETE) and len(self._waiting) < MOST_WAITING:
            return ""
        return self._take(piece)

    def end(self) -> str:
        """What still waits, at the end of the text."""
        return self._take(self._new()) if self._waiting else ""

    def _new(self) -> str:
        return self._decode([*self._read, *self._waiting])[len(self._decode(self._read)) :]

    def _take(self, piece: str) -> str:
        self._read = [*self._read, *self._waiting][-CONTEXT_TOKENS:]
        self._waiting = []
        self.text += piece
        return piece
