"""What becomes of a prompt for images: left alone, rewritten, or refused (requests.md §3.14; moderation.md §2)."""

from __future__ import annotations

from dataclasses import dataclass

from horde_server.errors import HordeError
from horde_server.moderation.prompt_filters.filter_set import WITH_REPLACEMENT, FilterSet
from horde_server.moderation.prompt_filters.normalisation import normalised, split_prompt
from horde_server.moderation.prompt_filters.rewriting import (
    MOST_REWRITTEN_CHARACTERS,
    PromptTooLongToRewrite,
    looks_young,
    with_adults,
    with_negative,
    with_replacements,
)
from horde_server.moderation.prompt_filters.scoring import is_caught


class CorruptPrompt(HordeError):
    """This prompt was refused by this horde's filters: write another one."""

    rc = "CorruptPrompt"

    def __init__(self, *, is_punished: bool) -> None:
        super().__init__()
        self.is_punished = is_punished


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What beside its words decides about a prompt."""

    may_replace: bool = True  # the requester lets it be rewritten, or must
    is_flagged: bool = False  # the requester is
    for_adults: bool = False  # a model that makes pictures for adults is asked for
    is_lax: bool = False  # only that model is, whose users name the number of persons in spellings of their own


def is_harmless(filters: FilterSet, prompt: str, circumstances: Circumstances) -> bool:
    """Whether the prompt will be served as it is. O(length of the prompt)."""
    if circumstances.is_flagged:
        return False
    positive, _ = split_prompt(prompt)
    plain = normalised(positive)
    if is_caught(filters, positive, plain):
        return False
    return not (circumstances.for_adults and _concerns_youth(filters, plain, lax=circumstances.is_lax))


def judged(filters: FilterSet, prompt: str, circumstances: Circumstances) -> str:
    """The prompt to be served. Raises `CorruptPrompt` or `PromptTooLongToRewrite`."""
    positive, negative = split_prompt(prompt)
    plain = normalised(positive)
    rewritten: str | None = None
    if is_caught(filters, positive, plain):
        if not circumstances.may_replace:
            raise CorruptPrompt(is_punished=True)
        if len(positive) > MOST_REWRITTEN_CHARACTERS:
            raise PromptTooLongToRewrite
        rewritten = with_replacements(filters, plain)
        if not rewritten.strip():
            raise CorruptPrompt(is_punished=True)
    lax = circumstances.is_lax
    if circumstances.is_flagged or (circumstances.for_adults and _concerns_youth(filters, plain, lax=lax)):
        if rewritten is None:
            rewritten = with_replacements(filters, plain)
        rewritten = with_adults(rewritten, lax=lax)
        if not rewritten.strip():
            raise CorruptPrompt(is_punished=False)
    return prompt if rewritten is None else with_negative(rewritten, negative)


def _concerns_youth(filters: FilterSet, plain: str, *, lax: bool) -> bool:
    return looks_young(plain, lax=lax) or filters.matches(WITH_REPLACEMENT, plain)
