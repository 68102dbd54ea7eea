"""What is told of a job in a worker's hands. A slot is which of its request's results it makes, from 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of a text, which begins after `at` bytes of UTF-8."""

    slot: int
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of an answer that a backend made, as it made it: of a job with tools or log probabilities."""

    slot: int
    delta: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """How many steps of a picture are done."""

    slot: int
    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class Preview:
    """How a picture looks so far: a small WebP or JPEG."""

    slot: int
    picture: bytes


@dataclass(frozen=True, slots=True)
class Restarted:
    """The worker of a slot is lost, and another goes on with it: `silent`, `timeout` or `faulted`."""

    slot: int
    reason: str


Told: TypeAlias = Text | Delta | Step | Preview | Restarted
