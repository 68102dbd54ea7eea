"""A job with its LoRAs and inversions by the names of files that are here, or without, and it says so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final, TypeVar

import structlog

from horde_worker.backends.image import ImageJob, Lora, Remark, TextualInversion
from horde_worker.backends.normalise.additions import trigger_words, with_triggers
from horde_worker.lora_cache.additions import LORA, TI, CachedLora, LoraFailure
from horde_worker.lora_cache.cache import LoraCache
from horde_worker.steady_clock import steady_s

log = structlog.get_logger(__name__)

SHARE_OF_TTL: Final = 0.4
LONGEST_S: Final = 120.0

_A = TypeVar("_A", Lora, TextualInversion)


async def with_files(job: ImageJob, cache: LoraCache) -> ImageJob:
    """The job with every addition that can be had in good time; what cannot is no fault, and remarked upon."""
    if not job.loras and not job.tis:
        return job
    deadline = steady_s() + min(job.ttl_s * SHARE_OF_TTL, LONGEST_S)
    loras, tis = await asyncio.gather(_fetched(job.loras, cache, deadline), _fetched(job.tis, cache, deadline))
    remarks = [
        *(Remark(LORA, "download_failed", one.name) for one, found in loras if found is None),
        *(Remark(TI, "download_failed", one.name) for one, found in tis if found is None),
    ]
    prompt = job.prompt
    applied = []
    for lora, found in loras:
        if found is None:
            continue
        words = trigger_words(lora.inject_trigger, found.trigger_words, job.seeds[0])
        prompt = with_triggers(prompt, words) if words else prompt
        # Words that nobody knows here may stand in the file itself, which the backend reads.
        wish = "" if found.trigger_words else lora.inject_trigger
        applied.append(replace(lora, name=found.path.stem, is_version=False, inject_trigger=wish))
    return replace(
        job,
        prompt=prompt,
        loras=tuple(applied),
        tis=tuple(replace(ti, name=found.path.stem) for ti, found in tis if found is not None),
        source_remarks=(*job.source_remarks, *remarks),
    )


async def _fetched(additions: tuple[_A, ...], cache: LoraCache, deadline: float) -> list[tuple[_A, CachedLora | None]]:
    found = await asyncio.gather(*(_or_none(one, cache, deadline) for one in additions))
    return list(zip(additions, found, strict=True))


async def _or_none(addition: Lora | TextualInversion, cache: LoraCache, deadline: float) -> CachedLora | None:
    try:
        return await cache.fetched(addition, deadline)
    except LoraFailure as failure:
        log.warning("worker.lora_missing", lora=addition.name[:100], reason=str(failure))
        return None
