"""How many tokens a text has, without a tokenizer: the horde's own measure (gateway.md §1.8)."""

from __future__ import annotations

from typing import Final

CHARACTERS_A_TOKEN: Final = 4


def tokens(text: str) -> int:
    """Of a text that is not empty at least one."""
    return -(-len(text) // CHARACTERS_A_TOKEN)


def believable(reported: int | None, text: str) -> int:
    """What a worker reports, where that is between half and four times the estimate; else the estimate."""
    estimate = tokens(text)
    if reported is not None and estimate / 2 <= reported <= 4 * estimate:
        return reported
    return estimate
