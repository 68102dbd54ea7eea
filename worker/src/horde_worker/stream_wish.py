"""How a horde wants to hear of a job while it is made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamWish:
    """What a horde says in its hand-out (docs/api/streams.md)."""

    is_wanted: bool = True
    """Whether anybody looks on just now."""
    interval_s: float = 0.2
    max_bytes: int = 16 * 1024
    """Of the text of one call."""
    previews: bool = False
    preview_interval_s: float = 1.5
    preview_max_bytes: int = 128 * 1024
    preview_side: int = 384
    """The longest side of a preview, in pixels."""
