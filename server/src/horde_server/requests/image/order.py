"""What was asked for, normalised: the one form in which an image request is stored, matched, priced and handed out."""

from __future__ import annotations

from typing import Any

import msgspec

from horde_server.requests.pictures.source_images import SourceImages

SECOND_ORDER_SAMPLERS = frozenset({"k_heun", "k_dpm_2", "k_dpm_2_a", "k_dpmpp_2s_a", "k_dpmpp_sde"})
"""Samplers that cost two evaluations a step (requests.md §2.3)."""


LCM_LORA_VERSIONS = frozenset({"246747", "247778", "268475", "243643", "225222", "219782", "363353"})  # by version id
LCM_LORA_MODELS = frozenset({"195519", "216190", "324115"})
HEAVY_POST_PROCESSORS = frozenset(
    {
        "CodeFormers", "RestoreFormer", "RealESRGAN_x4plus", "RealESRGAN_x4plus_anime_6B", "4xNomos8kSC",
        "4xLSDIRplus", "4xNomos2_hq_dat2", "NMKD_Siax", "4x_AnimeSharp",
    }
)  # fmt: skip
"""Post-processors that need much memory (requests.md §2.5)."""


class Lora(msgspec.Struct, frozen=True, omit_defaults=True):
    """A LoRA to apply; `name` is a version id when `is_version`."""

    name: str
    model: float = 1.0
    clip: float = 1.0
    inject_trigger: str | None = None
    is_version: bool = False

    @property
    def is_lcm(self) -> bool:
        """Whether it makes a model sample as LCM does."""
        return self.name in (LCM_LORA_VERSIONS if self.is_version else LCM_LORA_MODELS)


class TextualInversion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A textual inversion to apply."""

    name: str
    inject_ti: str | None = None
    strength: float = 1.0


class ExtraText(msgspec.Struct, frozen=True, omit_defaults=True):
    """A text that a workflow puts to a use named by `reference`."""

    reference: str
    text: str = ""


class ImageOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """An image request after validation, with every effective default of requests.md §1–2 applied.

    Stored as JSON in `request.request_order`; a new field needs a default, so that older rows still read.
    Sizes are pixels, `n` the number of images.
    """

    prompt: str
    models: tuple[str, ...] = ("stable_diffusion",)  # empty: any model
    width: int = 512
    height: int = 512
    steps: int = 30
    cfg_scale: float = 5.0
    sampler_name: str = "k_euler_a"
    karras: bool = True
    hires_fix: bool = False
    tiling: bool = False
    clip_skip: int | None = None
    denoising_strength: float | None = None
    hires_fix_denoising_strength: float | None = None
    seed: str | None = None
    seed_variation: int | None = None
    n: int = 1
    nsfw: bool = True
    censor_nsfw: bool = True
    trusted_workers: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = False
    workers: tuple[str, ...] = ()  # worker ids: only these, or none of these when worker_blacklist
    worker_blacklist: bool = False
    r2: bool = True
    shared: bool = False
    disable_batching: bool = False
    sources: SourceImages | None = None
    source_processing: str = "img2img"
    control_type: str | None = None
    image_is_control: bool = False
    return_control_map: bool = False
    post_processing: tuple[str, ...] = ()
    facefixer_strength: float | None = None
    loras: tuple[Lora, ...] = ()
    tis: tuple[TextualInversion, ...] = ()
    transparent: bool = False
    workflow: str | None = None
    extra_texts: tuple[ExtraText, ...] = ()
    special: dict[str, Any] | None = None
    proxied_account: str | None = None
    preferred_models: tuple[str, ...] = ()  # asked for, where `models` is empty because nobody had them

    @property
    def pixels(self) -> int:
        """Area of one image."""
        return self.width * self.height

    @property
    def accurate_steps(self) -> int:
        """Model evaluations of one image: what price gates, work size and time to live count (requests.md §2.3)."""
        if self.sampler_name == "k_dpm_adaptive":
            return 40
        return self.steps * 2 if self.sampler_name in SECOND_ORDER_SAMPLERS else self.steps

    @property
    def things(self) -> float:
        """Pixelsteps of one image."""
        return float(self.pixels * self.accurate_steps)

    @property
    def uses_lcm(self) -> bool:
        """Whether it is sampled by LCM, which needs few steps."""
        return self.sampler_name == "lcm" or any(lora.is_lcm for lora in self.loras)

    @property
    def has_source_image(self) -> bool:
        """Whether it starts from a picture."""
        return self.sources is not None and self.sources.image is not None

    @property
    def paints(self) -> bool:
        """Whether it paints into or around its picture."""
        return self.has_source_image and self.source_processing in ("inpainting", "outpainting")

    @property
    def needs_much_memory(self) -> bool:
        """Whether a batch of it is heavier than its pixels tell (workers.md §6.4)."""
        return self.transparent or not HEAVY_POST_PROCESSORS.isdisjoint(self.post_processing)


_decoder = msgspec.json.Decoder(ImageOrder)


def decode_order(stored: bytes | str) -> ImageOrder:
    """The order back from its stored form; raises `msgspec.ValidationError` when it is not one."""
    return _decoder.decode(stored)
