"""The first JSON object of a text that comes in pieces: models put words around what they were asked for alone."""

from __future__ import annotations

from typing import Final

MOST_CHARACTERS_BEFORE: Final = 400
"""Of words before the object; who writes more writes none."""


class JsonObjectCut:
    """Lets through what stands between the first `{` and the `}` that closes it; all of a text that has none.

    O(characters).
    """

    def __init__(self) -> None:
        self._before = ""
        self._depth = 0
        self._is_begun = self._is_over = self._is_plain = False
        self._is_quoted = self._is_escaped = False

    def feed(self, text: str) -> str:
        """What may be shown now."""
        if self._is_plain:
            return text
        if self._is_over:
            return ""
        if not self._is_begun:
            self._before += text
            at = self._before.find("{")
            if at < 0:
                if len(self._before) <= MOST_CHARACTERS_BEFORE:
                    return ""
                self._is_plain = True
                return self._before
            text, self._is_begun = self._before[at:], True
        for place, character in enumerate(text):
            self._step(character)
            if self._depth == 0:
                self._is_over = True
                return text[: place + 1]
        return text

    def end(self) -> str:
        """What was held back, once no more comes."""
        return "" if self._is_begun or self._is_plain else self._before

    def _step(self, character: str) -> None:
        if self._is_escaped:
            self._is_escaped = False
        elif self._is_quoted:
            self._is_escaped = character == "\\"
            self._is_quoted = character != '"'
        elif character == '"':
            self._is_quoted = True
        elif character == "{":
            self._depth += 1
        elif character == "}":
            self._depth -= 1
