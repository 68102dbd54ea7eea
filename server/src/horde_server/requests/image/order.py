"""What was asked for, normalised: the one form in which an image request is stored, matched, priced and handed out."""

from __future__ import annotations

import msgspec

SECOND_ORDER_SAMPLERS = frozenset({"k_heun", "k_dpm_2", "k_dpm_2_a", "k_dpmpp_2s_a", "k_dpmpp_sde"})
"""Samplers that cost two evaluations a step (generation.md §2.2)."""


class ImageOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """An image request after validation, with every effective default of generation.md §2.1–2.2 applied.

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
    disable_batching: bool = False

    @property
    def pixels(self) -> int:
        """Area of one image."""
        return self.width * self.height

    @property
    def accurate_steps(self) -> int:
        """Model evaluations of one image: what price gates, work size and time to live count (generation.md §2.2)."""
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
        return self.sampler_name == "lcm"


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ImageOrder)


def encode_order(order: ImageOrder) -> bytes:
    """The order as JSON, as stored."""
    return _encoder.encode(order)


def decode_order(stored: bytes | str) -> ImageOrder:
    """The order back from its stored form; raises `msgspec.ValidationError` when it is not one."""
    return _decoder.decode(stored)
