"""A job in the worker's hands, and until when it is worth making."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from horde_worker.kinds.interface import JobT
from horde_worker.steady_clock import Deadline


@dataclass(frozen=True, slots=True)
class Held(Generic[JobT]):
    """A job not yet made; `effort` is as its kind counts it."""

    job: JobT
    deadline: Deadline
    effort: float
