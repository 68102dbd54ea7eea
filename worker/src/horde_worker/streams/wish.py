"""The wish to hear of a job while it is made, read from a hand-out, whatever is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from horde_worker.stream_wish import StreamWish
from horde_worker.tolerance import finite_number

SHORTEST_INTERVAL_S: Final = 0.05
LONGEST_INTERVAL_S: Final = 10.0
LEAST_BYTES, MOST_BYTES = 64, 64 * 1024
MOST_PREVIEW_BYTES: Final = 1024 * 1024
LEAST_SIDE, MOST_SIDE = 16, 1024


def stream_wish(answer: Mapping[str, Any]) -> StreamWish | None:
    """The wish in a pop's answer; None where the horde wants to hear nothing, or knows no such thing."""
    said = answer.get("stream")
    if not isinstance(said, Mapping):
        return None
    usual = StreamWish()
    return StreamWish(
        is_wanted=said.get("wanted") is True,
        interval_s=interval_s(said.get("interval_ms"), usual.interval_s),
        max_bytes=int(_within(said.get("max_bytes"), usual.max_bytes, LEAST_BYTES, MOST_BYTES)),
        previews=said.get("previews") is True,
        preview_interval_s=interval_s(said.get("preview_interval_ms"), usual.preview_interval_s),
        preview_max_bytes=int(
            _within(said.get("preview_max_bytes"), usual.preview_max_bytes, LEAST_BYTES, MOST_PREVIEW_BYTES)
        ),
        preview_side=int(_within(said.get("preview_side"), usual.preview_side, LEAST_SIDE, MOST_SIDE)),
    )


def interval_s(said_ms: object, otherwise_s: float) -> float:
    """A pause that a horde asks for, in seconds."""
    return _within(said_ms, otherwise_s * 1000, SHORTEST_INTERVAL_S * 1000, LONGEST_INTERVAL_S * 1000) / 1000


def _within(said: object, otherwise: float, least: float, most: float) -> float:
    return min(max(finite_number(said, otherwise), least), most)
