"""Seconds that no one can set back or forward. Where the system can tell, those count too in which it slept."""

from __future__ import annotations

import sys
import time

if sys.platform == "linux":

    def steady_s() -> float:
        """Seconds since some moment: for differences. A job's time runs on while a laptop is shut."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

else:

    def steady_s() -> float:
        """Seconds since some moment: for differences. On Windows and macOS this clock may stand while they sleep."""
        return time.monotonic()
