"""The `Offer` that matching compares, from what a worker declared and what is known of it."""

from __future__ import annotations

from uuid import UUID

from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.capabilities import BIT
from horde_server.dispatch.kind import WorkerRules
from horde_server.dispatch.refusal import Offer, Permission

_PERMISSIONS: tuple[tuple[str, Permission], ...] = (
    ("allow_img2img", Permission.IMG2IMG),
    ("allow_painting", Permission.PAINTING),
    ("allow_lora", Permission.LORA),
    ("allow_post_processing", Permission.POST_PROCESSING),
    ("allow_controlnet", Permission.CONTROLNET),
    ("allow_sdxl_controlnet", Permission.TRANSPARENCY),
)


def make_offer(
    abilities: Abilities,
    *,
    kind: WorkerRules,
    worker_id: UUID,
    owner_id: int,
    owner_trusted: bool,
    speed: float,
    maintenance: bool,
    paused: bool,
) -> Offer:
    """The offer that matching compares, computed once per change.

    `speed` is raw things per second; of alchemists seconds a form.
    """
    can = abilities.capability_mask()
    runs_flux = bool(can & BIT["flux"])
    return Offer(
        kind=kind.name,
        worker_id=worker_id,
        owner_id=owner_id,
        models=frozenset(abilities.models),
        plain_models=kind.plain_models(abilities.models, runs_flux=runs_flux),
        max_pixels=abilities.max_pixels,
        can=can,
        permissions=sum(permission for switch, permission in _PERMISSIONS if getattr(abilities, switch)),
        allows_sdxl_controlnet=abilities.allow_sdxl_controlnet,
        runs_flux=runs_flux,
        has_cascade_second_pass=bool(can & BIT["stable_cascade_2pass"]),
        paints_with_any_model=abilities.capabilities is not None and "inpainting" in abilities.capabilities,
        nsfw=abilities.nsfw,
        owner_trusted=owner_trusted,
        speed=kind.things_per_s(speed),
        is_fast=kind.is_fast(speed, abilities.models),
        extra_slow=abilities.extra_slow_worker,
        named_only=abilities.named_only,
        limits_steps=abilities.limit_max_steps,
        blacklist=abilities.blacklist,
        maintenance=maintenance,
        paused=paused,
        wants_upfront_kudos=abilities.require_upfront_kudos,
        # Anonymous is everybody's account: nobody's friend
        favoured=frozenset((owner_id, *(friend for friend in abilities.friends if friend != 0))),
        max_length=abilities.max_length,
        max_context_length=abilities.max_context_length,
        softprompts=frozenset(abilities.softprompts),
        max_tiles=abilities.max_tiles,
    )
