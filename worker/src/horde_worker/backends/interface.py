"""The seam between the worker and what makes pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from PIL import Image


@dataclass(frozen=True, slots=True)
class BackendAbilities:
    """What a backend can do, in the horde's words. Pop flags and the `capabilities` list come from this alone."""

    models: tuple[str, ...]
    max_pixels: int
    capabilities: frozenset[str]  # such as karras, r2, hires_fix, tiling, img2img (generation.md §3.8.1)
    samplers: frozenset[str]
    max_batch: int = 1
    knows_nsfw: bool = False  # could paint what is not safe for work


@dataclass(frozen=True, slots=True)
class ImageJob:
    """One hand-out, normalised: as many pictures as it has ids. Sizes in pixels, `ttl_s` seconds from the pop."""

    ids: tuple[str, ...]
    model: str
    prompt: str
    negative_prompt: str
    width: int
    height: int
    steps: int
    cfg_scale: float
    sampler: str
    karras: bool
    seeds: tuple[int, ...]  # one per picture
    ttl_s: float
    upload_urls: tuple[str, ...]  # one per picture, or none when results go inline
    hires_fix: bool = False
    tiling: bool = False
    clip_skip: int = 1
    censors_nsfw: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """An entry of `gen_metadata`; `ref` has at most 255 characters."""

    type: str
    value: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class ImageResult:
    """One picture with what its maker has to say about it."""

    image: Image.Image
    seed: int
    remarks: tuple[Remark, ...] = field(default=())


class BackendFailure(Exception):
    """The backend cannot do this job; the text is the reason, told in a fault submit."""


Progress = Callable[[int, int, int], None]
"""Told after every step: picture (from 0), steps done, steps in all. May be called from another thread."""


class Backend(Protocol):
    """Makes pictures. `generate` must not block the event loop, and must stop soon when it is cancelled."""

    @property
    def name(self) -> str:
        """What the operator calls it."""

    @property
    def abilities(self) -> BackendAbilities:
        """What it can do; asked at every pop."""

    async def start(self) -> None:
        """Get ready. Raises `BackendFailure`."""

    async def generate(self, job: ImageJob, progress: Progress) -> Sequence[ImageResult]:
        """One result per id of the job. Raises `BackendFailure`."""
