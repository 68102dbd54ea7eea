"""Basic parameters of images: model, prompt, size, steps, sampler."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from horde_sdk.generation_parameters.generic.parameters import GenerationWithModelParameters
from horde_sdk.generation_parameters.image.consts import (
    CLIP_SKIP_REPRESENTATION,
    KNOWN_IMAGE_GENERATION_BASELINE,
    KNOWN_IMAGE_SAMPLERS,
    KNOWN_IMAGE_SCHEDULERS,
)

DEFAULT_BASELINE_RESOLUTION = 512
"""Pixels of a side when nothing else is known."""


class BasicImageGenerationParametersTemplate(GenerationWithModelParameters):
    """`BasicImageGenerationParameters` with every field open."""

    prompt: str | None = None
    negative_prompt: str | None = None
    seed: str | None = None
    """Text; `horde_sdk.utils.seed_to_int` says which number it stands for."""
    height: int | None = Field(default=None, ge=64, multiple_of=64)
    """Pixels."""
    width: int | None = Field(default=None, ge=64, multiple_of=64)
    """Pixels."""
    steps: int | None = Field(default=None, ge=1)
    cfg_scale: float | None = Field(default=None, ge=0)
    sampler_name: KNOWN_IMAGE_SAMPLERS | str | None = None
    scheduler: KNOWN_IMAGE_SCHEDULERS | str | None = None
    clip_skip: int | None = None
    """Layers of the text encoder, counted as `clip_skip_representation` says; 1 (or -1) leaves none out."""
    clip_skip_representation: CLIP_SKIP_REPRESENTATION | None = None
    denoising_strength: float | None = Field(default=None, ge=0, le=1)
    tiling: bool | None = None
    """Opposite edges fit each other."""
    transparent: bool | None = None


class BasicImageGenerationParameters(BasicImageGenerationParametersTemplate):
    """What every image is made with. Read-only and hashable."""

    model_config = ConfigDict(frozen=True)

    model: str
    prompt: str
    height: int | None = Field(default=DEFAULT_BASELINE_RESOLUTION, ge=64, multiple_of=64)
    """Pixels."""
    width: int | None = Field(default=DEFAULT_BASELINE_RESOLUTION, ge=64, multiple_of=64)
    """Pixels."""
    clip_skip_representation: CLIP_SKIP_REPRESENTATION | None = CLIP_SKIP_REPRESENTATION.NEGATIVE_OFFSET


default_basic_image_generation_parameters = BasicImageGenerationParameters(
    model="EXAMPLE_MODEL",
    model_baseline=KNOWN_IMAGE_GENERATION_BASELINE.infer,
    prompt="EXAMPLE_PROMPT",
    seed="1",
    steps=20,
    cfg_scale=7.0,
    sampler_name=KNOWN_IMAGE_SAMPLERS.k_lms,
    scheduler=KNOWN_IMAGE_SCHEDULERS.normal,
    clip_skip=1,
    denoising_strength=0.75,
)
"""A complete example, to copy and change."""
