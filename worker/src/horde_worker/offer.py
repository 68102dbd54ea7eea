"""The body of a pop: computed from what the backend declares and what the operator allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from horde_worker import VERSION
from horde_worker.backends.interface import BackendAbilities, ImageJob
from horde_worker.popped import UnusableJob

BRIDGE_AGENT = f"OpenHorde Worker:{VERSION}:https://github.com/openhorde/openhorde"


@dataclass(frozen=True, slots=True)
class OperatorWishes:
    """What the operator allows, beyond what the backend can do."""

    name: str
    models: tuple[str, ...]  # offered: the backend's own, or aliases served by it
    max_pixels: int | None = None
    batch: int | None = None
    nsfw: bool = True
    bridge_agent: str = BRIDGE_AGENT


def pop_body(wishes: OperatorWishes, abilities: BackendAbilities) -> dict[str, Any]:
    """What to send to `POST /generate/pop` (worker.md §1.1.2)."""
    can = abilities.capabilities
    max_pixels = abilities.max_pixels if wishes.max_pixels is None else min(wishes.max_pixels, abilities.max_pixels)
    batch = abilities.max_batch if wishes.batch is None else min(wishes.batch, abilities.max_batch)
    return {
        "name": wishes.name,
        "models": list(wishes.models),
        "bridge_agent": wishes.bridge_agent,
        "threads": 1,
        "amount": batch,
        "nsfw": wishes.nsfw,
        "max_pixels": max_pixels,
        "allow_img2img": "img2img" in can,
        "allow_painting": "inpainting" in can,
        "allow_unsafe_ipaddr": True,
        "allow_post_processing": "post-processing" in can,
        "allow_controlnet": "controlnet" in can,
        "allow_sdxl_controlnet": "controlnet" in can,
        "allow_lora": "lora" in can,
        "capabilities": sorted(can | abilities.samplers),
    }


def check_offered(job: ImageJob, offer: Mapping[str, Any]) -> None:
    """Raise `UnusableJob` for more than `offer` says: a horde may go by an older pop (worker.md §1.1.2)."""
    if job.model not in offer["models"]:
        raise UnusableJob(f"the model {job.model!r} is not offered", job.ids)
    if job.width * job.height > offer["max_pixels"]:
        raise UnusableJob(f"{job.width}×{job.height} is more than {offer['max_pixels']} pixels", job.ids)
    if len(job.ids) > offer["amount"]:
        raise UnusableJob(f"{len(job.ids)} pictures are more than {offer['amount']} at a time", job.ids)
