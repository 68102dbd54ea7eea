"""Prompts made harmless: what filters replace, and words that make whoever is shown an adult (moderation.md §2.3)."""

from __future__ import annotations

import re

from horde_server.errors import BadRequest
from horde_server.moderation.prompt_filters.filter_set import FilterSet
from horde_server.moderation.prompt_filters.normalisation import NEGATIVE_MARK

ADDED_NEGATIVE = "child, infant, underage, immature, teenager, tween"
MOST_REWRITTEN_CHARACTERS = 7000
"""Of the positive part of a prompt that matched; a longer one is refused."""
MOST_RESULT_CHARACTERS = 100_000
"""Replacements may make a prompt longer, each again."""

_ADULT = re.compile(r"student|\byoung\b|\bl+i+t+l+e+\b|\blil\b|smal+\b|\btin+y\w*", re.IGNORECASE)
_WOMAN = re.compile("girl|nina", re.IGNORECASE)
_MAN = re.compile(r"\b(?:boys?|sons?)\b", re.IGNORECASE)
# As above, but for the spellings by which one model's users name the number of persons.
_LAX_WOMAN = re.compile("(?<!1)(?<!1 )girl|nina", re.IGNORECASE)
_LAX_MAN = re.compile(r"(?<!1 )\b(?:boys?|sons?)\b", re.IGNORECASE)


class PromptTooLongToRewrite(BadRequest):
    """This prompt was caught by this horde's filters and is too long to be rewritten: at most 7000 characters are."""


def looks_young(plain: str, *, lax: bool) -> bool:
    """Whether a normalised prompt has words that a model for adult pictures must not be given."""
    woman, man = (_LAX_WOMAN, _LAX_MAN) if lax else (_WOMAN, _MAN)
    return any(words.search(plain) is not None for words in (_ADULT, woman, man))


def with_replacements(filters: FilterSet, plain: str) -> str:
    """The normalised prompt after every filter with a replacement, in their order.

    Raises `PromptTooLongToRewrite` when that makes it longer than any prompt may be.
    """
    for batch in filters.replacing:
        if not batch.any_of.matches(plain):  # so none of them changes anything
            continue
        for each in batch.filters:
            plain = each.pattern.replace(each.row.replacement, plain)
            if len(plain) > MOST_RESULT_CHARACTERS:
                raise PromptTooLongToRewrite
    return plain


def with_adults(plain: str, *, lax: bool) -> str:
    """The normalised prompt about adults."""
    woman, man = (_LAX_WOMAN, _LAX_MAN) if lax else (_WOMAN, _MAN)
    return man.sub("adult man", woman.sub("adult woman", _ADULT.sub("adult", plain)))


def with_negative(plain: str, negative: str) -> str:
    """The whole prompt again, with what is not wanted in front of what the requester does not want."""
    return f"{plain}{NEGATIVE_MARK}{ADDED_NEGATIVE}" + (f", {negative}" if negative else "")
