"""All filters as of a moment, compiled: a value that nodes replace as a whole when a filter changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import structlog

from horde_server.moderation.prompt_filters.patterns import (
    BacktrackingPattern,
    Pattern,
    UnusablePattern,
    compile_any,
    compile_pattern,
)

log = structlog.get_logger(__name__)

WITH_REPLACEMENT = 10
"""The type whose filters replace what they match."""
GROUPS = ((WITH_REPLACEMENT, 11), (20,))
"""Types by group: each group that matches adds one to the score. Other types are kept, and not used."""
USED_TYPES = tuple(number for group in GROUPS for number in group)
REFUSED_FROM = len(GROUPS)
"""The score from which on a prompt is rewritten or refused."""


BACKTRACKING_S = 0.05
"""For a prompt, by all patterns of a type that backtrack: when it is spent, the others do not match."""


class FilterRow(NamedTuple):
    """A filter as it is stored, as far as prompts are concerned."""

    id: int
    filter_type: int
    regex: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that can be used."""

    row: FilterRow
    pattern: Pattern


class AnyOf:
    """Whether any of many patterns matches: one walk over the text for all that RE2 compiles."""

    def __init__(self, filters: Iterable[Filter]) -> None:
        linear, screens = [], []
        self._screened: list[Pattern] = []
        self._unscreened: list[Pattern] = []
        for each in filters:
            if not isinstance(each.pattern, BacktrackingPattern):
                linear.append(each.row.regex)
            elif each.pattern.screen is not None:
                screens.append(each.pattern.screen)
                self._screened.append(each.pattern)
            else:
                self._unscreened.append(each.pattern)
        self._programs = compile_any(linear)
        self._screens = compile_any(screens)

    def matches(self, text: str) -> bool:
        """Text is normalised. O(length of the text), but for patterns that backtrack."""
        data = text.encode()
        if _found(self._programs, data):
            return True
        if self._screens and _found(self._screens, data) and _any_finds(self._screened, text):
            return True
        return _any_finds(self._unscreened, text)


REPLACED_TOGETHER = 8
"""Filters of which one question tells that none has anything to replace: most prompts have words of a few only."""


class Batch(NamedTuple):
    """Some filters that follow each other, and whether any of them matches."""

    any_of: AnyOf
    filters: tuple[Filter, ...]


def _batches(filters: Sequence[Filter]) -> tuple[Batch, ...]:
    starts = range(0, len(filters), REPLACED_TOGETHER)
    parts = [tuple(filters[start : start + REPLACED_TOGETHER]) for start in starts]
    return tuple(Batch(AnyOf(part), part) for part in parts)


def _found(programs: Sequence[Any], data: bytes) -> bool:
    return any(program.search(data) is not None for program in programs)


def _any_finds(patterns: Sequence[Pattern], text: str) -> bool:
    began_s = time.perf_counter()
    for pattern in patterns:
        if pattern.find(text) is not None:
            return True
        if time.perf_counter() - began_s > BACKTRACKING_S:
            log.warning("prompt_filters.many_too_slow", filters=len(patterns))
            return False
    return False


@dataclass(frozen=True, slots=True)
class FilterSet:
    """Filters by type, in the order of their ids; of the types that are used also as one question."""

    rows: tuple[FilterRow, ...] = ()
    by_type: Mapping[int, tuple[Filter, ...]] = field(default_factory=dict)
    any_of: Mapping[int, AnyOf] = field(default_factory=dict)
    replacing: tuple[Batch, ...] = ()
    """The filters with a replacement, in their order."""

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.any_of)

    def matches(self, filter_type: int, text: str) -> bool:
        """Whether any filter of the type matches the normalised text."""
        any_of = self.any_of.get(filter_type)
        return any_of is not None and any_of.matches(text)

    def of(self, filter_type: int) -> tuple[Filter, ...]:
        """The filters of a type that can be used."""
        return self.by_type.get(filter_type, ())


def compile_filters(
    rows: Sequence[FilterRow],
    earlier: FilterSet | None = None,
    compiled_by: Callable[[str], Pattern] = compile_pattern,
) -> FilterSet:
    """The set of these filters. One that cannot be compiled is skipped and logged; `earlier` saves compiling again."""
    known = {each.row.regex: each.pattern for found in earlier.by_type.values() for each in found} if earlier else {}
    by_type: dict[int, list[Filter]] = {}
    for row in rows:
        try:
            pattern = known.get(row.regex) or compiled_by(row.regex)
        except UnusablePattern as error:
            log.error("prompt_filters.skipped", filter=row.id, reason=error.message)
            continue
        by_type.setdefault(row.filter_type, []).append(Filter(row, pattern))
    filters = {filter_type: tuple(found) for filter_type, found in by_type.items()}
    any_of = {}
    for filter_type in USED_TYPES:
        if filter_type in filters:
            if earlier is not None and earlier.of(filter_type) == filters[filter_type]:
                any_of[filter_type] = earlier.any_of[filter_type]
            else:
                any_of[filter_type] = AnyOf(filters[filter_type])
    with_replacement = filters.get(WITH_REPLACEMENT, ())
    if earlier is not None and earlier.of(WITH_REPLACEMENT) == with_replacement:
        replacing = earlier.replacing
    else:
        replacing = _batches(with_replacement)
    return FilterSet(tuple(rows), filters, any_of, replacing)
