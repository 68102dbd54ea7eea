"""What a worker that can stream is told with a job: whether anybody listens, and how much may be sent."""

from __future__ import annotations

from typing import TypeAlias

from horde_server.streams.piece import MOST_PREVIEW_BYTES, MOST_TEXT_BYTES

PREVIEW_INTERVAL_MS = 1500
PREVIEW_SIDE = 384
Terms: TypeAlias = dict[str, bool | int]
"""`stream` of a pop's answer."""


def terms(*, wanted: bool, previews: bool, interval_ms: int) -> Terms:
    """For one job."""
    return {
        "wanted": wanted,
        "interval_ms": interval_ms,
        "max_bytes": MOST_TEXT_BYTES,
        "previews": previews,
        "preview_interval_ms": PREVIEW_INTERVAL_MS,
        "preview_max_bytes": MOST_PREVIEW_BYTES,
        "preview_side": PREVIEW_SIDE,
    }
