"""From a body of `txt2img` or `img2img` to what the horde is asked for (gateway-sdapi.md §1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, DialectError
from horde_server.gateway.common.pictures import PictureFormat
from horde_server.gateway.sdapi.fitting import MOST_SIDE_PIXELS, ResizeMode, Size, canvas_of
from horde_server.gateway.sdapi.prompts import BadLora, joined, without_loras
from horde_server.gateway.sdapi.samplers import UnknownSampler, name_of, sampling_of
from horde_server.requests.image.order import ImageOrder

MOST_IMAGES: Final = 20
MOST_STEPS: Final = 500
MOST_INIT_IMAGES: Final = 6
_MOST_SEED: Final = 2**63 - 1
_SIDE: Final = 512
_STEPS: Final = 50
_GUIDANCE: Final = 7.0
_DENOISING: Final = 0.75
_LEAST_DENOISING: Final = 0.01
_UPSCALERS_BY_FACTOR: Final = ((2.0, "RealESRGAN_x2plus"), (float("inf"), "RealESRGAN_x4plus"))
_CONTROL_TYPES: Final = (
    ("canny", "canny"), ("softedge", "hed"), ("hed", "hed"), ("depth", "depth"), ("normal", "normal"),
    ("openpose", "openpose"), ("dw_openpose", "openpose"), ("seg", "seg"), ("scribble", "scribble"), ("mlsd", "hough"),
)  # fmt: skip


class Unprocessable(BadField):
    """A field asks for what is not to be had here."""

    status = 422


class SamplerNotFound(DialectError):
    """Sampler not found"""

    status, rc = 404, "sampler_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceWish:
    """A source as it is sent, and how it is to be brought to the canvas."""

    images: tuple[str, ...]
    resize: ResizeMode = ResizeMode.STRETCH
    mask: str = ""
    is_mask_inverted: bool = False
    blur_pixels: int = 0
    only_masked: bool = False
    padding_pixels: int = 0
    is_control: bool = False  # the picture steers, it is not painted over


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a body asks for: the order but for its models and pictures, and what is done here before and afterwards."""

    order: ImageOrder
    size: Size  # of the pictures that are sent back
    prompt: str  # as they were sent
    negative_prompt: str
    sampler_name: str
    scheduler: str
    batch_size: int
    source: SourceWish | None
    checkpoint: str  # the model that the body names; "": none
    task_id: str
    file_format: PictureFormat
    sends_images: bool
    tells_sources: bool


