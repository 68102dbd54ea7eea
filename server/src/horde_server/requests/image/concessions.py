"""What of an image request could be given up so that a worker serves it, and at what price (reasons.md §3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import combinations
from typing import Any, Final

import msgspec

from horde_server.dispatch.capabilities import BIT, SAMPLERS, mask, sampler_word
from horde_server.dispatch.concessions import (
    LEFT_OUT,
    Concession,
    Option,
    concession,
    points_for_less,
    some_of,
)
from horde_server.dispatch.refusal import Offer, Reason
from horde_server.models.catalogue import steps_range
from horde_server.requests.conceding import changed, service_concessions
from horde_server.requests.image.order import ImageOrder

SIDE_STEP: Final = 64
_MOST_SUBSETS: Final = 3
"""So many post-processors are given up in any combination; of more, one or all."""
_USUAL_SAMPLERS: Final = ("k_euler_a", "k_euler")
_SAMPLER_BITS: Final = mask((*SAMPLERS, *(sampler_word(name, karras=True) for name in SAMPLERS)))
_POINTS_A_PROCESSOR: Final = 30
_CONTROL_BITS: Final = mask(("controlnet", "image_is_control", "return_control_map"))
_UNCONTROLLED: Final = {"control_type": None, "image_is_control": False, "return_control_map": False}
_OF_MODELS: Final = (Reason.MODELS, Reason.STEP_COUNT, Reason.CONTROLNET, Reason.BRIDGE_VERSION)


def concessions(order: ImageOrder, offers: Sequence[Offer]) -> list[Concession[ImageOrder]]:
    """All that this order has, and no worker is sure to take."""
    return [
        *_picture(order),
        *_additions(order),
        *_sampling(order, offers),
        *concession(_sizes(order, offers), Reason.MAX_PIXELS),
        *service_concessions(order, offers, of_models=_OF_MODELS),
    ]


def _given_up(points: int, words: str, fields: dict[str, Any], **changes: Any) -> Option[ImageOrder]:
    return Option(points=points, words=words, fields=fields, apply=partial(changed, changes=changes))


def _picture(order: ImageOrder) -> list[Concession[ImageOrder]]:
    """What it starts from."""
    sources = order.sources
    if sources is None:
        return []
    options = []
    if sources.extra and sources.image is not None:
        options.append(
            Option(
                points=80,
                words="without extra source images",
                fields={"extra_source_images": []},
                apply=_without_extra,
            )
        )
    if order.paints:
        options.append(
            _given_up(
                120, "without painting into the picture", {"source_processing": "img2img"}, source_processing="img2img"
            )
        )
    fields = dict.fromkeys(("source_image", "source_mask", "source_processing", "extra_source_images"), LEFT_OUT)
    if order.control_type is not None:
        fields["params.control_type"] = LEFT_OUT
    without = {"sources": None, "source_processing": "img2img", **_UNCONTROLLED}
    options.append(_given_up(200, "without a source image", fields, **without))
    return concession(
        options,
        Reason.IMG2IMG,
        Reason.PAINTING,
        Reason.CONTROLNET,
        needs=mask(("img2img", "inpainting", "extra_source_images")) | _CONTROL_BITS,
        of_models=(Reason.MODELS,),
        must_fit=True,
    )


def _without_extra(order: ImageOrder) -> ImageOrder:
    if order.sources is None:
        return order
    return msgspec.structs.replace(order, sources=msgspec.structs.replace(order.sources, extra=()))


def _additions(order: ImageOrder) -> list[Concession[ImageOrder]]:
    """What is added to the plain image."""
    return [*_loras(order), *_post_processing(order), *_control(order), *_switches(order)]


def _loras(order: ImageOrder) -> list[Concession[ImageOrder]]:
    if not order.loras:
        return []
    options = [_given_up(100, "without LoRAs", {"params.loras": []}, loras=())]
    kept = tuple(lora for lora in order.loras if not lora.is_version)
    if 0 < len(kept) < len(order.loras):
        words = f"without LoRAs by version, with {' and '.join(lora.name for lora in kept)} alone"
        options.append(_given_up(50, words, {"params.loras": msgspec.to_builtins(kept)}, loras=kept))
    return concession(options, Reason.LORA, needs=mask(("lora", "lora_versions")))


def _post_processing(order: ImageOrder) -> list[Concession[ImageOrder]]:
    """Each combination of few; of many, each single one or all."""
    names = tuple(dict.fromkeys(order.post_processing))
    options = []
    for size in range(1, len(names) + 1) if len(names) <= _MOST_SUBSETS else (1, len(names)):
        for dropped in combinations(names, size):
            kept = tuple(name for name in order.post_processing if name not in dropped)
            words = f"without {' and '.join(dropped)}" if kept else "without post-processing"
            points = _POINTS_A_PROCESSOR * size
            options.append(_given_up(points, words, {"params.post_processing": list(kept)}, post_processing=kept))
    return concession(options, Reason.POST_PROCESSING, needs=mask(("post-processing", *names)))


def _control(order: ImageOrder) -> list[Concession[ImageOrder]]:
    if order.control_type is None:
        return []
    options = [_given_up(100, "without ControlNet", {"params.control_type": LEFT_OUT}, **_UNCONTROLLED)]
    if order.return_control_map:
        fields = {"params.return_control_map": False}
        options.append(_given_up(30, "without the control map", fields, return_control_map=False))
    return concession(options, Reason.CONTROLNET, needs=_CONTROL_BITS, must_fit=True)


def _switches(order: ImageOrder) -> list[Concession[ImageOrder]]:
    """What is there or not."""
    found: list[Concession[ImageOrder]] = []
    if order.tis:
        option = _given_up(60, "without textual inversions", {"params.tis": []}, tis=())
        found += concession([option], needs=BIT["textual_inversion"])
    if order.workflow is not None:
        option = _given_up(200, "without a workflow", {"params.workflow": LEFT_OUT}, workflow=None, extra_texts=())
        needs = mask(("controlnet", "qr_code"))
        found += concession([option], needs=needs, of_models=(Reason.CONTROLNET,), must_fit=True)
    if order.transparent:
        option = _given_up(100, "without transparency", {"params.transparent": False}, transparent=False)
        found += concession([option], Reason.CONTROLNET, needs=BIT["layer_diffuse"], must_fit=True)
    if order.hires_fix:
        option = _given_up(50, "without hires_fix", {"params.hires_fix": False}, hires_fix=False)
        found += concession([option], needs=BIT["hires_fix"], of_models=(Reason.BRIDGE_VERSION,), must_fit=True)
    if order.tiling:
        option = _given_up(50, "without tiling", {"params.tiling": False}, tiling=False)
        found += concession([option], needs=BIT["tiling"])
    if (order.clip_skip or 1) > 1:
        option = _given_up(30, "without clip_skip", {"params.clip_skip": LEFT_OUT}, clip_skip=None)
        found += concession([option], needs=BIT["clip_skip"])
    if order.r2:
        found += concession(
            [_given_up(10, "with the image within the answer", {"r2": False}, r2=False)], needs=BIT["r2"]
        )
    if order.nsfw:
        found += concession([_given_up(50, "without NSFW", {"nsfw": False}, nsfw=False)], Reason.NSFW)
    return found


def _sampling(order: ImageOrder, offers: Sequence[Offer]) -> list[Concession[ImageOrder]]:
    """Another sampler; fewer steps, where workers limit them by their models."""
    other = [(order.sampler_name, not order.karras)]
    other += [(name, order.karras) for name in _USUAL_SAMPLERS if name != order.sampler_name]
    can = [offer.can for offer in offers]
    offered = [
        (name, karras)
        for name, karras in dict.fromkeys(other)
        if (bit := BIT.get(sampler_word(name, karras=karras))) and any(bit & each for each in can)
    ]
    samplers = [
        _given_up(
            20 if name == order.sampler_name else 40,
            f"{'with' if karras else 'without'} karras" if name == order.sampler_name else f"with the sampler {name}",
            {"params.sampler_name": name, "params.karras": karras},
            sampler_name=name,
            karras=karras,
        )
        for name, karras in offered
    ]
    return [
        *concession(samplers, needs=_SAMPLER_BITS, of_models=(Reason.STEP_COUNT,)),
        *concession(_fewer_steps(order, offers), of_models=(Reason.STEP_COUNT,)),
    ]


def _fewer_steps(order: ImageOrder, offers: Sequence[Offer]) -> list[Option[ImageOrder]]:
    """As many as models of workers that limit them take; half of that with samplers that evaluate twice a step."""
    models = {model for offer in offers if offer.limits_steps for model in offer.models}
    most = {int(sum(steps_range(model)) / 2) for model in models}
    return [
        _given_up(
            points_for_less(order.steps, steps),
            f"with {steps} steps" if steps > 1 else "with 1 step",
            {"params.steps": steps},
            steps=steps,
        )
        for steps in some_of({*most, *(each // 2 for each in most)}, order.steps)
    ]


def _sizes(order: ImageOrder, offers: Sequence[Offer]) -> list[Option[ImageOrder]]:
    """The same shape, about, as large as workers take it."""
    sizes = dict.fromkeys(
        size
        for pixels in some_of((offer.max_pixels for offer in offers), order.pixels)
        if (size := _fitted(order.width, order.height, pixels)) is not None
    )
    return [
        _given_up(
            points_for_less(order.pixels, width * height),
            f"at {width}x{height}",
            {"params.width": width, "params.height": height},
            width=width,
            height=height,
        )
        for width, height in sizes
    ]


def _fitted(width: int, height: int, most_pixels: int) -> tuple[int, int] | None:
    """Sides in whole steps, of no more pixels; None: that few are no picture."""
    scale = math.sqrt(most_pixels / (width * height))
    smaller = (max(int(side * scale) // SIDE_STEP * SIDE_STEP, SIDE_STEP) for side in (width, height))
    fitted_width, fitted_height = smaller
    if fitted_width * fitted_height > most_pixels:
        return None
    return fitted_width, fitted_height
