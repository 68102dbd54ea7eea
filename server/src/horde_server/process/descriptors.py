"""File descriptors: as many as the system gives, and how many of them connections may take."""

from __future__ import annotations

import contextlib
import sys

_KEPT_BACK = 96
"""For files, the object store, people's URLs, webhooks, and connections that were accepted but not yet looked at."""


def raise_descriptor_limit() -> None:
    """Soft limit up to the hard one: the soft one is for programs that cannot cope with more."""
    if sys.platform == "win32":
        return  # a socket is no file there, and there is no such limit
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses an unlimited one
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def connections_that_fit(wanted: int, database_pool_size: int) -> int:
    """As many of the connections wanted as leave descriptors for everything else."""
    if sys.platform == "win32":
        return wanted
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    return max(min(wanted, soft - _KEPT_BACK - 2 * database_pool_size), 16)
