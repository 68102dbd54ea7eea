"""The body of a pop's answer (workers.md §7): keys at the top are null without a value, in `payload` absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from horde_server.dispatch.dispatcher import HandOut
from horde_server.dispatch.refusal import UNREPORTED
from horde_server.requests.image.order import ImageOrder, Lora, TextualInversion
from horde_server.requests.pictures.source_links import HandedSources

_ALWAYS_COUNTED = (
    "worker_id", "models", "untrusted", "performance", "nsfw", "bridge_version", "unsafe_ip", "img2img", "painting",
    "post-processing", "lora", "controlnet",
)  # fmt: skip

_DEFAULT_PAYLOAD = {
    "ddim_steps": 30, "n_iter": 1, "sampler_name": "k_euler_a", "cfg_scale": 7.5, "height": 512, "width": 512,
    "karras": False, "tiling": False, "hires_fix": False, "transparent": False, "image_is_control": False,
    "return_control_map": False,
}  # fmt: skip

_ONLY_IF_ASKED = (
    "denoising_strength", "hires_fix_denoising_strength", "post_processing", "clip_skip", "facefixer_strength",
    "control_type", "workflow", "extra_texts", "special",
)  # fmt: skip
NO_SOURCES = HandedSources()

_encode = msgspec.json.Encoder().encode


def empty_answer(skipped: dict[str, int], messages: Sequence[msgspec.Raw] = ()) -> bytes:
    """Nothing for this worker, and why."""
    counts = dict.fromkeys(_ALWAYS_COUNTED, 0)
    counts.update((reason, count) for reason, count in skipped.items() if reason not in UNREPORTED)
    return _encode(_answer(payload=_DEFAULT_PAYLOAD, skipped=counts, messages=messages))


def job_answer(
    hand_out: HandOut[ImageOrder],
    upload_urls: Sequence[str] | None,
    sources: HandedSources = NO_SOURCES,
    messages: Sequence[msgspec.Raw] = (),
    stream: Mapping[str, Any] | None = None,
) -> bytes:
    """Jobs for this worker. `upload_urls`: an address per job, or None where its uploads do not arrive.

    `stream`: what a worker is told that can stream (streams.md §1).
    """
    ids = [str(job_id) for job_id in hand_out.job_ids]
    answer = _answer(
        id=ids[0],
        ids=ids,
        model=hand_out.model,
        ttl=hand_out.ttl_s,
        payload=_payload(hand_out.order, hand_out.seed, len(ids)),
        r2_upload=upload_urls[0] if upload_urls else None,
        r2_uploads=list(upload_urls) if upload_urls else None,
        source_image=sources.image,
        source_processing=hand_out.order.source_processing if sources.image else "img2img",
        source_mask=sources.mask,
        extra_source_images=sources.extra,
        messages=messages,
    )
    if stream is not None:
        answer["stream"] = stream
    return _encode(answer)


def _answer(**given: Any) -> dict[str, Any]:
    return {
        "payload": {}, "id": None, "ids": [], "model": None, "ttl": None, "skipped": {}, "source_image": None,
        "source_processing": "img2img", "source_mask": None, "extra_source_images": None, "r2_upload": None,
        "r2_uploads": None, "messages": [], **given,
    }  # fmt: skip


def _payload(order: ImageOrder, seed: int, images: int) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "prompt": order.prompt,
        "ddim_steps": order.steps,
        "n_iter": images,
        "seed": str(seed),
        "sampler_name": order.sampler_name,
        "cfg_scale": order.cfg_scale,
        "height": order.height,
        "width": order.width,
        "karras": order.karras,
        "tiling": order.tiling,
        "hires_fix": order.hires_fix,
        "transparent": order.transparent,
        "image_is_control": order.image_is_control,
        "return_control_map": order.return_control_map,
    }
    for name in _ONLY_IF_ASKED:
        value = getattr(order, name)
        if value is not None and value != ():
            payload[name] = value
    if order.loras:
        payload["loras"] = [_lora(lora) for lora in order.loras]
    if order.tis:
        payload["tis"] = [_textual_inversion(ti) for ti in order.tis]
    if not order.nsfw and order.censor_nsfw:
        payload["use_nsfw_censor"] = True
    return payload


def _lora(lora: Lora) -> dict[str, Any]:
    """Filled with the defaults, as workers expect it."""
    body: dict[str, Any] = {
        "name": lora.name, "model": lora.model, "clip": lora.clip, "is_version": lora.is_version,
    }  # fmt: skip
    return body if lora.inject_trigger is None else {**body, "inject_trigger": lora.inject_trigger}


def _textual_inversion(ti: TextualInversion) -> dict[str, Any]:
    body: dict[str, Any] = {"name": ti.name, "strength": ti.strength}
    return body if ti.inject_ti is None else {**body, "inject_ti": ti.inject_ti}
