"""An answer without the thoughts that some models write before it."""

from __future__ import annotations

from typing import Final

BEGIN: Final = "<think>"
END: Final = "</think>"


class WithoutThoughts:
    """Leaves out what stands between the two marks at the beginning of a text."""

    def __init__(self) -> None:
        self._held = ""
        self._is_clear = False
        self.has_thought = False

    def add(self, piece: str) -> str:
        """What of a piece, and of those held back before it, belongs to the answer."""
        if self._is_clear:
            return piece
        self._held += piece
        begun = self._held.lstrip()
        if begun.startswith(BEGIN):
            self.has_thought = True
            _, mark, answer = begun.partition(END)
            if not mark:
                return ""
            self._is_clear = bool(answer.lstrip())
            self._held = begun if not self._is_clear else ""
            return answer.lstrip()
        if BEGIN.startswith(begun):
            return ""
        return self.end()

    def end(self) -> str:
        """What is still held back, where it was no thought."""
        held, self._held = self._held, ""
        self._is_clear = True
        return "" if self.has_thought else held
