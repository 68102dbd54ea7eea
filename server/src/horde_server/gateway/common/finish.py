"""Where an answer ends, and why (gateway-templates.md §3)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from horde_server.gateway.common.marks import first_of, possible_beginning
from horde_server.gateway.common.tokens import believable, tokens

_ENDS_OF_SENTENCES: Final = frozenset(".!?\"')]}*~…\n”’»。！？」』）】")
_SURELY_STOPPED: Final = 0.9


class FinishReason(StrEnum):
    """Why an answer ended, in OpenAI's words."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"


_REPORTED: Final[dict[str | None, FinishReason]] = {reason.value: reason for reason in FinishReason}


class StopCutter:
    """Ends a text before its first stop string, while it comes in pieces.

    What may be the beginning of one is held back, so that nobody is shown half of it.
    """

    def __init__(self, stops: Iterable[str]) -> None:
        self._stops = tuple(dict.fromkeys(stop for stop in stops if stop))
        self._held = ""
        self.stopped_by: str | None = None
        """The stop string that was found."""

    def feed(self, text: str) -> str:
        """What may be shown now; nothing more after a stop string. O(stops · text)."""
        if self.stopped_by is not None:
            return ""
        text = self._held + text
        found = first_of(self._stops, text)
        if found is not None:
            at, self.stopped_by = found
            self._held = ""
            return text[:at]
        shown = len(text) - possible_beginning(self._stops, text)
        self._held = text[shown:]
        return text[:shown]

    def end(self) -> str:
        """What was held back, once no more comes."""
        rest, self._held = self._held, ""
        return rest


def cut(text: str, stops: Iterable[str]) -> tuple[str, str | None]:
    """A whole text before its first stop string, and which that is."""
    cutter = StopCutter(stops)
    return cutter.feed(text) + cutter.end(), cutter.stopped_by


def finish_reason(
    text: str,
    *,
    max_length: int,
    stopped: bool = False,
    censored: bool = False,
    reported: str | None = None,
    worker_tokens: int | None = None,
) -> FinishReason:
    """Why the answer ended. `length` only where that is sure, as clients raise at it.

    `text`: as the worker made it; `stopped`: it had a stop string; `reported`, `worker_tokens`: what the worker says.
    """
    if censored:
        return FinishReason.CONTENT_FILTER
    if reported in _REPORTED:
        return _REPORTED[reported]
    if stopped:
        return FinishReason.STOP
    counted = believable(worker_tokens, text)
    if counted < _SURELY_STOPPED * max_length:
        return FinishReason.STOP
    by_worker = worker_tokens is not None and worker_tokens >= max_length
    unfinished = tokens(text) >= max_length and text[-1:] not in _ENDS_OF_SENTENCES
    return FinishReason.LENGTH if by_worker or unfinished else FinishReason.STOP
