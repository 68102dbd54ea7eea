"""What /metrics tells of streams: counters of this process, without anything of what was streamed."""

from __future__ import annotations

from dataclasses import dataclass, field

_FIRST_PIECE_BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(slots=True)
class StreamCounts:
    """Since the process began."""

    pieces: int = 0
    bytes: int = 0
    gaps: int = 0
    mismatches: int = 0
    resumed: int = 0
    first: list[int] = field(default_factory=lambda: [0] * (len(_FIRST_PIECE_BOUNDS_S) + 1))
    first_s: float = 0.0

    def first_piece(self, seconds: float) -> None:
        """So long after a job was handed out something of it came."""
        self.first[sum(seconds > bound for bound in _FIRST_PIECE_BOUNDS_S)] += 1
        self.first_s += seconds

    def first_within(self) -> list[tuple[float, int]]:
        """How many jobs began within so many seconds, as histograms count: each with those before."""
        found, count = [], 0
        for bound, here in zip(_FIRST_PIECE_BOUNDS_S, self.first, strict=False):
            count += here
            found.append((bound, count))
        return found