def read_wish(body: Body, *, is_img2img: bool, most_side: int = MOST_SIDE_PIXELS) -> Wish:
    """The wish of a body. `most_side`: the largest that some worker makes: what is larger is enlarged afterwards.

    Raises `BadField`, `Unprocessable`, `SamplerNotFound`.
    """
    _refuse_scripts(body)
    overrides = body.object("override_settings")
    prompt, negative = body.text("prompt"), body.text("negative_prompt")
    try:
        plain, loras = without_loras(prompt)
    except BadLora as found:
        raise Unprocessable("prompt", str(found)) from None
    sampler, scheduler, sampling = _sampling(body)
    batch = body.integer("batch_size", least=1, most=MOST_IMAGES + 1, default=1) or 1
    rounds = body.integer("n_iter", least=1, most=MOST_IMAGES + 1, default=1) or 1
    if batch * rounds > MOST_IMAGES:
        raise Unprocessable(
            "batch_size", f"{batch} × {rounds} pictures are asked for; at most {MOST_IMAGES} are made at once."
        )
    base = _size(body)
    size, hires = (base, {}) if is_img2img else _enlarged(body, base, most_side)
    canvas = canvas_of(size if hires.get("hires_fix") or not hires else base)
    control = _control(body)
    source = _source(body) if is_img2img else None
    post_processing = [*_faces(body, overrides), *hires.pop("post_processing", ())]
    seed = _seed(body)
    changes: dict[str, Any] = {
        "width": canvas.width,
        "height": canvas.height,
        "steps": body.integer("steps", least=1, most=MOST_STEPS, default=_STEPS),
        "cfg_scale": round(body.number("cfg_scale", least=0, most=100, default=_GUIDANCE) or 0.0, 2),
        "sampler_name": sampling.name,
        "karras": sampling.karras,
        "tiling": body.flag("tiling"),
        "clip_skip": _clip_skip(body, overrides),
        "n": batch * rounds,
        "loras": loras,
        "seed": None if seed is None else str(seed),
        "seed_variation": 1 if seed is not None and batch * rounds > 1 else None,
        "post_processing": tuple(dict.fromkeys(post_processing)),
        **hires,
        **control.order,
    }
    if source is not None:
        strength = body.number("denoising_strength", least=0, most=1, default=_DENOISING) or 0.0
        changes["denoising_strength"] = max(strength, _LEAST_DENOISING)
        changes["source_processing"] = "inpainting" if source.mask else "img2img"
        if len(source.images) > 1 and not source.mask:
            changes["source_processing"] = "remix"
    elif control.source is not None:
        source = control.source
    body.ignore("subseed_strength", "eta", "s_churn", "s_tmax", "styles", neutral=([],))
    return Wish(
        order=msgspec.structs.replace(ImageOrder(prompt=joined(plain, negative)), **changes),
        size=size,
        prompt=prompt,
        negative_prompt=negative,
        sampler_name=sampler or name_of(sampling.name),
        scheduler=scheduler or "Automatic",
        batch_size=batch,
        source=source,
        checkpoint=_checkpoint(overrides.text("sd_model_checkpoint", most=1000) or body.text("model", most=1000)),
        task_id=body.text("force_task_id", most=200),
        file_format=_file_format(overrides.text("samples_format", most=20)),
        sends_images=body.flag("send_images", default=True),
        tells_sources=body.flag("include_init_images"),
    )


def _refuse_scripts(body: Body) -> None:
    if body.text("script_name", most=1000).strip().lower() not in ("", "none"):
        raise Unprocessable("script_name", "Scripts are not supported.")


def _sampling(body: Body) -> tuple[str, str, Any]:
    sampler = body.text("sampler_name", most=200) or body.text("sampler_index", most=200) or "Euler"
    scheduler = body.text("scheduler", most=200)
    try:
        return sampler, scheduler, sampling_of(sampler, scheduler)
    except UnknownSampler:
        raise SamplerNotFound(param="sampler_name") from None


def _size(body: Body) -> Size:
    return Size(
        body.integer("width", least=64, most=MOST_SIDE_PIXELS, default=_SIDE) or _SIDE,
        body.integer("height", least=64, most=MOST_SIDE_PIXELS, default=_SIDE) or _SIDE,
    )


def _enlarged(body: Body, base: Size, most_side: int) -> tuple[Size, dict[str, Any]]:
    """The size of a second, larger pass, and how it is made: in one with the first, or by an upscaler afterwards."""
    if not body.flag("enable_hr"):
        return base, {}
    factor = body.number("hr_scale", least=1, most=8, default=2.0) or 2.0
    width = body.integer("hr_resize_x", least=0, most=MOST_SIDE_PIXELS, default=0) or 0
    height = body.integer("hr_resize_y", least=0, most=MOST_SIDE_PIXELS, default=0) or 0
    if width or height:
        width = width or round(base.width * height / base.height)
        height = height or round(base.height * width / base.width)
    else:
        width, height = round(base.width * factor), round(base.height * factor)
    size = Size(min(width, MOST_SIDE_PIXELS), min(height, MOST_SIDE_PIXELS))
    if max(canvas_of(size)) <= most_side:
        strength = body.number("denoising_strength", least=0, most=1, default=_DENOISING) or 0.0
        return size, {"hires_fix": True, "hires_fix_denoising_strength": max(strength, _LEAST_DENOISING)}
    times = max(size.width / base.width, size.height / base.height)
    upscaler = next(name for most, name in _UPSCALERS_BY_FACTOR if times <= most)
    return size, {"post_processing": (upscaler,)}


