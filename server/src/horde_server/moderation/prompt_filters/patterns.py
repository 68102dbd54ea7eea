"""One filter's pattern, safe whatever it is: RE2 in linear time, and for what RE2 lacks backtracking with a deadline.

Filters written for the original are Python's. Both engines read them alike, on the plain ASCII that they are held
against. RE2 works on bytes here, which makes a program an eighth as large as one for UTF-8.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import re2  # type: ignore[import-untyped]
import regex as backtracking
import structlog

from horde_server.errors import HordeError
from horde_server.moderation.prompt_filters.screening import wider_pattern

log = structlog.get_logger(__name__)

DEADLINE_S = 0.01
"""Processor time of one pattern that backtracks on one text; when it takes longer, it does not match."""
RESTS_S = 60.0
"""A pattern that missed its deadline is not tried again for so long: a bad one costs a node 10 ms a minute."""
MOST_INSTRUCTIONS = 5000
"""Of one pattern: what it may cost for each character."""
_MEMORY_BYTES = 16 * 1024 * 1024
_TRIAL_MEMORY_BYTES = 512 * 1024
MOST_UNICODE_CLASSES = 20
_READ_DIFFERENTLY = re.compile(r"\{,\d+\}")  # up to so many in Python, plain text in RE2
_REFERENCE = re.compile(r"\\(?:(?P<number>[1-9][0-9]?)|g<(?P<name>\w+)>|(?P<other>.))", re.DOTALL)


class UnusablePattern(HordeError):
    """This is no regular expression that can be used."""


class Pattern(Protocol):
    """A compiled pattern. Texts are plain ASCII, matching ignores case."""

    def find(self, text: str) -> str | None:
        """The first match, if there is one."""

    def replace(self, replacement: str, text: str) -> str:
        """The text with every match replaced, as Python's `re.sub` does it."""

    def refers_to(self, group: str) -> bool:
        """Whether there is such a group, by number or name."""


def compile_pattern(source: str) -> Pattern:
    """The pattern. Raises `UnusablePattern` with the engine's reason."""
    try:
        return LinearPattern(source)
    except re2.error as error:
        if "pattern too large" in _reason(error):
            raise UnusablePattern(_TOO_LARGE) from None
    try:
        return BacktrackingPattern(source)
    except (backtracking.error, OverflowError, RecursionError) as error:
        raise UnusablePattern(f"This regular expression cannot be used: {_reason(error)}.") from None


_TOO_LARGE = "This regular expression is too large: repeat less, or make several filters of it."


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else type(error).__name__
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)


def _options() -> Any:
    """For bytes of ASCII, without groups."""
    options = _options_for_replacing()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    return options


def _options_for_replacing() -> Any:
    """For any text: what was replaced may be in any script."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    return options


def _compiled(source: str) -> Any:
    """One pattern's program. Raises `re2.error`, soon.

    RE2 lets nobody else run while it compiles, and takes a minute for 200 times `x{0,1000}`, 10 ms for each `\\pL`.
    With little memory it gives up early.
    """
    if source.count("\\p") + source.count("\\P") > MOST_UNICODE_CLASSES:
        raise re2.error("pattern too large")
    trial = _options()
    trial.max_mem = _TRIAL_MEMORY_BYTES
    re2.compile(source.encode(), trial)
    return re2.compile(source.encode(), _options())


def compile_any(sources: Sequence[str]) -> list[Any]:
    """As few RE2 programs as possible that together match what any of the patterns matches.

    Each is one that RE2 compiles alone; a program that gets too large is halved.
    """
    if not sources:
        return []
    joined = "|".join(f"(?:{source})" for source in sources)
    try:
        return [re2.compile(joined.encode(), _options())]
    except re2.error:
        if len(sources) == 1:
            raise
        half = len(sources) // 2
        return compile_any(sources[:half]) + compile_any(sources[half:])


class LinearPattern:
    """By RE2: time grows with the length of the text only."""

    def __init__(self, source: str) -> None:
        """Raises `re2.error` for what RE2 lacks, or `UnusablePattern` when it is too large."""
        if _READ_DIFFERENTLY.search(source):
            raise re2.error("read differently")
        self._source = source
        self._program = _compiled(source)
        if self._program.programsize > MOST_INSTRUCTIONS:
            raise UnusablePattern(_TOO_LARGE)
        self._for_replacing()  # some sets of letters make sense as bytes only

    def find(self, text: str) -> str | None:
        found = self._program.search(text.encode())
        return found.group().decode() if found is not None else None

    def replace(self, replacement: str, text: str) -> str:
        if text.isascii() and self._program.search(text.encode()) is None:  # mostly; the library replaces slowly
            return text
        return str(self._for_replacing().sub(lambda match: expanded(replacement, _group_of(match)), text))

    def refers_to(self, group: str) -> bool:
        program = self._for_replacing()
        return int(group) <= program.groups if group.isdigit() else group in program.groupindex

    def _for_replacing(self) -> Any:
        return re2.compile(self._source, _options_for_replacing())  # the library remembers some


class BacktrackingPattern:
    """With look-arounds or back-references: within a deadline, or not at all for a while."""

    def __init__(self, source: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises `regex.error`. `clock` is monotonic."""
        self._source = source
        self._program = backtracking.compile(source, backtracking.IGNORECASE | backtracking.VERSION0)
        self._clock = clock
        self._rests_until_s = float("-inf")
        self.screen = _screen_of(source)

    def find(self, text: str) -> str | None:
        found = self._in_time(lambda: self._program.search(text, timeout=DEADLINE_S, concurrent=True))
        return str(found.group()) if found is not None else None

    def replace(self, replacement: str, text: str) -> str:
        def expand(match: Any) -> str:
            return expanded(replacement, _group_of(match))

        replaced = self._in_time(lambda: self._program.sub(expand, text, timeout=DEADLINE_S, concurrent=True))
        return text if replaced is None else str(replaced)

    def refers_to(self, group: str) -> bool:
        return int(group) <= self._program.groups if group.isdigit() else group in self._program.groupindex

    def _in_time(self, work: Callable[[], Any]) -> Any:
        if self._clock() < self._rests_until_s:
            return None
        try:
            return work()
        except TimeoutError:
            self._rests_until_s = self._clock() + RESTS_S
            log.warning("prompt_filters.too_slow", regex=self._source[:200], rests_s=RESTS_S)
            return None


def _screen_of(source: str) -> str | None:
    """A pattern for RE2 that matches at least as much, if there is one."""
    wider = wider_pattern(source)
    if wider is None:
        return None
    try:
        program = _compiled(wider)
    except re2.error:
        return None
    return wider if program.programsize <= MOST_INSTRUCTIONS else None


def expanded(replacement: str, group: Callable[[str], str]) -> str:
    """`\\1` and `\\g<name>` stand for groups; any other character behind a backslash for itself."""
    if "\\" not in replacement:
        return replacement
    return _REFERENCE.sub(lambda found: found["other"] or group(found["number"] or found["name"]), replacement)


def check_replacement(pattern: Pattern, replacement: str) -> None:
    """Raise `UnusablePattern` when it refers to a group that the pattern has not."""
    for found in _REFERENCE.finditer(replacement):
        group = found["number"] or found["name"]
        if group and not pattern.refers_to(group):
            raise UnusablePattern(f"The replacement refers to a group that the regex does not have: {group[:50]!r}.")


def _group_of(match: Any) -> Callable[[str], str]:
    """What a group of either engine's match holds, by number or name."""
    return lambda group: match[int(group) if group.isdigit() else group] or ""
