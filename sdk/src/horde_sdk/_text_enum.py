"""The kind of enum that the API's vocabulary is made of."""

from enum import StrEnum
from typing import Self


class TextEnum(StrEnum):
    """Words of the API: `auto()` gives the member's name unchanged (the standard library would lower-case it)."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:  # noqa: ARG004 by enum
        return name

    @classmethod
    def known_or_text(cls, text: str) -> Self | str:
        """Return the member for `text`, or `text` itself when a newer server says a word that we do not know."""
        try:
            return cls(text)
        except ValueError:
            return text
