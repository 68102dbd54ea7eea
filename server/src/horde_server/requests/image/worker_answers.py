"""What workers are told (workers.md §7, §8)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from horde_server.http.answers import Answer
from horde_server.workers.messages.answers import ResponseModelMessagePop


class ModelPayloadLorasStable(Answer):
    """A LoRA to load."""

    name: str
    model: float
    clip: float
    inject_trigger: str = ""
    is_version: bool


class ModelPayloadTextualInversionsStable(Answer):
    """A textual inversion to load."""

    name: str
    inject_ti: str = "prompt"
    strength: float


class ExtraText(Answer):
    """A further text, of a QR code for example."""

    text: str
    reference: str


class ModelPayloadStable(Answer):
    """What to generate; parameters without a value are absent."""

    prompt: str = ""
    ddim_steps: int = 30
    n_iter: int = 1
    seed: str = ""
    sampler_name: str = "k_euler_a"
    cfg_scale: float = 7.5
    denoising_strength: float = 1.0
    hires_fix_denoising_strength: float = 1.0
    height: int = 512
    width: int = 512
    clip_skip: int = 1
    karras: bool = False
    tiling: bool = False
    hires_fix: bool = False
    transparent: bool = False
    image_is_control: bool = False
    return_control_map: bool = False
    post_processing: list[str] = Field(default_factory=list)
    facefixer_strength: float = 0.75
    control_type: str = ""
    workflow: str = ""
    loras: list[ModelPayloadLorasStable] = Field(default_factory=list)
    tis: list[ModelPayloadTextualInversionsStable] = Field(default_factory=list)
    extra_texts: list[ExtraText] = Field(default_factory=list)
    special: dict[str, Any] = Field(default_factory=dict)
    use_nsfw_censor: bool = False


class NoValidRequestFoundStable(Answer):
    """Why waiting jobs were not given to this worker, each counted once under its first reason."""

    worker_id: int = 0
    models: int = 0
    untrusted: int = 0
    performance: int = 0
    nsfw: int = 0
    blacklist: int = 0
    bridge_version: int = 0
    kudos: int = 0
    max_pixels: int = 0
    unsafe_ip: int = 0
    img2img: int = 0
    painting: int = 0
    post_processing: int = Field(0, alias="post-processing")
    lora: int = 0
    controlnet: int = 0
    step_count: int = 0
    recent_fault: int = 0


class ExtraSourceImage(Answer):
    """A further source image."""

    image: str
    strength: float


class GenerationPayloadStable(Answer):
    """Jobs of one request for one worker; `id` is null where there are none."""

    payload: ModelPayloadStable
    id: str | None
    ids: list[str]
    skipped: NoValidRequestFoundStable
    model: str | None
    ttl: int | None
    source_image: str | None
    source_processing: str
    source_mask: str | None
    extra_source_images: list[ExtraSourceImage] | None
    r2_upload: str | None
    r2_uploads: list[str] | None
    messages: list[ResponseModelMessagePop]
