"""What a durable task is: a name, the type of its arguments, and how often it is tried."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

ArgsT = TypeVar("ArgsT", bound=msgspec.Struct)

MAX_TIME_LIMIT_S = 600.0
"""No task may take longer in one go."""
FOR_THE_HORDE, FOR_STRANGERS = 1, 0
"""Priorities: what the horde does for itself comes before what takes as long as strangers like."""
_MAX_NAME_CHARACTERS = 40  # a channel of PostgreSQL is named for it
_JITTER = 0.1


class TryLater(Exception):
    """What the task is about is not to be had right now, which is nothing unusual: it is tried again.

    `after_s`: when, for work that knows better than its kind's `Backoff`. It counts as an attempt all the same.
    """

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class GiveUp(Exception):
    """The task can never succeed: it is not tried again."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a failed task waits: `first_s`, then twice as long each time, at most `cap_s`; `attempts` in all."""

    attempts: int
    first_s: float = 5.0
    cap_s: float = 3600.0

    def wait_s(self, failures: int) -> float:
        """Seconds to wait after so many failures (from 1), a little at random: not all come back in one moment."""
        wait_s = min(self.cap_s, self.first_s * 2.0 ** min(failures - 1, 60))
        return wait_s * random.uniform(1 - _JITTER, 1 + _JITTER)

    @property
    def total_s(self) -> float:
        """About how long it is tried before it is given up."""
        return sum(min(self.cap_s, self.first_s * 2.0 ** min(made, 60)) for made in range(self.attempts - 1))


@dataclass(frozen=True, slots=True)
class TaskKind(Generic[ArgsT]):
    """One kind of task.

    `name` and `args` stand in the database as long as one waits: rename neither, and give a new argument a default.
    It is run at least once: a node may die when it has done all but say so. So it must be harmless to do it again.
    """

    name: str
    args: type[ArgsT]
    backoff: Backoff
    time_limit_s: float = 60.0
    priority: int = FOR_THE_HORDE

    def __post_init__(self) -> None:
        if len(self.name) > _MAX_NAME_CHARACTERS or self.time_limit_s > MAX_TIME_LIMIT_S:
            raise ValueError(f"a name or a time limit too long: {self.name}")


class NoArgs(msgspec.Struct):
    """The arguments of a task without any."""
