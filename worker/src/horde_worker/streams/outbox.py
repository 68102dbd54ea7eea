"""What there is to tell of one job, and what of it the horde has already."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from horde_sdk.generation_pieces import GenerationPiecesResponse
from horde_worker.backends.events import Delta, Piece, Progress, Watched
from horde_worker.streams.deltas import pieces_of
from horde_worker.streams.settled_text import SettledText
from horde_worker.text_format import TextFormat

MOST_DELTAS: Final = 64
"""Of one call."""
STUCK_AFTER: Final = 3
"""Calls in a row by which the horde keeps nothing more: it has had enough."""


class Outbox(Protocol):
    """What is sent besides the number of the call."""

    is_full: bool
    """Whether the horde takes no more, so that only signs of life are sent."""

    @property
    def has_rest(self) -> bool:
        """Whether there is something that nobody can see from the result."""

    def add(self, event: Watched) -> bool:
        """Take what a backend tells; whether there may be something to send."""

    async def fields(self) -> Mapping[str, Any]:
        """What is sent next; empty where there is nothing."""

    def taken(self, answer: GenerationPiecesResponse) -> bool:
        """The horde took it, and says how much it has; whether there is more to send."""

    def go_back(self, have: int | None, have_deltas: int | None) -> None:
        """The horde lacks what came before: it is sent again."""

    def so_far(self) -> str:
        """As much of the text as is settled."""


class TextOutbox:
    """A text, by its bytes."""

    def __init__(self, stops: Sequence[str], wishes: TextFormat, max_bytes: int) -> None:
        self._text = SettledText(stops, wishes)
        self._max_bytes = max_bytes
        self._tokens = 0
        self._have = 0
        self._sent_to = 0
        self._stuck = 0
        self._settled = b""
        self.is_full = False

    def add(self, event: Watched) -> bool:
        if isinstance(event, Piece):
            self._text.add(event.text)
            return True
        if isinstance(event, Progress):
            self._tokens = event.step
        return False

    async def fields(self) -> Mapping[str, Any]:
        """From where the horde is, in whole characters."""
        self._settled = self._text.settled()
        begin = min(self._have, len(self._settled))
        while begin and _is_inside(self._settled, begin):
            begin -= 1
        end = min(begin + self._max_bytes, len(self._settled))
        while end > begin and _is_inside(self._settled, end):
            end -= 1
        self._sent_to = end
        if end <= begin:
            return {}
        return {"at": begin, "text": self._settled[begin:end].decode(), "tokens": self._tokens}

    def taken(self, answer: GenerationPiecesResponse) -> bool:
        had, self._have = self._have, self._sent_to if answer.next is None else answer.next
        self._stuck = self._stuck + 1 if had < self._sent_to and self._have <= had else 0
        self.is_full = self.is_full or self._stuck >= STUCK_AFTER
        self._sent_to = self._have  # a call without fields, as while nobody listens, says nothing of being stuck
        return self._have < len(self._settled)

    def go_back(self, have: int | None, have_deltas: int | None) -> None:
        self._have = self._sent_to = have or 0

    def so_far(self) -> str:
        return self._text.settled().decode()

    @property
    def has_rest(self) -> bool:
        return False  # the result is the text


class DeltaOutbox:
    """An answer to messages, by its deltas: large ones as several, so that each fits."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes - len("[]")
        self._deltas: list[tuple[Mapping[str, Any], int]] = []
        self._have = 0
        self._sent_to = 0
        self._stuck = 0
        self.is_full = False

    def add(self, event: Watched) -> bool:
        if not isinstance(event, Delta) or self.is_full:
            return False
        for one in pieces_of(event.delta, self._max_bytes):
            size = len(json.dumps(one, ensure_ascii=False).encode("utf-8", "replace"))
            if size > self._max_bytes:
                self.is_full = True  # the result has it all
                return False
            self._deltas.append((one, size))
        return True

    async def fields(self) -> Mapping[str, Any]:
        """As many as fit into a call."""
        begin = min(self._have, len(self._deltas))
        chosen: list[Mapping[str, Any]] = []
        room = self._max_bytes
        for one, size in self._deltas[begin : begin + MOST_DELTAS]:
            room -= size + 1
            if room < 0 and chosen:
                break
            chosen.append(one)
        self._sent_to = begin + len(chosen)
        return {"deltas_at": begin, "deltas": chosen} if chosen else {}

    def taken(self, answer: GenerationPiecesResponse) -> bool:
        had, self._have = self._have, self._sent_to if answer.next_delta is None else answer.next_delta
        self._stuck = self._stuck + 1 if had < self._sent_to and self._have <= had else 0
        self.is_full = self.is_full or self._stuck >= STUCK_AFTER
        self._sent_to = self._have  # a call without fields, as while nobody listens, says nothing of being stuck
        return self._have < len(self._deltas)

    def go_back(self, have: int | None, have_deltas: int | None) -> None:
        self._have = self._sent_to = have_deltas or 0

    def so_far(self) -> str:
        return "".join(str(one.get("content") or "") for one, _ in self._deltas)

    @property
    def has_rest(self) -> bool:
        return not self.is_full and self._have < len(self._deltas)


def _is_inside(text: bytes, at: int) -> bool:
    """Whether a place is in the middle of a character."""
    return at < len(text) and text[at] & 0xC0 == 0x80
