"""The wire shape of `POST /generate/async`, strict as the original's schema (generation.md §1.3, §2.1–2.2).

Names, limits and titles are the API's own. Every default is the *effective* one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from horde_server.http.wire_types import WireFloat, WireInt, WireStr, empty

SamplerName = Literal[
    "k_lms", "k_heun", "k_euler", "k_euler_a", "k_dpm_2", "k_dpm_2_a", "k_dpm_fast", "k_dpm_adaptive",
    "k_dpmpp_2s_a", "k_dpmpp_2m", "dpmsolver", "k_dpmpp_sde", "DDIM", "lcm",
]  # fmt: skip
PostProcessor = Literal[
    "GFPGAN", "RealESRGAN_x4plus", "RealESRGAN_x2plus", "RealESRGAN_x4plus_anime_6B", "NMKD_Siax", "4x_AnimeSharp",
    "CodeFormers", "strip_background", "4xNomos8kSC", "4xLSDIRplus", "4xNomosWebPhoto_RealPLKSR",
    "4xNomos2_realplksr_dysample", "4xNomos2_hq_dat2", "2xModernSpanimationV1", "GFPGANv1.3", "RestoreFormer",
]  # fmt: skip
ControlType = Literal["canny", "hed", "depth", "normal", "openpose", "seg", "scribble", "fakescribbles", "hough"]


def unique(items: list[str]) -> list[str]:
    """The schema's `uniqueItems`."""
    if len(set(items)) < len(items):
        raise ValueError("items must be unique")
    return items


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class Lora(_Wire):
    model_config = ConfigDict(title="ModelPayloadLorasStable")
    name: Annotated[WireStr, Field(min_length=1, max_length=255)]
    model: Annotated[WireFloat, Field(ge=-5, le=5)] = 1.0
    clip: Annotated[WireFloat, Field(ge=-5, le=5)] = 1.0
    inject_trigger: Annotated[WireStr, Field(min_length=1, max_length=30)] = ""
    is_version: bool = False


class TextualInversion(_Wire):
    model_config = ConfigDict(title="ModelPayloadTextualInversionsStable")
    name: Annotated[WireStr, Field(min_length=1, max_length=255)]
    inject_ti: Literal["prompt", "negprompt"] = "prompt"
    strength: Annotated[WireFloat, Field(ge=-5, le=5)] = 1.0


class ExtraText(_Wire):
    model_config = ConfigDict(title="ExtraText")
    text: Annotated[WireStr, Field(min_length=1, max_length=10_000)] = ""
    reference: Annotated[WireStr, Field(min_length=3, max_length=255)]


class ExtraSourceImage(_Wire):
    model_config = ConfigDict(title="ExtraSourceImage")
    image: Annotated[WireStr, Field(min_length=1)]
    strength: WireFloat = 1.0


class GenerationParams(_Wire):
    """`params` of an image request."""

    model_config = ConfigDict(title="ModelGenerationInputStable")

    sampler_name: SamplerName = "k_euler_a"
    cfg_scale: Annotated[WireFloat, Field(ge=0, le=100)] = 5.0
    denoising_strength: Annotated[WireFloat, Field(ge=0.01, le=1.0)] = 1.0
    hires_fix_denoising_strength: Annotated[WireFloat, Field(ge=0.01, le=1.0)] = 1.0
    height: Annotated[WireInt, Field(ge=64, le=3072, multiple_of=64)] = 512
    width: Annotated[WireInt, Field(ge=64, le=3072, multiple_of=64)] = 512
    post_processing: Annotated[list[PostProcessor], AfterValidator(unique)] = empty(list)
    karras: bool = True
    tiling: bool = False
    hires_fix: bool = False
    clip_skip: Annotated[WireInt, Field(ge=1, le=12)] = 1
    facefixer_strength: Annotated[WireFloat, Field(ge=0, le=1)] = 0.75
    loras: list[Lora] = empty(list)
    tis: list[TextualInversion] = empty(list)
    special: dict[str, Any] = empty(dict)
    workflow: Literal["qr_code"] = "qr_code"
    transparent: bool = False
    seed: Annotated[WireStr, Field(max_length=1000)] = ""
    seed_variation: Annotated[WireInt, Field(ge=1, le=1000)] = 1
    control_type: ControlType = "canny"
    image_is_control: bool = False
    return_control_map: bool = False
    extra_texts: list[ExtraText] = empty(list)
    steps: Annotated[WireInt, Field(ge=1, le=500)] = 30
    n: Annotated[WireInt, Field(ge=1, le=20)] = 1


class ImageRequest(_Wire):
    """The body of `POST /generate/async`."""

    model_config = ConfigDict(title="GenerationInputStable")

    prompt: Annotated[WireStr, Field(min_length=1)]
    params: GenerationParams = GenerationParams()
    nsfw: bool = True
    censor_nsfw: bool = True
    trusted_workers: bool = False
    validated_backends: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = False
    workers: list[Annotated[WireStr, Field(max_length=255)]] = empty(list)
    worker_blacklist: bool = False
    models: list[Annotated[WireStr, Field(max_length=255)]] = ["stable_diffusion"]
    source_image: WireStr = ""
    source_processing: Literal["img2img", "inpainting", "outpainting", "remix"] = "img2img"
    source_mask: WireStr = ""
    extra_source_images: list[ExtraSourceImage] = empty(list)
    r2: bool = True
    shared: bool = False
    replacement_filter: bool = True
    dry_run: bool = False
    proxied_account: Annotated[WireStr, Field(max_length=255)] = ""
    disable_batching: bool = False
    allow_downgrade: bool = False
    webhook: Annotated[WireStr, Field(min_length=10, max_length=1024)] = ""
    style: Annotated[WireStr, Field(min_length=3, max_length=1024)] = ""
