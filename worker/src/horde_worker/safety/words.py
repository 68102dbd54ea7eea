"""What the words of a prompt say about its picture: whether a child is meant, and whether a list of words is hit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_CHILDREN: Final = (
    r"bab(?:y|ies)|toddlers?|infants?|child(?:ren|like)?|kid(?:s|die|dies|do)?|preteens?|pre-teens?|tweens?|minors?|"
    r"under-?age[d]?|pre-?pubescent|little (?:girls?|boys?|sisters?|brothers?)|young(?:er)? (?:girls?|boys?)|"
    r"school ?(?:girls?|boys?|kids?)|lolis?|lolitas?|lolicon|shotas?|shotacon|kindergart(?:en|ners?)|"
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|[1-8](?:st|nd|rd|th)) ?-?graders?|"
    r"teen(?:s|age|aged|ager|agers)?"
)
_AGES: Final = r"(?:[1-9]|1[0-7])[- ]?(?:years?|yrs?)?[- ]?(?:old|y\.?/?o\.?)|age[ds]? (?:of )?(?:[1-9]|1[0-7])"
_MEANS_A_CHILD: Final = re.compile(rf"(?<![a-z0-9])(?:{_CHILDREN}|{_AGES})(?![a-z0-9])")

MAX_WORDS: Final = 200
MAX_WORD_CHARACTERS: Final = 15
"""Of an operator's list, as hordes keep it."""


def means_a_child(prompt: str) -> bool:
    """Whether a child is among what a prompt names. Wrong where a child is named and not shown; that costs a picture
    only where the picture is nude as well."""
    return _MEANS_A_CHILD.search(prompt.lower()) is not None


def words_hit(prompt: str, words: Iterable[str]) -> bool:
    """Whether one of the words stands in the prompt, also within another, as hordes read blacklists."""
    text = prompt.lower()
    return any(word and word.lower() in text for word in words)


def words_to_send(words: Iterable[str]) -> list[str]:
    """A list as hordes take it: short words, and not too many. What is cut off is still looked for here."""
    return [word.lower()[:MAX_WORD_CHARACTERS] for word in words if word.strip()][:MAX_WORDS]
