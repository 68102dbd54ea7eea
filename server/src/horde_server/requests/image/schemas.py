"""The wire shape of `POST /generate/async`, strict as the original's schema (basics.md §3, requests.md §1–2).

Names, limits and titles are the API's own. Every default is the *effective* one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from horde_server.http.wire_types import (
    MOST_INLINE_IMAGE_CHARACTERS,
    FreeMap,
    Items,
    Line,
    Text,
    Whole,
    WireFloat,
    empty,
)
from horde_server.requests.image.vocabulary import ControlType, PostProcessor, SamplerName
from horde_server.styles.schemas import MOST_TEMPLATE_CHARACTERS, NewStyle, SharedKeyId, StyleChange

MOST_WORKERS = 100
MOST_EXTRA_SOURCE_IMAGES = 20
_MOST_MODELS = 200
_MOST_ADDITIONS = 100
_MOST_PROMPT_CHARACTERS = 1_000_000
"""Of these and other lists more than a rule allows are read, so that the rule can refuse them by its own code."""


def unique(items: list[str]) -> list[str]:
    """The schema's `uniqueItems`."""
    if len(set(items)) < len(items):
        raise ValueError("items must be unique")
    return items


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class Lora(_Wire):
    model_config = ConfigDict(title="ModelPayloadLorasStable")
    name: Annotated[str, Text(255, least=1)]
    model: Annotated[WireFloat, Field(ge=-5, le=5)] = 1.0
    clip: Annotated[WireFloat, Field(ge=-5, le=5)] = 1.0
    inject_trigger: Annotated[str, Text(30, least=1)] = ""
    is_version: bool = False


class TextualInversion(_Wire):
    model_config = ConfigDict(title="ModelPayloadTextualInversionsStable")
    name: Annotated[str, Text(255, least=1)]
    inject_ti: Literal["prompt", "negprompt"] = "prompt"
    strength: Annotated[WireFloat, Field(ge=-5, le=5)] = 1.0


class ExtraText(_Wire):
    model_config = ConfigDict(title="ExtraText")
    text: Annotated[str, Text(10_000, least=1)] = ""
    reference: Annotated[str, Text(255, least=3)]


class ExtraSourceImage(_Wire):
    model_config = ConfigDict(title="ExtraSourceImage")
    image: Annotated[str, Text(MOST_INLINE_IMAGE_CHARACTERS, least=1)]
    strength: Annotated[WireFloat, Field(ge=-1000, le=1000)] = 1.0


class StyleParams(_Wire):
    """`params` of a style: of a request's those that are not its own."""

    model_config = ConfigDict(title="ModelStyleInputParamsStable")

    sampler_name: SamplerName = "k_euler_a"
    cfg_scale: Annotated[WireFloat, Field(ge=0, le=100)] = 5.0
    denoising_strength: Annotated[WireFloat, Field(ge=0.01, le=1.0)] = 1.0
    hires_fix_denoising_strength: Annotated[WireFloat, Field(ge=0.01, le=1.0)] = 1.0
    height: Annotated[int, Whole(64, 3072, multiple_of=64)] = 512
    width: Annotated[int, Whole(64, 3072, multiple_of=64)] = 512
    post_processing: Annotated[list[PostProcessor], Items(50), AfterValidator(unique)] = empty(list)
    karras: bool = True
    tiling: bool = False
    hires_fix: bool = False
    clip_skip: Annotated[int, Whole(1, 12)] = 1
    facefixer_strength: Annotated[WireFloat, Field(ge=0, le=1)] = 0.75
    loras: Annotated[list[Lora], Items(_MOST_ADDITIONS)] = empty(list)
    tis: Annotated[list[TextualInversion], Items(_MOST_ADDITIONS)] = empty(list)
    special: Annotated[dict[str, Any], FreeMap()] = empty(dict)
    workflow: Literal["qr_code"] = "qr_code"
    transparent: bool = False
    steps: Annotated[int, Whole(1, 500)] = 30


class GenerationParams(StyleParams):
    """`params` of an image request."""

    model_config = ConfigDict(title="ModelGenerationInputStable", extra="allow")

    seed: Annotated[str, Text(1000)] = ""
    seed_variation: Annotated[int, Whole(1, 1000)] = 1
    control_type: ControlType = "canny"
    image_is_control: bool = False
    return_control_map: bool = False
    extra_texts: Annotated[list[ExtraText], Items(_MOST_ADDITIONS)] = empty(list)
    n: Annotated[int, Whole(1, 20)] = 1


class ImageRequest(_Wire):
    """The body of `POST /generate/async`."""

    model_config = ConfigDict(
        title="GenerationInputStable",
        extra="allow",
        json_schema_extra={
            "example": {
                "prompt": "a red circle",
                "params": {"width": 512, "height": 512, "steps": 20, "n": 1},
                "models": [],
            }
        },
    )

    prompt: Annotated[str, Text(_MOST_PROMPT_CHARACTERS, least=1)]
    params: GenerationParams = GenerationParams()
    nsfw: bool = True
    censor_nsfw: bool = True
    trusted_workers: bool = False
    validated_backends: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = False
    workers: Annotated[list[Annotated[str, Text(255)]], Items(MOST_WORKERS)] = empty(list)
    worker_blacklist: bool = False
    models: Annotated[list[Annotated[str, Line(255)]], Items(_MOST_MODELS)] = ["stable_diffusion"]
    source_image: Annotated[str, Text(MOST_INLINE_IMAGE_CHARACTERS)] = ""
    source_processing: Literal["img2img", "inpainting", "outpainting", "remix"] = "img2img"
    source_mask: Annotated[str, Text(MOST_INLINE_IMAGE_CHARACTERS)] = ""
    extra_source_images: Annotated[list[ExtraSourceImage], Items(MOST_EXTRA_SOURCE_IMAGES)] = empty(list)
    r2: bool = True
    shared: bool = False
    replacement_filter: bool = True
    dry_run: bool = False
    proxied_account: Annotated[str, Text(255)] = ""
    disable_batching: bool = False
    allow_downgrade: bool = False
    webhook: Annotated[str, Text(1024, least=10)] = ""
    style: Annotated[str, Text(1024, least=3)] = ""


class NewImageStyle(NewStyle):
    """The body of `POST /styles/image`."""

    model_config = ConfigDict(
        title="ModelStyleInputStable",
        json_schema_extra={
            "example": {
                "name": "oil",
                "prompt": "{p}, an oil painting###{np}, photograph",
                "params": {"steps": 25},
                "models": ["stable_diffusion"],
            }
        },
    )

    prompt: Annotated[str, Text(MOST_TEMPLATE_CHARACTERS, least=7)] = "{p}{np}"
    params: StyleParams = StyleParams()
    sharedkey: SharedKeyId = ""


class ImageStyleChange(StyleChange):
    """The body of `PATCH /styles/image/{id}`."""

    model_config = ConfigDict(title="ModelStylePatchStable", json_schema_extra={"example": {"tags": ["painting"]}})

    prompt: Annotated[str, Text(MOST_TEMPLATE_CHARACTERS, least=7)] = "{p}{np}"
    params: StyleParams = StyleParams()
    sharedkey: SharedKeyId = ""
