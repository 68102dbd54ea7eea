"""Memory that Python has freed, given back to the system: the C library keeps it for later otherwise."""

from __future__ import annotations

import contextlib
import gc


def give_back() -> None:
    """Collect what nobody needs, and hand it over. Takes some milliseconds; where the system knows no such thing, less.

    Imports and the loading of settings leave some megabytes behind, a model that was let go of a lot more.
    """
    gc.collect()
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).malloc_trim(0)  # glibc's
