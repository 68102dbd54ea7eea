"""Where a text ends because of a stop sequence, which stays in it."""

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
