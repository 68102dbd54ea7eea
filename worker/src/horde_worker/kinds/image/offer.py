"""The body of an image pop: what the backend can do and the operator allows."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.generate.pop import ImageGenerateJobPopRequest
from horde_worker.backends.image import ImageAbilities, ImageJob
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.kinds.image.needs import lacking
from horde_worker.kinds.offered import MOST_AT_A_TIME, check_models_and_amount, least, offered_models
from horde_worker.settings import OperatorWishes


class ImageOffer(ImageGenerateJobPopRequest):
    """The SDK's pop with what hordes like ours read besides (workers.md §1)."""

    amount: int = Field(default=1, ge=1, le=MOST_AT_A_TIME)
    capabilities: list[str] = Field(default=[])
    """Everything that the worker can do, instead of a table of programs' names."""
    named_only: bool | None = None
    """Only requests that name this worker. Sent only where it is wanted: other hordes do not know the key."""


def image_offer(wishes: OperatorWishes, abilities: ImageAbilities, threads: int = 1) -> ImageOffer:
    """What to send to `POST /generate/pop`; `threads` jobs are made at a time."""
    can = abilities.capabilities
    return ImageOffer(
        name=wishes.name,
        models=offered_models(wishes.models, abilities.models),
        bridge_agent=wishes.bridge_agent,
        threads=threads,
        amount=least(abilities.max_batch, wishes.batch, MOST_AT_A_TIME),
        nsfw=wishes.nsfw,
        named_only=wishes.named_only or None,
        max_pixels=least(abilities.max_pixels, wishes.max_pixels),
        allow_img2img="img2img" in can,
        allow_painting="inpainting" in can,
        allow_unsafe_ipaddr=True,
        allow_post_processing="post-processing" in can,
        allow_controlnet="controlnet" in can,
        allow_sdxl_controlnet="controlnet" in can,
        allow_lora="lora" in can,
        capabilities=sorted(can | abilities.samplers),
    )


def check_image_offered(job: ImageJob, offer: ImageOffer) -> None:
    """Raise `UnusableJob` for more than `offer` says: a horde may go by an older pop (workers.md §1)."""
    check_models_and_amount(job.model, job.ids, offer.models, offer.amount)
    if job.width * job.height > offer.max_pixels:
        raise UnusableJob(f"{job.width}×{job.height} is more than {offer.max_pixels} pixels", job.ids)
    if missing := lacking(job, frozenset(offer.capabilities)):
        raise UnusableJob(f"this worker does not offer {', '.join(missing)}"[:255], job.ids)
