"""Memory that large bodies took goes back to the system when they are answered."""

from __future__ import annotations

import ctypes
import sys

_LARGE_BYTES = 1024 * 1024
_M_MMAP_THRESHOLD = -3


def give_back_large_blocks() -> None:
    """Have glibc take blocks of a MiB and more from the system each time, and return them.

    By itself it raises that bound up to 32 MiB as such blocks are freed. Bodies then leave holes in the heap: after a
    few floods of them a server of 107 MB held 238, with this 147.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
