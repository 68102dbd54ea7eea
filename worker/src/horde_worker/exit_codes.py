"""How a worker may end."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How the worker ended."""

    OK = 0
    CRASH = 1
    CREDENTIALS = 2
    BACKEND = 3
    MAINTENANCE = 4
