"""Seconds that no one can set back or forward. Where the system can tell, those count too in which it slept."""

from __future__ import annotations

import time

_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)


def steady_s() -> float:
    """Seconds since some moment: for differences. A job's time runs on while a laptop is shut."""
    return time.monotonic() if _BOOT_CLOCK is None else time.clock_gettime(_BOOT_CLOCK)
