"""From a pop's answer to an image job, whatever the horde sends (workers.md §7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from pydantic import Field, ValidationError, field_validator

from horde_sdk.ai_horde_api.apimodels.generate.pop import ImageGenerateJobPopPayload, ImageGenerateJobPopResponse
from horde_worker.backends.image import ImageJob, SourceGiven
from horde_worker.backends.normalise.dynamic_prompts import expanded
from horde_worker.kinds.hand_out import (
    DEFAULT_TTL_S,
    MAX_IDS,
    MAX_TTL_S,
    MAX_WORD_CHARACTERS,
    UnusableJob,
    job_ids,
    seed_of,
    without_ids,
)
from horde_worker.kinds.image.popped_lists import (
    extra_sources_of,
    extra_texts_of,
    loras_of,
    post_processing_of,
    tis_of,
)
from horde_worker.streams.wish import stream_wish
from horde_worker.tolerance import MAX_MODEL_CHARACTERS, Tolerant

MAX_SIDE: Final = 8192
MAX_STEPS: Final = 1000
MAX_PROMPT_CHARACTERS: Final = 100_000
SEED_SPACE: Final = 1 << 32
LEAST_DENOISING: Final = 0.01
_DEFAULT_SAMPLER: Final = "k_euler_a"


class ImagePayload(ImageGenerateJobPopPayload, Tolerant):
    """What the SDK knows of an image's parameters, with the bounds and defaults of a worker: those of any horde."""

    must_fit: ClassVar = frozenset({"width", "height", "ddim_steps"})

    width: int = Field(default=512, ge=1, le=MAX_SIDE)
    height: int = Field(default=512, ge=1, le=MAX_SIDE)
    ddim_steps: int = Field(default=30, ge=1, le=MAX_STEPS)
    cfg_scale: float = Field(default=7.5, ge=0, le=100)
    sampler_name: str = Field(default=_DEFAULT_SAMPLER, max_length=MAX_WORD_CHARACTERS)
    karras: bool = False
    denoising_strength: float | None = Field(default=None, ge=LEAST_DENOISING, le=1)
    hires_fix_denoising_strength: float = Field(default=0.65, ge=LEAST_DENOISING, le=1)
    facefixer_strength: float = Field(default=0.75, ge=0, le=1)
    control_type: str | None = Field(default=None, max_length=MAX_WORD_CHARACTERS)
    workflow: str | None = Field(default=None, max_length=MAX_WORD_CHARACTERS)
    image_is_control: bool = False
    return_control_map: bool = False
    transparent: bool = False

    @field_validator("seed", mode="before")
    @classmethod
    def _seed_below_2_to_the_32(cls, value: object) -> str | None:
        return str(_seed(value)) if isinstance(value, int | float | str) else None

    @field_validator("seed")
    @classmethod
    def _random_if_none(cls, seed: str | None) -> str | None:  # type: ignore[override]  # in place of the SDK's
        """A seed that is missing is the worker's to choose, so that the same job gets the same one again."""
        return seed


