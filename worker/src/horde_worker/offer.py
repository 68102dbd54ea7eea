"""The body of a pop: computed from what the backend declares and what the operator allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from horde_worker import VERSION
from horde_worker.backends.interface import (
    AlchemyAbilities,
    AlchemyForm,
    AlchemyJob,
    BackendAbilities,
    ImageJob,
    TextAbilities,
    TextJob,
)
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
    named_only: bool = False
    bridge_agent: str = BRIDGE_AGENT
    max_length: int | None = None  # tokens of a text
    max_context_length: int | None = None
    forms: tuple[str, ...] = ()  # of alchemy; none: all
    max_tiles: int | None = None


def pop_body(wishes: OperatorWishes, abilities: BackendAbilities) -> dict[str, Any]:
    """What to send to `POST /generate/pop` (worker.md §1.1.2)."""
    can = abilities.capabilities
    return {
        **_common(wishes, abilities.max_batch),
        "max_pixels": _least(abilities.max_pixels, wishes.max_pixels),
        "allow_img2img": "img2img" in can,
        "allow_painting": "inpainting" in can,
        "allow_unsafe_ipaddr": True,
        "allow_post_processing": "post-processing" in can,
        "allow_controlnet": "controlnet" in can,
        "allow_sdxl_controlnet": "controlnet" in can,
        "allow_lora": "lora" in can,
        "capabilities": sorted(can | abilities.samplers),
    }


def text_pop_body(wishes: OperatorWishes, abilities: TextAbilities) -> dict[str, Any]:
    """What to send to `POST /generate/text/pop` (generation.md §4.5.1)."""
    return {
        **_common(wishes, abilities.max_batch),
        "max_length": _least(abilities.max_length, wishes.max_length),
        "max_context_length": _least(abilities.max_context_length, wishes.max_context_length),
        "softprompts": [],
    }


def alchemy_pop_body(wishes: OperatorWishes, abilities: AlchemyAbilities) -> dict[str, Any]:
    """What to send to `POST /interrogate/pop` (worker.md §1.3)."""
    return {
        "name": wishes.name,
        "forms": [form for form in abilities.forms if not wishes.forms or form in wishes.forms],
        "amount": _least(abilities.max_batch, wishes.batch),
        "max_tiles": _least(abilities.max_tiles, wishes.max_tiles),
        "priority_usernames": [],
        "bridge_agent": wishes.bridge_agent,
        "threads": 1,
    }


def _common(wishes: OperatorWishes, max_batch: int) -> dict[str, Any]:
    return {
        "name": wishes.name,
        "models": list(wishes.models),
        "bridge_agent": wishes.bridge_agent,
        "threads": 1,
        "amount": _least(max_batch, wishes.batch),
        "nsfw": wishes.nsfw,
        **({"named_only": True} if wishes.named_only else {}),
    }


def _least(able: int, wished: int | None) -> int:
    return able if wished is None else min(able, wished)


def check_offered(job: ImageJob, offer: Mapping[str, Any]) -> None:
    """Raise `UnusableJob` for more than `offer` says: a horde may go by an older pop (worker.md §1.1.2)."""
    _check_common(job, offer)
    if job.width * job.height > offer["max_pixels"]:
        raise UnusableJob(f"{job.width}×{job.height} is more than {offer['max_pixels']} pixels", job.ids)


def check_text_offered(job: TextJob, offer: Mapping[str, Any]) -> None:
    """The same for a text."""
    _check_common(job, offer)
    for name, asked in (("max_length", job.max_length), ("max_context_length", job.max_context_length)):
        if asked > offer[name]:
            raise UnusableJob(f"{name} {asked} is more than {offer[name]}", job.ids)


def check_forms_offered(job: AlchemyJob, offer: Mapping[str, Any]) -> None:
    """Raise `UnusableJob` for more forms than `offer` says."""
    if len(job.forms) > offer["amount"]:
        raise UnusableJob(f"{len(job.forms)} forms are more than {offer['amount']} at a time", job.ids)


def refused_forms(forms: Sequence[AlchemyForm], offer: Mapping[str, Any]) -> dict[str, str]:
    """The reasons against forms that `offer` does not cover, by id."""
    refused = {form.id: form.refusal for form in forms if form.refusal}
    for form in forms:
        if form.name not in offer["forms"]:
            refused[form.id] = f"the form {form.name!r} is not offered"
        elif not form.where:
            refused[form.id] = "the form has no source image"
    return refused


def _check_common(job: ImageJob | TextJob, offer: Mapping[str, Any]) -> None:
    if job.model not in offer["models"]:
        raise UnusableJob(f"the model {job.model!r} is not offered", job.ids)
    if len(job.ids) > offer["amount"]:
        raise UnusableJob(f"{len(job.ids)} results are more than {offer['amount']} at a time", job.ids)
