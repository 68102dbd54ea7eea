"""Where a text ends: at the first of its stop sequences, which stays in it."""

from __future__ import annotations

from collections.abc import Sequence


def end_of_stop(text: str, fresh: int, stops: Sequence[str]) -> int | None:
    """Where the first stop sequence ends that the last `fresh` characters completed, if one did."""
    ends = []
    for stop in stops:
        if stop:
            place = text.find(stop, max(0, len(text) - fresh - len(stop) + 1))
            if place >= 0:
                ends.append(place + len(stop))
    return min(ends, default=None)


class GrowingText:
    """A text that comes in pieces and ends with a stop sequence. Cost: each piece is looked at once."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._longest = max(map(len, self._stops), default=0)
        self._tail = ""
        self._pieces: list[str] = []
        self.is_stopped = False

    @property
    def text(self) -> str:
        """All of it so far."""
        return "".join(self._pieces)

    def add(self, piece: str) -> str:
        """What of a piece belongs to the text: nothing of what follows a stop sequence."""
        if self.is_stopped or not piece:
            return ""
        looked_at = self._tail + piece
        end = end_of_stop(looked_at, len(piece), self._stops)
        if end is not None:
            piece = piece[: end - len(self._tail)]
            self.is_stopped = True
        self._tail = looked_at[-self._longest :] if self._longest else ""
        self._pieces.append(piece)
        return piece
