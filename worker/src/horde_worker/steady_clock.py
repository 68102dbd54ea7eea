"""Seconds that no one can set back or forward. Where the system can tell, those count too in which it slept."""

from __future__ import annotations

import sys
import time
from typing import Final

LONGEST_LIFE: Final = 4
"""How many times its time a job may take whose worker shows signs of life (docs/api/streams.md)."""

if sys.platform == "linux":

    def steady_s() -> float:
        """Seconds since some moment: for differences. A job's time runs on while a laptop is shut."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

else:

    def steady_s() -> float:
        """Seconds since some moment: for differences. On Windows and macOS this clock may stand while they sleep."""
        return time.monotonic()


class Deadline:
    """Until when a job is worth making, on this clock. Signs of life that the horde took move it, up to a limit."""

    def __init__(self, ttl_s: float, margin_s: float) -> None:
        """Of a job that was handed out just now; the margin is what its delivery takes."""
        now = steady_s()
        self.at = now + max(ttl_s - margin_s, ttl_s / 2)
        self._more_s = max(ttl_s / 2 - margin_s, ttl_s / 4)
        self._latest = now + LONGEST_LIFE * ttl_s - margin_s

    def prolong(self) -> None:
        """The horde took a sign of life."""
        self.at = max(self.at, min(steady_s() + self._more_s, self._latest))