class ImagePopAnswer(ImageGenerateJobPopResponse, Tolerant):
    """A hand-out of images as the SDK knows it. The ids are read apart: they are needed when nothing else fits."""

    must_fit: ClassVar = frozenset({"payload"})

    payload: ImagePayload = Field(default_factory=ImagePayload)
    model: str | None = Field(default=None, max_length=MAX_MODEL_CHARACTERS)
    ttl: int = Field(default=int(DEFAULT_TTL_S), ge=1, le=int(MAX_TTL_S))

    @field_validator("r2_uploads", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> list[str] | None:
        """Those that are texts, and one more at most than there may be pictures."""
        return (
            [one for one in value[: MAX_IDS + 1] if isinstance(one, str) and one] if isinstance(value, list) else None
        )


def read_image_pop(answer: Mapping[str, Any]) -> ImageJob | None:
    """The job in a pop's answer, or None when there is none. Raises `UnusableJob`."""
    ids = job_ids(answer)
    if not ids:
        return None
    if not isinstance(answer.get("payload"), Mapping):
        raise UnusableJob("the job has no payload", ids)
    try:
        popped = ImagePopAnswer.model_validate(_without_lists(answer))
    except ValidationError as problem:
        raise UnusableJob(_out_of_bounds(problem), ids) from None
    return _job(popped, answer, ids)


_READ_APART: Final = frozenset({"loras", "tis", "post_processing", "extra_texts"})
"""Lists whose entries are read one by one: a strange one must not cost the others."""


def _without_lists(answer: Mapping[str, Any]) -> dict[str, Any]:
    kept = without_ids(answer)
    kept.pop("extra_source_images", None)
    kept.pop("stream", None)
    kept["payload"] = {name: value for name, value in answer["payload"].items() if name not in _READ_APART}
    return kept


def _job(popped: ImagePopAnswer, answer: Mapping[str, Any], ids: tuple[str, ...]) -> ImageJob:
    wished = popped.payload
    text = wished.prompt or ""
    if len(text) > MAX_PROMPT_CHARACTERS:
        raise UnusableJob(f"a prompt of {len(text)} characters is out of bounds", ids)
    prompt, _, negative = text.partition("###")
    urls = tuple(popped.r2_uploads or ((popped.r2_upload,) if popped.r2_upload else ()))
    if urls and len(urls) != len(ids):
        raise UnusableJob(f"{len(urls)} upload addresses for {len(ids)} pictures", ids)
    given = _source(popped)
    first_seed = seed_of(ids[0]) if wished.seed is None else int(wished.seed)
    prompt, negative = expanded(prompt.strip(), negative.strip(), first_seed)
    return ImageJob(
        ids=ids,
        model=popped.model or "",
        prompt=prompt,
        negative_prompt=negative,
        width=wished.width,
        height=wished.height,
        steps=wished.ddim_steps,
        cfg_scale=wished.cfg_scale,
        sampler=wished.sampler_name or _DEFAULT_SAMPLER,
        karras=wished.karras,
        seeds=tuple((first_seed + place) % SEED_SPACE for place in range(len(ids))),
        ttl_s=float(popped.ttl),
        upload_urls=urls,
        hires_fix=wished.hires_fix,
        tiling=wished.tiling,
        clip_skip=wished.clip_skip,
        censors_nsfw=wished.use_nsfw_censor,
        denoising_strength=_strength(wished.denoising_strength, given),
        hires_denoising_strength=wished.hires_fix_denoising_strength,
        given=given,
        extra_sources=extra_sources_of(answer),
        loras=loras_of(answer["payload"]),
        tis=tis_of(answer["payload"]),
        control_type=wished.control_type or "",
        image_is_control=wished.image_is_control is True,
        return_control_map=wished.return_control_map is True,
        post_processing=post_processing_of(answer["payload"]),
        facefixer_strength=wished.facefixer_strength,
        transparent=wished.transparent is True,
        workflow=wished.workflow or "",
        extra_texts=extra_texts_of(answer["payload"]),
        stream=stream_wish(answer),
    )


def _source(popped: ImagePopAnswer) -> SourceGiven | None:
    """A mask counts only with a source picture."""
    if not popped.source_image:
        return None
    is_inpainting = popped.source_processing in ("inpainting", "outpainting")
    return SourceGiven(popped.source_image, popped.source_mask or "", is_inpainting)


def _strength(wished: float | None, given: SourceGiven | None) -> float:
    """All is new without a source; where nothing is said, with inpainting too, and three quarters otherwise."""
    if given is None:
        return 1.0
    return wished if wished is not None else 1.0 if given.is_inpainting else 0.75


def _seed(value: float | str) -> int:
    """The seed as a number below 2^32; text that is no number counts by its bytes, as at the horde."""
    if isinstance(value, int):
        return value % SEED_SPACE
    text = str(value).strip()
    if text.removeprefix("-").isdigit() and text.isascii() and len(text) < 40:
        return int(text) % SEED_SPACE
    return int.from_bytes(text[:4].encode("utf-8", "replace")[:4], "little")  # the rest is beyond 2^32


def _out_of_bounds(problem: ValidationError) -> str:
    """Which numbers are too large or too small; they are all that can be wrong."""
    told = [f"{one['loc'][-1]} {one['input']}"[:100] for one in problem.errors()]
    return f"{', '.join(told)} is out of bounds"
