"""What a backend tells while it works, besides its results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from PIL import Image  # a worker of texts never loads it


class BackendFailure(Exception):
    """The backend cannot do this job; the text is the reason, told in a fault submit."""


class BackendGone(BackendFailure):
    """What does the work is not reached: it is not running, or the way to it is cut. A job is tried once again."""


class CalledOff(BackendFailure):
    """Nobody waits for the result any more."""


class UnusableInput(BackendFailure):
    """What came with this job, or was to be fetched for it, is of no use; nothing is wrong with the worker."""


class OutOfMemory(BackendFailure):
    """There was no memory for this job. It is tried once again after memory was let go."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Steps or tokens done, of how many; `place` says of which result of the job, from 0."""

    place: int
    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture as it looks half made."""

    place: int
    image: Image.Image


@dataclass(frozen=True, slots=True)
class Piece:
    """The next piece of a text. All pieces of a text, one after the other, are the text of its result."""

    place: int
    text: str


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of an answer to messages as the server gave it: a `delta` of OpenAI's API, `logprobs` beside."""

    place: int
    delta: Mapping[str, Any]


Watched: TypeAlias = Progress | Preview | Piece | Delta
"""Whatever is told before a result."""
