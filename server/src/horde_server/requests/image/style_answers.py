"""What is told of styles of images (styles.md §1.6)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from horde_server.http.answers import Answer
from horde_server.requests.image.worker_answers import (
    ModelPayloadLorasStable,
    ModelPayloadTextualInversionsStable,
)
from horde_server.styles.answers import StyleDetails, StyleExample, StyleSharedKey


class ModelStyleInputParamsStable(Answer):
    """The parameters that a style sets; the others are absent."""

    sampler_name: str = ""
    cfg_scale: float = 5.0
    denoising_strength: float = 1.0
    hires_fix_denoising_strength: float = 1.0
    height: int = 512
    width: int = 512
    post_processing: list[str] = Field(default_factory=list)
    karras: bool = True
    tiling: bool = False
    hires_fix: bool = False
    clip_skip: int = 1
    facefixer_strength: float = 0.75
    loras: list[ModelPayloadLorasStable] = Field(default_factory=list)
    tis: list[ModelPayloadTextualInversionsStable] = Field(default_factory=list)
    special: dict[str, Any] = Field(default_factory=dict)
    workflow: str = ""
    transparent: bool = False
    steps: int = 30


class StyleStable(StyleDetails):
    """A style of images."""

    params: ModelStyleInputParamsStable
    examples: list[StyleExample] = Field([])
    shared_key: StyleSharedKey | None = None
