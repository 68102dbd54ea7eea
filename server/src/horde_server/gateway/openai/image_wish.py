"""From the bodies of `/v1/images/…` to orders for images (gateway.md §2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, UnsupportedField, UnsupportedValue
from horde_server.gateway.common.model_names import Resolved, read_model
from horde_server.gateway.common.pictures import PictureFormat
from horde_server.gateway.common.services import Services
from horde_server.gateway.openai.image_size import Size, like, native, read_size
from horde_server.gateway.openai.image_sources import Sources
from horde_server.identity.caller import Caller
from horde_server.models.catalogue import requirements
from horde_server.requests.asked import NO_PICTURES, Asked
from horde_server.requests.image.order import ImageOrder, Lora
from horde_server.requests.image.vocabulary import POST_PROCESSORS, SamplerName

MOST_PROMPT_CHARACTERS: Final = 100_000
MOST_IMAGES: Final = 20
MOST_PARTIAL: Final = 3
_MOST_LORAS: Final = 5
_MOST_WORKERS: Final = 100
_WORD: Final = 64
_STEPS: Final = {"low": 12, "": 25, "auto": 25, "standard": 25, "medium": 25, "hd": 40, "high": 40}
_FIDELITY: Final = {"": 0.6, "high": 0.4, "low": 0.75}
_VARIATION: Final = 0.55
_FORMATS: Final[dict[str, PictureFormat]] = {"png": "png", "jpeg": "jpeg", "jpg": "jpeg", "webp": "webp"}
_SAMPLERS: Final = frozenset(get_args(SamplerName))
Purpose = Literal["generation", "edit", "variation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageWish:
    """What a body asks for, and how the pictures are to be told."""

    model: str
    resolved: Resolved
    asked: Asked[ImageOrder]
    size: Size
    kind: PictureFormat
    quality: int | None  # of the encoding; None: the best
    told_quality: str
    background: str
    as_url: bool
    streams: bool
    partial_images: int


def read_image_wish(
    body: Body, services: Services, purpose: Purpose, caller: Caller, sources: Sources | None = None
) -> ImageWish:
    """Raises `BadField` and its like, `ModelNotFound`."""
    wide = body.merged("horde")
    model = read_model(wide)
    resolved = services.models.resolve(model, "image", caller.user.model_aliases)
    if wide.flag("dry_run"):
        raise UnsupportedField("horde.dry_run", "A dialect makes no dry runs: use /api/v2/generate/async.")
    usual = native(resolved.models)
    if sources is not None and sources.size is not None:
        usual = like(*sources.size, resolved.models)
    size = read_size(wide.text("size", most=_WORD), wide.named("size"), usual)
    kind = _format(wide)
    background = _one_of(wide, "background", ("", "auto", "opaque", "transparent")) or "auto"
    streams = wide.flag("stream")
    answers = wide.integer("n", least=1, most=10 * MOST_IMAGES, default=1) or 1
    if answers > MOST_IMAGES or (streams and answers > 1):
        most = "1 in a stream" if streams else f"at most {MOST_IMAGES}"
        raise BadField(wide.named("n"), f"{wide.named('n')} is {most}.")
    order = ImageOrder(
        prompt=_prompt(wide, purpose),
        models=resolved.models,
        width=size.width,
        height=size.height,
        n=answers,
        seed=wide.text("seed", most=100) or None,
        nsfw=wide.flag("nsfw", default=services.settings.gateway_nsfw),
        censor_nsfw=wide.flag("censor_nsfw", default=not services.settings.gateway_nsfw),
        trusted_workers=wide.flag("trusted_workers"),
        slow_workers=wide.flag("slow_workers", default=True),
        workers=tuple(wide.texts("workers", most=_MOST_WORKERS, most_characters=255)),
        worker_blacklist=wide.flag("worker_blacklist"),
        loras=_loras(wide),
        post_processing=_post_processing(wide, background, kind),
        **_sampling(wide, resolved.models),
        **_painting(wide, purpose, sources),
    )
    return ImageWish(
        model=model,
        resolved=resolved,
        asked=Asked(order=order, pictures=sources.pictures if sources is not None else NO_PICTURES),
        size=size,
        kind=kind,
        quality=_compression(wide),
        told_quality=_told_quality(wide.text("quality", most=_WORD)),
        background=background,
        as_url=_one_of(wide, "response_format", ("", "url", "b64_json")) == "url",
        streams=streams,
        partial_images=wide.integer("partial_images", least=0, most=MOST_PARTIAL, default=0) or 0,
    )


def _prompt(body: Body, purpose: Purpose) -> str:
    if purpose == "variation":
        prompt = body.text("prompt", most=MOST_PROMPT_CHARACTERS) or "a variation of the picture"
    else:
        prompt = body.needed_text("prompt", most=MOST_PROMPT_CHARACTERS)
    negative = body.text("negative_prompt", most=MOST_PROMPT_CHARACTERS)
    if not negative:
        return prompt
    return f"{prompt}, {negative}" if "###" in prompt else f"{prompt}###{negative}"


def _sampling(body: Body, models: tuple[str, ...]) -> dict[str, Any]:
    wished = body.integer("steps", least=1, most=500)
    if wished is None:
        quality = _one_of(body, "quality", tuple(_STEPS))
        wished = _within_the_models(_STEPS[quality], models)
    found: dict[str, Any] = {"steps": wished}
    if (scale := body.number("cfg_scale", least=0, most=100)) is not None:
        found["cfg_scale"] = round(scale, 2)
    elif models and (suited := requirements(models[0]).cfg_scale) is not None:
        found["cfg_scale"] = suited
    sampler = body.text("sampler_name", most=_WORD)
    if sampler and sampler not in _SAMPLERS:
        raise BadField(body.named("sampler_name"), f"sampler_name is none of {', '.join(sorted(_SAMPLERS))}.")
    if sampler:
        found["sampler_name"] = sampler
    return found


def _within_the_models(steps: int, models: tuple[str, ...]) -> int:
    """Turbo and lightning models are made for a few steps, however well it is to be done."""
    for model in models:
        required = requirements(model)
        if required.max_steps is not None:
            steps = min(steps, required.max_steps)
        if required.min_steps is not None:
            steps = max(steps, required.min_steps)
    return steps


def _painting(body: Body, purpose: Purpose, sources: Sources | None) -> dict[str, Any]:
    if sources is None:
        return {}
    usual = _VARIATION if purpose == "variation" else _FIDELITY[_one_of(body, "input_fidelity", tuple(_FIDELITY))]
    processing = "inpainting" if sources.paints else "img2img"
    if sources.pictures.extra:
        processing = "remix"
    return {
        "source_processing": processing,
        "denoising_strength": body.number("denoising_strength", least=0.01, most=1, default=usual),
    }


def _post_processing(body: Body, background: str, kind: PictureFormat) -> tuple[str, ...]:
    found = body.texts("post_processing", most=50, most_characters=_WORD)
    if not POST_PROCESSORS.issuperset(found):
        raise BadField(body.named("post_processing"), f"post_processing has others than {', '.join(POST_PROCESSORS)}.")
    if background == "transparent":
        if kind == "jpeg":
            raise UnsupportedValue(body.named("background"), "A JPEG is never transparent: ask for png or webp.")
        found.append("strip_background")
    return tuple(dict.fromkeys(found))


def _loras(body: Body) -> tuple[Lora, ...]:
    found = []
    for place, item in enumerate(body.items("loras", most=_MOST_LORAS)):
        read = body.as_object(f"loras.{place}", item)
        found.append(
            Lora(
                name=read.needed_text("name", most=255),
                model=read.number("model", least=-5, most=5, default=1.0) or 0.0,
                clip=read.number("clip", least=-5, most=5, default=1.0) or 0.0,
                inject_trigger=read.text("inject_trigger", most=30) or None,
                is_version=read.flag("is_version"),
            )
        )
    return tuple(found)


def _format(body: Body) -> PictureFormat:
    return _FORMATS[_one_of(body, "output_format", ("", *_FORMATS)) or "png"]


def _compression(body: Body) -> int | None:
    """Of the encoding; 100 is the best."""
    found = body.integer("output_compression", least=0, most=100)
    return None if found in (None, 100) else max(found or 1, 1)


def _one_of(body: Body, name: str, words: tuple[str, ...]) -> str:
    found = body.text(name, most=_WORD).strip().lower()
    if found not in words:
        raise BadField(body.named(name), f"{body.named(name)} is none of {', '.join(filter(None, words))}.")
    return found


def _told_quality(asked: str) -> str:
    return {"low": "low", "high": "high", "hd": "high"}.get(asked, "medium")
