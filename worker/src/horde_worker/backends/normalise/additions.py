"""LoRAs and textual inversions: their words in the prompt."""

from __future__ import annotations

import difflib
import random
from collections.abc import Iterable, Sequence
from typing import Final

MOST_TRIGGER_WORDS: Final = 100
MAX_TRIGGER_CHARACTERS: Final = 1000


def trigger_words(wish: str, trained: Iterable[str], seed: int) -> tuple[str, ...]:
    """Which of a LoRA's trained words go into the prompt: `any` one of them, `all`, or the one most like the wish.

    Where the words are not known, a wish that names one is taken at its word. None where none is like it.
    """
    words = tuple(
        dict.fromkeys(word[:MAX_TRIGGER_CHARACTERS].strip(" ,") for word in _first(trained, MOST_TRIGGER_WORDS))
    )
    words = tuple(word for word in words if word)
    wanted = wish.strip().lower()
    if not wanted:
        return ()
    if not words:
        return () if wanted in ("any", "all") else (wish.strip(),)
    if wanted == "all":
        return words
    if wanted == "any":
        return (random.Random(seed).choice(words),)
    by_lower_case = {word.lower(): word for word in reversed(words)}
    if within := [word for lower, word in by_lower_case.items() if wanted in lower]:
        return (min(within, key=len),)
    return tuple(by_lower_case[near] for near in difflib.get_close_matches(wanted[:100], by_lower_case, n=1))


def with_triggers(prompt: str, words: Sequence[str]) -> str:
    """The prompt with trigger words in front, but for those that it has already."""
    lower = prompt.lower()
    new = [word for word in words if word.lower() not in lower]
    return ", ".join([*new, prompt] if prompt else new)


def with_inversion(prompt: str, negative_prompt: str, token: str, inject: str) -> tuple[str, str]:
    """Both prompts with an inversion's word, as the maker writes it: `prompt` in front of the one, `negprompt` behind
    the other; else neither, since the prompt names it itself.
    """
    if inject == "prompt":
        return f"{token}, {prompt}" if prompt else token, negative_prompt
    if inject == "negprompt":
        return prompt, f"{negative_prompt}, {token}" if negative_prompt else token
    return prompt, negative_prompt


def _first(words: Iterable[str], most: int) -> list[str]:
    found: list[str] = []
    for word in words:
        if len(found) == most:
            break
        found.append(word)
    return found
