"""What hand-outs of every kind have in common, read from whatever a horde sends: total and pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from horde_worker.tolerance import finite_number, whole_text

DEFAULT_TTL_S: Final = 150.0
MAX_TTL_S: Final = 86_400.0
MAX_IDS: Final = 100
"""Far more than anybody asks for at a time."""
MAX_ID_CHARACTERS: Final = 100
MAX_WORD_CHARACTERS: Final = 100
"""Of what stands for one of a few."""
MAX_REASONS: Final = 20
MAX_REASON_CHARACTERS: Final = 50
MAX_MESSAGES: Final = 50
MAX_MESSAGE_CHARACTERS: Final = 10_240
MAX_ORIGIN_CHARACTERS: Final = 255

JobT = TypeVar("JobT")


class UnusableJob(ValueError):
    """The answer holds jobs that no one could do; `ids` are to be faulted."""

    def __init__(self, reason: str, ids: tuple[str, ...]) -> None:
        super().__init__(reason)
        self.ids = ids


@dataclass(frozen=True, slots=True)
class Message:
    """What a horde tells a worker, as it came."""

    id: str
    text: str
    origin: str
    expiry: str


@dataclass(frozen=True, slots=True)
class HandOut(Generic[JobT]):
    """What a pop gave: a job, or why there is none."""

    job: JobT | None
    skipped: Mapping[str, int]
    """How many waiting requests are not for this worker, by reason; those with some only."""
    held_s: float = 0.0
    """How long the horde held the answer back until there was news; 0 where it does no such thing."""
    messages: tuple[Message, ...] = ()
    """What the horde, or the owner, tells the worker: the same with every pop, until it expires."""


@contextmanager
def giving_back_at_most(amount: int) -> Iterator[None]:
    """What a horde hands out beyond what was asked for is not even given back: that could take for ever."""
    try:
        yield
    except UnusableJob as unusable:
        raise UnusableJob(str(unusable), unusable.ids[:amount]) from None


def job_ids(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the jobs in a pop's answer, each once. Raises `UnusableJob`, with those that can be given back."""
    found = answer.get("ids")
    sent = [one for one in found[: MAX_IDS + 1] if isinstance(one, str) and one] if isinstance(found, list) else []
    if not sent and isinstance(answer.get("id"), str) and answer["id"]:
        sent = [answer["id"]]
    ids = tuple(dict.fromkeys(one for one in sent if is_id(one)))
    if len(sent) > MAX_IDS:
        raise UnusableJob(f"more than {MAX_IDS} ids", ids)
    if len(ids) < len(sent):
        raise UnusableJob(f"an id that comes twice, or has more than {MAX_ID_CHARACTERS} characters", ids)
    return ids


_READ_APART: Final = frozenset({"ids", "skipped", "messages"})
_SOME_ID: Final = "00000000-0000-0000-0000-000000000000"


def without_ids(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer for a model of the SDK, which wants a UUID with every job: ids are kept apart, as they came."""
    return {**{name: value for name, value in answer.items() if name not in _READ_APART}, "id": _SOME_ID}


def is_id(value: object) -> bool:
    """Whether a job can be given back by this id, verbatim: hordes may have other ids than UUIDs."""
    return isinstance(value, str) and 0 < len(value) <= MAX_ID_CHARACTERS and whole_text(value) == value


def skipped_of(answer: Mapping[str, Any]) -> dict[str, int]:
    """The reasons why a horde had no job, with how many requests each kept away; some reasons at most."""
    skipped = answer.get("skipped")
    if not isinstance(skipped, dict):
        return {}
    return {
        name: count
        for name, count in islice(skipped.items(), MAX_REASONS)
        if isinstance(count, int) and count > 0 and len(name) <= MAX_REASON_CHARACTERS
    }


def messages_of(answer: Mapping[str, Any]) -> tuple[Message, ...]:
    """What the worker is told; what is no message, or too long to be one, is left out."""
    found = answer.get("messages")
    if not isinstance(found, list):
        return ()
    read = (
        Message(
            text_of(one.get("id"), MAX_ID_CHARACTERS),
            text_of(one.get("message"), MAX_MESSAGE_CHARACTERS),
            text_of(one.get("origin"), MAX_ORIGIN_CHARACTERS),
            text_of(one.get("expiry"), MAX_WORD_CHARACTERS),
        )
        for one in found[:MAX_MESSAGES]
        if isinstance(one, dict)
    )
    return tuple(one for one in read if one.id and one.text)


def ttl_of(answer: Mapping[str, Any], default: float = DEFAULT_TTL_S) -> float:
    """How long the horde waits for a job, in seconds; within a day."""
    return min(max(finite_number(answer.get("ttl"), default), 1.0), MAX_TTL_S)


def text_of(value: object, most_characters: int | None = None) -> str:
    """A text, or an empty one, also for one that is too long."""
    if not isinstance(value, str) or (most_characters is not None and len(value) > most_characters):
        return ""
    return whole_text(value)


def seed_of(job_id: str) -> int:
    """The seed of a job that brings none: the same for the same job."""
    return zlib.crc32(job_id.encode("utf-8", "replace"))
