"""The end of a prompt that leaves room for the text: counted by the server's tokenizer, or by a cautious guess."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

CountTokens = Callable[[str], Awaitable[int | None]]
"""How many tokens a text has; None where the server cannot say."""

MARKS: Final = 2
"""Tokens that a server may put in front of a prompt."""
LONGEST_TOKEN_CHARACTERS: Final = 64
"""Longer ones are rare; more of a prompt than this for each token is not even counted."""
BYTES_A_TOKEN: Final = 3
"""The guess: English has about four, and what is guessed must fit."""
TRIES: Final = 5


def guessed_tokens(text: str) -> int:
    """About how many tokens a text has, rather too many."""
    return len(text.encode("utf-8", "replace")) // BYTES_A_TOKEN + 1


async def fitting(prompt: str, room_tokens: int, count: CountTokens) -> str:
    """The last part of a prompt that has `room_tokens` at most; all of it, where that fits. Cost: six counts."""
    room = max(room_tokens - MARKS, 1)
    text = prompt[-room * LONGEST_TOKEN_CHARACTERS :]
    if len(text.encode("utf-8", "replace")) <= room:
        return text  # a token has one byte at least
    for _ in range(TRIES):
        counted = await count(text)
        if counted is None:
            return _guessed(text, room)
        if counted <= room:
            return text
        # A little less than in proportion, as the part that is kept may be the denser one.
        kept = min(int(len(text) * room / counted * 0.97), len(text) - 1)
        text = text[-kept:] if kept > 0 else text[-1:]
    return _guessed(text, room)


def _guessed(text: str, room: int) -> str:
    while text and guessed_tokens(text) > room:
        over = 1 - room / guessed_tokens(text)
        text = text[max(1, int(len(text) * over)) :]
    return text
