"""A text without the prompt before it, as some servers send both."""

from __future__ import annotations

from typing import Final

CLEARLY_REPEATED_CHARACTERS: Final = 32
"""A shorter prompt may well be what the text begins with by itself."""


class WithoutPrompt:
    """Holds back what may be the prompt once more until it is clear, and leaves it out if it is."""

    def __init__(self, prompt: str) -> None:
        self._prompt = prompt if len(prompt) >= CLEARLY_REPEATED_CHARACTERS else ""
        self._held = ""
        self._is_clear = not self._prompt

    def add(self, piece: str) -> str:
        """What of a piece, and of those held back before it, belongs to the text."""
        if self._is_clear:
            return piece
        self._held += piece
        if self._held.startswith(self._prompt):
            return self.end()[len(self._prompt) :]
        if self._prompt.startswith(self._held):
            return ""
        return self.end()

    def end(self) -> str:
        """What is still held back: it was the text itself."""
        self._is_clear = True
        held, self._held = self._held, ""
        return held
