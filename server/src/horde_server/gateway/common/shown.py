"""What of an answer is shown: the JSON object alone where one was asked for, and no more than was wished for."""

from __future__ import annotations

from horde_server.gateway.common.json_object import JsonObjectCut


class Shown:
    """Lets through what is shown of a text that comes in pieces."""

    def __init__(self, *, json_alone: bool = False, most_characters: int | None = None) -> None:
        """`most_characters`: of an answer that is wished for shorter than workers make any; None: all."""
        self._json = JsonObjectCut() if json_alone else None
        self._left = most_characters
        self.is_cut = False
        """Whether there was more than was wished for."""

    def feed(self, text: str) -> str:
        """What may be shown now."""
        return self._short(text if self._json is None else self._json.feed(text))

    def end(self) -> str:
        """What was held back, once no more comes."""
        return "" if self._json is None else self._short(self._json.end())

    def _short(self, text: str) -> str:
        if self._left is None:
            return text
        shown = text[: self._left]
        self._left -= len(shown)
        self.is_cut = self.is_cut or len(shown) < len(text)
        return shown
