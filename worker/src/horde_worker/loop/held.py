"""A job in the worker's hands, and until when it is worth making."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from horde_worker.kinds.interface import JobT


@dataclass(frozen=True, slots=True)
class Held(Generic[JobT]):
    """A job not yet made; `give_up_at` is of the steady clock, `effort` as its kind counts it."""

    job: JobT
    give_up_at: float
    effort: float
