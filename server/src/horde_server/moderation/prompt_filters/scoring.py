"""How suspicious a prompt is: one for each group of filters that matches it (moderation.md §2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from horde_server.moderation.prompt_filters.filter_set import GROUPS, WITH_REPLACEMENT, FilterSet
from horde_server.moderation.prompt_filters.normalisation import normalised, split_prompt

# Child, boy, girl, baby, family (others are joined from these), breast-feeding, cherub, chicks, bottle, symbols.
# Parents who feed are joined with a bottle.
_EMOJI = re.compile("[🧒👦👧👶👪🤱👼🐣🐤🐥🍼🚼🚸]")


@dataclass(frozen=True, slots=True)
class PromptScore:
    """What a moderator sees of a prompt: the score, the first match of each group, and which filters match."""

    score: int
    matches: tuple[str, ...]
    filter_ids: tuple[int, ...]


def is_caught(filters: FilterSet, positive: str, plain: str) -> bool:
    """Whether every group matches. `positive` is the part as it was written, `plain` its normalised form."""
    context, deed = GROUPS
    return _matches(filters, deed, plain) and (_matches(filters, context, plain) or _EMOJI.search(positive) is not None)


def _matches(filters: FilterSet, group: tuple[int, ...], plain: str) -> bool:
    return any(filters.matches(filter_type, plain) for filter_type in group)


def suspicion(filters: FilterSet, prompt: str, only_type: int | None = None) -> PromptScore:
    """The score with its reasons, of all types or of one; slower than `is_caught`, as every filter is asked."""
    positive, _ = split_prompt(prompt)
    plain = normalised(positive)
    first_matches: list[str] = []
    filter_ids: list[int] = []
    for group in GROUPS if only_type is None else ((only_type,),):
        matches: list[str] = []
        for filter_type in group:
            for each in filters.of(filter_type):
                found = each.pattern.find(plain)
                if found is not None:
                    matches.append(found)
                    filter_ids.append(each.row.id)
            if filter_type == WITH_REPLACEMENT and (emoji := _EMOJI.search(positive)):
                matches.append(emoji.group())
        first_matches += matches[:1]
    return PromptScore(len(first_matches), tuple(first_matches), tuple(filter_ids))
