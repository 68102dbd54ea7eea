"""An answer that is wished for shorter than workers make any."""

from __future__ import annotations


class Shortened:
    """Lets so many characters through; None: all."""

    def __init__(self, most_characters: int | None) -> None:
        self._left = most_characters
        self.is_cut = False
        """Whether there was more."""

    def feed(self, text: str) -> str:
        """What may be shown of it."""
        if self._left is None:
            return text
        shown = text[: self._left]
        self._left -= len(shown)
        self.is_cut = self.is_cut or len(shown) < len(text)
        return shown
