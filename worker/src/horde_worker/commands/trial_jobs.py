"""Jobs of our own for a backend: what a usual request asks for, within what the backend says it can do."""

from __future__ import annotations

import secrets

from horde_worker.backends.image import ImageAbilities, ImageJob
from horde_worker.backends.text import TextAbilities, TextJob

PROMPTS = (
    "a lighthouse on a cliff at sunset, oil painting",
    "a red boat on a calm sea under a yellow sun",
    "a fox in fresh snow, soft morning light",
    "a green tree on a hill at night with stars",
)
BEGINNINGS = (
    "Once upon a time there was a small boat that",
    "The old clockmaker looked at the stranger and said",
    "In the morning the whole village was talking about",
)
TTL_S = 600.0


def image_job(abilities: ImageAbilities, width: int, height: int, steps: int, *, count: int = 1) -> ImageJob:
    """Pictures of this size; the first model makes them."""
    sampler = "k_euler" if not abilities.samplers or "k_euler" in abilities.samplers else min(abilities.samplers)
    return ImageJob(
        ids=tuple(f"trial-{secrets.token_hex(4)}" for _ in range(count)),
        model=abilities.models[0],
        prompt=PROMPTS[0],
        negative_prompt="",
        width=width,
        height=height,
        steps=steps,
        cfg_scale=7.0,
        sampler=sampler,
        karras="karras" in abilities.capabilities,
        seeds=tuple(1000 + place for place in range(count)),
        ttl_s=TTL_S,
        upload_urls=(),
    )


def text_job(abilities: TextAbilities, length: int) -> TextJob:
    """A text of this many tokens, which may not end before."""
    return TextJob(
        ids=(f"trial-{secrets.token_hex(4)}",),
        model=abilities.models[0],
        prompt=BEGINNINGS[0],
        max_length=length,
        max_context_length=min(abilities.max_context_length, 2048),
        seeds=(1000,),
        ttl_s=TTL_S,
        may_end=False,
    )