def _faces(body: Body, overrides: Body) -> list[str]:
    found = []
    if body.flag("restore_faces"):
        model = overrides.text("face_restoration_model", most=100).lower()
        found.append("CodeFormers" if model.startswith("codeformer") else "GFPGAN")
    scripts = body.object("alwayson_scripts")
    if any(name.lower() == "adetailer" for name in scripts):
        found.append("CodeFormers")
    return found


@dataclass(frozen=True, slots=True)
class _Control:
    order: Mapping[str, Any]
    source: SourceWish | None


def _control(body: Body) -> _Control:
    """The one ControlNet that may be asked for."""
    scripts = body.object("alwayson_scripts")
    name = next((each for each in scripts if each.lower() == "controlnet"), None)
    if name is None:
        return _Control({}, None)
    units = [
        scripts.as_object(name, unit)
        for unit in scripts.object(name).items("args", most=20)
        if isinstance(unit, dict) and unit.get("enabled", True) not in (False, None)
    ]
    units = [unit for unit in units if unit.text("module", most=200) or unit.text("model", most=1000)]
    if not units:
        return _Control({}, None)
    if len(units) > 1:
        raise Unprocessable("alwayson_scripts", "One ControlNet is applied at most.")
    unit = units[0]
    module, model = unit.text("module", most=200).lower(), unit.text("model", most=1000).lower()
    is_made = module in ("", "none")
    wished = next((kind for word, kind in _CONTROL_TYPES if word in (model if is_made else module)), None)
    if wished is None:
        raise Unprocessable("alwayson_scripts", f"This ControlNet is not to be had: {(module or model)[:100]}.")
    picture = next((unit.text(each) for each in ("image", "input_image") if isinstance(unit.get(each), str)), "")
    order = {"control_type": wished, **({"image_is_control": True} if is_made else {})}
    return _Control(order, SourceWish(images=(picture,), is_control=True) if picture else None)


def _source(body: Body) -> SourceWish:
    images = [text for text in body.texts("init_images", most=MOST_INIT_IMAGES) if text]
    if not images:
        raise Unprocessable("init_images", "An image is needed: send it in init_images.")
    mask = body.text("mask")
    return SourceWish(
        images=tuple(images),
        resize=ResizeMode(body.integer("resize_mode", least=0, most=3, default=0) or 0),
        mask=mask,
        is_mask_inverted=bool(body.integer("inpainting_mask_invert", least=0, most=1, default=0)),
        blur_pixels=_blur(body),
        only_masked=bool(mask) and body.flag("inpaint_full_res", default=True),
        padding_pixels=body.integer("inpaint_full_res_padding", least=0, most=256, default=0) or 0,
    )


def _blur(body: Body) -> int:
    whole = body.integer("mask_blur", least=0, most=64, default=4) or 0
    x = body.integer("mask_blur_x", least=0, most=64, default=whole) or 0
    y = body.integer("mask_blur_y", least=0, most=64, default=whole) or 0
    return whole if "mask_blur" in body else max(x, y)


def _seed(body: Body) -> int | None:
    seed = body.integer("seed", least=-1, most=_MOST_SEED, default=-1)
    return None if seed is None or seed < 0 else seed


def _clip_skip(body: Body, overrides: Body) -> int | None:
    found = overrides.integer("CLIP_stop_at_last_layers", least=0, most=12) or body.integer(
        "clip_skip", least=0, most=12
    )
    return found or None


def _checkpoint(title: str) -> str:
    """The name of a model, without the hash that may follow it in brackets."""
    name, bracket, rest = title.strip().rpartition(" [")
    return name.strip() if bracket and rest.endswith("]") else title.strip()


_FORMATS: Final[dict[str, PictureFormat]] = {"jpg": "jpeg", "jpeg": "jpeg", "webp": "webp"}


def _file_format(wished: str) -> PictureFormat:
    return _FORMATS.get(wished.lower().lstrip("."), "png")
