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

MAX_IDS = 100  # far more than anybody asks for at a time
MAX_ID_CHARACTERS = 100
MAX_MODEL_CHARACTERS = 255
MAX_WORD_CHARACTERS = 100  # of what stands for one of a few
MAX_NUMBER_CHARACTERS = 100
MAX_PROMPT_CHARACTERS = 100_000
MAX_TTL_S = 86_400.0


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
    text = text_of(payload.get("prompt"))
    if len(text) > MAX_PROMPT_CHARACTERS:
        raise UnusableJob(f"a prompt of {len(text)} characters is out of bounds", ids)
    prompt, _, negative = text.partition("###")
    width, height = finite_number(payload.get("width"), 512), finite_number(payload.get("height"), 512)
    steps = finite_number(payload.get("ddim_steps"), 30)
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE and 1 <= steps <= MAX_STEPS):
        raise UnusableJob(f"{width:g}×{height:g} at {steps:g} steps is out of bounds", ids)
    uploads = answer.get("r2_uploads")
    urls = tuple(filter(None, map(text_of, uploads[: MAX_IDS + 1]))) if isinstance(uploads, list) else ()
    if not urls and isinstance(answer.get("r2_upload"), str):
        urls = (answer["r2_upload"],)
    if urls and len(urls) != len(ids):
        raise UnusableJob(f"{len(urls)} upload addresses for {len(ids)} pictures", ids)
    seed = payload.get("seed")
    first_seed = _seed(seed) if isinstance(seed, int | float | str) else seed_of(ids[0])
    given = _source(answer)
    denoising = finite_number(payload.get("denoising_strength"), 1.0 if given and given.is_inpainting else 0.75)
    return ImageJob(
        ids=ids,
        model=text_of(answer.get("model"), MAX_MODEL_CHARACTERS),
        prompt=prompt.strip(),
        negative_prompt=negative.strip(),
        width=int(width),
        height=int(height),
        steps=int(steps),
        cfg_scale=min(max(finite_number(payload.get("cfg_scale"), 7.5), 0.0), 100.0),
        sampler=text_of(payload.get("sampler_name"), MAX_WORD_CHARACTERS) or "k_euler_a",
        karras=payload.get("karras") is True,
        seeds=tuple((first_seed + place) % SEED_SPACE for place in range(len(ids))),
        ttl_s=ttl_of(answer, DEFAULT_TTL_S),
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
    """The ids of the jobs in a pop's answer, each once. Raises `UnusableJob`, with those that can be given back."""
    found = answer.get("ids")
    sent = [one for one in found[: MAX_IDS + 1] if isinstance(one, str) and one] if isinstance(found, list) else []
    if not sent and isinstance(answer.get("id"), str) and answer["id"]:
        sent = [answer["id"]]
    ids = tuple(dict.fromkeys(one for one in sent if len(one) <= MAX_ID_CHARACTERS))
    if len(sent) > MAX_IDS:
        raise UnusableJob(f"more than {MAX_IDS} ids", ids)
    if len(ids) < len(sent):
        raise UnusableJob(f"an id that comes twice, or has more than {MAX_ID_CHARACTERS} characters", ids)
    return ids


def ttl_of(answer: Mapping[str, Any], default: float) -> float:
    """How long the horde waits for a job, in seconds; within a day."""
    return min(max(finite_number(answer.get("ttl"), default), 1.0), MAX_TTL_S)


def text_of(value: Any, most_characters: int | None = None) -> str:
    """A text, or an empty one, also for one that is too long."""
    if not isinstance(value, str) or (most_characters is not None and len(value) > most_characters):
        return ""
    return value


def finite_number(value: Any, default: float) -> float:
    """A finite number, also from its text; else the default."""
    if isinstance(value, bool) or (isinstance(value, str) and len(value) > MAX_NUMBER_CHARACTERS):
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
    return int.from_bytes(text[:4].encode("utf-8", "replace")[:4], "little")  # the rest is beyond 2^32
