"""The body of an image pop: what the backend can do and the operator allows."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.generate.pop import ImageGenerateJobPopRequest
from horde_worker.backends.image import ImageAbilities, ImageJob
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.kinds.image.needs import lacking
from horde_worker.kinds.offered import (
    MOST_AT_A_TIME,
    check_models_and_amount,
    least,
    offered_and_loaded,
    offered_models,
)
from horde_worker.safety.words import words_to_send
from horde_worker.settings import Allowed, OperatorWishes


class ImageOffer(ImageGenerateJobPopRequest):
    """The SDK's pop with what hordes like ours read besides (workers.md §1)."""

    amount: int = Field(default=1, ge=1, le=MOST_AT_A_TIME)
    capabilities: list[str] = Field(default=[])
    """Everything that the worker can do, instead of a table of programs' names."""
    named_only: bool | None = None
    """Only requests that name this worker. Sent only where it is wanted: other hordes do not know the key."""


def image_offer(
    wishes: OperatorWishes,
    abilities: ImageAbilities,
    threads: int = 1,
    *,
    streams: bool = False,
    checks_previews: bool = False,
) -> ImageOffer:
    """What to send to `POST /generate/pop`; `threads` jobs are made at a time.

    `streams`: jobs are told of while they are made. What is not so is not sent: few hordes know these keys.
    """
    shows = streams and abilities.previews
    may = wishes.allowed
    can = abilities.capabilities - {word for word, is_allowed in _words_of(may) if not is_allowed}
    models = offered_models(wishes.models, wishes.choice.of(abilities.models))
    return ImageOffer(
        name=wishes.name,
        models=models,
        bridge_agent=wishes.bridge_agent,
        threads=threads,
        amount=least(abilities.max_batch, wishes.batch, MOST_AT_A_TIME),
        nsfw=wishes.nsfw,
        blacklist=words_to_send(wishes.blacklist),
        named_only=wishes.named_only or None,
        max_pixels=least(abilities.max_pixels, wishes.max_pixels),
        priority_usernames=list(wishes.priority_usernames),
        require_upfront_kudos=wishes.require_upfront_kudos,
        limit_max_steps=wishes.limit_max_steps,
        extra_slow_worker=wishes.extra_slow_worker,
        allow_img2img=may.img2img and "img2img" in can,
        allow_painting=may.img2img and may.painting and "inpainting" in can,
        allow_unsafe_ipaddr=may.unsafe_ip,
        allow_post_processing=may.post_processing and "post-processing" in can,
        allow_controlnet=may.controlnet and "controlnet" in can,
        allow_sdxl_controlnet=may.controlnet and may.sdxl_controlnet and "controlnet" in can,
        allow_lora=may.lora and "lora" in can,
        capabilities=sorted(can | abilities.samplers),
        streams=streams or None,
        previews=shows or None,
        previews_checked=(shows and checks_previews) or None,
        loaded=offered_and_loaded(models, abilities.loaded),
    )


def _words_of(may: Allowed) -> tuple[tuple[str, bool], ...]:
    """The capabilities that stand for what an operator allows: hordes like ours read them before the flags."""
    return (
        ("img2img", may.img2img),
        ("inpainting", may.img2img and may.painting),
        ("post-processing", may.post_processing),
        ("controlnet", may.controlnet),
        ("lora", may.lora),
        ("textual_inversion", may.lora),
    )


def check_image_offered(job: ImageJob, offer: ImageOffer) -> None:
    """Raise `UnusableJob` for more than `offer` says: a horde may go by an older pop (workers.md §1)."""
    check_models_and_amount(job.model, job.ids, offer.models, offer.amount)
    if job.width * job.height > offer.max_pixels:
        raise UnusableJob(f"{job.width}×{job.height} is more than {offer.max_pixels} pixels", job.ids)
    if missing := lacking(job, frozenset(offer.capabilities)):
        raise UnusableJob(f"this worker does not offer {', '.join(missing)}"[:255], job.ids)
