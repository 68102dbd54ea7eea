"""The states of requests and jobs, as the database constrains them. Who compares need not convert: they are text."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class RequestPhase(StrEnum):
    """What may still become of a request; whether it is done its counts tell too."""

    OPEN = "open"
    CANCELLED = "cancelled"  # what was in hands goes on
    FAULTED = "faulted"  # one of its jobs failed too often


FAULTED: Final = RequestPhase.FAULTED.value
"""Compared at each check: text with text is faster than with a member."""


class JobPhase(StrEnum):
    """Where a job stands."""

    PROCESSING = "processing"  # in a worker's hands
    DONE = "done"
    FAULTED = "faulted"  # given back by its worker, or taken back: it took too long, or its worker went
