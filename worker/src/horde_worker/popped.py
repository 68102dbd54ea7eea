"""From a pop's answer to an image job: one total, pure function, whatever the horde sends (worker.md §2.0)."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from typing import Any

from horde_worker.backends.interface import ImageJob, SourceGiven

MAX_SIDE = 8192
MAX_STEPS = 1000
SEED_SPACE = 1 << 32
DEFAULT_TTL_S = 150.0


class UnusableJob(ValueError):
    """The answer holds jobs that no one could do; `ids` are to be faulted."""

    def __init__(self, reason: str, ids: tuple[str, ...]) -> None:
        super().__init__(reason)
        self.ids = ids


def read_pop(answer: Mapping[str, Any]) -> ImageJob | None:
    """The job in a pop's answer, or None when there is none. Raises `UnusableJob`."""
    ids = job_ids(answer)
    if not ids:
        return None
    payload = answer.get("payload")
    if not isinstance(payload, Mapping):
        raise UnusableJob("the job has no payload", ids)
    prompt, _, negative = text_of(payload.get("prompt")).partition("###")
    width, height = finite_number(payload.get("width"), 512), finite_number(payload.get("height"), 512)
    steps = finite_number(payload.get("ddim_steps"), 30)
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE and 1 <= steps <= MAX_STEPS):
        raise UnusableJob(f"{width:g}×{height:g} at {steps:g} steps is out of bounds", ids)
    uploads = answer.get("r2_uploads")
    urls = tuple(filter(None, map(text_of, uploads))) if isinstance(uploads, list) else ()
    if not urls and isinstance(answer.get("r2_upload"), str):
        urls = (answer["r2_upload"],)
    if urls and len(urls) != len(ids):
        raise UnusableJob(f"{len(urls)} upload addresses for {len(ids)} pictures", ids)
    seed = payload.get("seed")
    first_seed = seed_of(ids[0]) if seed is None else _seed(seed)
    given = _source(answer)
    denoising = finite_number(payload.get("denoising_strength"), 1.0 if given and given.is_inpainting else 0.75)
    return ImageJob(
        ids=ids,
        model=text_of(answer.get("model")),
        prompt=prompt.strip(),
        negative_prompt=negative.strip(),
        width=int(width),
        height=int(height),
        steps=int(steps),
        cfg_scale=min(max(finite_number(payload.get("cfg_scale"), 7.5), 0.0), 100.0),
        sampler=text_of(payload.get("sampler_name")) or "k_euler_a",
        karras=payload.get("karras") is True,
        seeds=tuple((first_seed + place) % SEED_SPACE for place in range(len(ids))),
        ttl_s=max(finite_number(answer.get("ttl"), DEFAULT_TTL_S), 1.0),
        upload_urls=urls,
        hires_fix=payload.get("hires_fix") is True,
        tiling=payload.get("tiling") is True,
        clip_skip=int(min(max(finite_number(payload.get("clip_skip"), 1), 1), 12)),
        censors_nsfw=payload.get("use_nsfw_censor") is True,
        denoising_strength=_strength(denoising) if given else 1.0,
        hires_denoising_strength=_strength(finite_number(payload.get("hires_fix_denoising_strength"), 0.65)),
        given=given,
    )


def _source(answer: Mapping[str, Any]) -> SourceGiven | None:
    """A mask counts only with a source picture."""
    picture = text_of(answer.get("source_image"))
    if not picture:
        return None
    is_inpainting = answer.get("source_processing") in ("inpainting", "outpainting")
    return SourceGiven(picture, text_of(answer.get("source_mask")), is_inpainting)


def _strength(value: float) -> float:
    return min(max(value, 0.01), 1.0)


def job_ids(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the jobs in a pop's answer."""
    found = answer.get("ids")
    ids = tuple(text for text in found if isinstance(text, str) and text) if isinstance(found, list) else ()
    if not ids and isinstance(answer.get("id"), str) and answer["id"]:
        ids = (answer["id"],)
    return ids


def text_of(value: Any) -> str:
    """A text, or an empty one."""
    return value if isinstance(value, str) else ""


def finite_number(value: Any, default: float) -> float:
    """A finite number, also from its text; else the default."""
    if isinstance(value, bool):
        return default
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return default
    return number if math.isfinite(number) and abs(number) < 1e15 else default


def seed_of(job_id: str) -> int:
    """The seed of a job that brings none: the same for the same job."""
    return zlib.crc32(job_id.encode("utf-8", "replace"))


def _seed(value: Any) -> int:
    """The seed as a number below 2^32; text that is no number counts by its bytes, as at the horde."""
    if isinstance(value, int):
        return value % SEED_SPACE
    text = str(value).strip()
    if text.removeprefix("-").isdigit() and text.isascii() and len(text) < 40:
        return int(text) % SEED_SPACE
    return int.from_bytes(text.encode("utf-8", "replace"), "little") % SEED_SPACE
