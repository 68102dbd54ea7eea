"""Jobs of text for tests of backends, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from horde_worker.backends.events import Piece
from horde_worker.backends.text import TextEvent, TextJob, TextMaker, TextResult
from horde_worker.sampler_settings import TextSampling

JOB: Final = TextJob(
    ids=("a",),
    model="any",
    prompt="Once upon a time",
    max_length=40,
    max_context_length=1024,
    seeds=(7,),
    ttl_s=150.0,
)


def a_job(*, sampling: dict[str, Any] | None = None, **changes: Any) -> TextJob:
    """The usual job with these changes; `sampling` changes single samplers."""
    job = replace(JOB, **changes)
    if len(job.ids) != len(job.seeds):
        job = replace(job, ids=tuple(map(str, job.seeds)))
    return replace(job, sampling=replace(TextSampling(), **sampling)) if sampling else job


async def events_of(maker: TextMaker, job: TextJob) -> list[TextEvent]:
    """All that a maker tells of a job."""
    return [event async for event in maker.make(job)]


async def texts_of(maker: TextMaker, job: TextJob) -> list[str]:
    """The texts that a maker makes, which its pieces make up as well."""
    events = await events_of(maker, job)
    texts = [event.text for event in events if isinstance(event, TextResult)]
    assert pieces_of(events, len(texts)) == texts
    return texts


def pieces_of(events: list[TextEvent], count: int) -> list[str]:
    """What the pieces of each text come to."""
    return [
        "".join(event.text for event in events if isinstance(event, Piece) and event.place == place)
        for place in range(count)
    ]
