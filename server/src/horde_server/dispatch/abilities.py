"""What a worker offered at its last check-in, and the `Offer` that matching compares."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from horde_server.dispatch.capabilities import (
    BIT,
    agent_mask,
    declared_mask,
    reward_multiplier_percent,
    validated_backend_bit,
)
from horde_server.dispatch.refusal import Offer, Permission
from horde_server.models.catalogue import baseline, is_inpainting, text_parameters_b

MODELS_KEPT = 300
BLACKLIST_KEPT = 200
BLACKLIST_WORD_LENGTH = 15
FAST_IMAGE_SPEED = 500_000.0
"""Pixelsteps per second that a request with `slow_workers: false` asks of a worker (generation.md §3.5.1)."""

SLOW_FORM_S = 10.0
"""Seconds a form from which on an alchemist gets only requests with `slow_workers` (alchemy-and-operations.md §1.6)."""
FASTEST_FORM_S = 0.001


class Abilities(msgspec.Struct, frozen=True, omit_defaults=True):
    """The declared part of a worker of any kind, as stored in `worker.abilities`; models and agent have columns too.

    A new field needs a default, so that older rows still read.
    """

    models: tuple[str, ...] = ()
    bridge_agent: str = "unknown:0:unknown"
    threads: int = 1
    max_pixels: int = 262_144
    nsfw: bool = True
    blacklist: tuple[str, ...] = ()
    capabilities: tuple[str, ...] | None = None  # None: the bridge-agent table decides
    allow_img2img: bool = True
    allow_painting: bool = True
    allow_unsafe_ipaddr: bool = True
    allow_post_processing: bool = True
    allow_controlnet: bool = False
    allow_sdxl_controlnet: bool = False
    allow_lora: bool = False
    limit_max_steps: bool = False
    extra_slow_worker: bool = False
    named_only: bool = False
    require_upfront_kudos: bool = False
    friends: tuple[int, ...] = ()  # account ids of `priority_usernames`
    # of text workers; lengths in tokens
    max_length: int = 512
    max_context_length: int = 2048
    softprompts: tuple[str, ...] = ()
    # of alchemists, whose `models` are forms
    max_tiles: int = 0  # of 512×512 pixels

    def capability_mask(self) -> int:
        """The capability bits of the worker's software."""
        known = agent_mask(self.bridge_agent) if self.capabilities is None else declared_mask(self.capabilities)
        return known | validated_backend_bit(self.bridge_agent)

    def reward_percent(self, kind: str = "image") -> int:
        """Share of a job's reward that this software earns; old software is pushed to update for images only."""
        if kind != "image":
            return 100
        return reward_multiplier_percent(self.bridge_agent, declares_capabilities=self.capabilities is not None)


_PERMISSIONS: tuple[tuple[str, Permission], ...] = (
    ("allow_img2img", Permission.IMG2IMG),
    ("allow_painting", Permission.PAINTING),
    ("allow_lora", Permission.LORA),
    ("allow_post_processing", Permission.POST_PROCESSING),
    ("allow_controlnet", Permission.CONTROLNET),
    ("allow_sdxl_controlnet", Permission.TRANSPARENCY),
)


def fast_text_speed(models: Sequence[str]) -> float:
    """Tokens per second that a request with `slow_workers: false` asks of a worker, by the first model it offers."""
    billions = (text_parameters_b(models[0]) or 1.0) if models else math.inf
    return 3.0 if billions >= 20 else 4.0 if billions >= 13 else 5.0


def _is_fast(kind: str, speed: float, models: Sequence[str]) -> bool:
    if kind == "interrogation":
        return speed < SLOW_FORM_S
    return speed >= (fast_text_speed(models) if kind == "text" else FAST_IMAGE_SPEED)


def make_offer(
    abilities: Abilities,
    *,
    kind: str = "image",
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
        kind=kind,
        worker_id=worker_id,
        owner_id=owner_id,
        models=frozenset(abilities.models),
        plain_models=frozenset(
            model
            for model in abilities.models
            if kind != "image" or (not is_inpainting(model) and (runs_flux or baseline(model) != "flux_1"))
        ),
        max_pixels=abilities.max_pixels,
        can=can,
        permissions=sum(permission for switch, permission in _PERMISSIONS if getattr(abilities, switch)),
        allows_sdxl_controlnet=abilities.allow_sdxl_controlnet,
        runs_flux=runs_flux,
        has_cascade_second_pass=bool(can & BIT["stable_cascade_2pass"]),
        paints_with_any_model=abilities.capabilities is not None and "inpainting" in abilities.capabilities,
        nsfw=abilities.nsfw,
        owner_trusted=owner_trusted,
        speed=1 / max(speed, FASTEST_FORM_S) if kind == "interrogation" else speed,
        is_fast=_is_fast(kind, speed, abilities.models),
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


def kept_blacklist(words: Iterable[str]) -> tuple[str, ...]:
    """The first 200 words, lower-cased, 15 characters each; empty ones dropped (an empty word would match all)."""
    kept = [word.lower()[:BLACKLIST_WORD_LENGTH] for word in words]
    return tuple(word for word in kept if word)[:BLACKLIST_KEPT]


encode_abilities = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Abilities)


def decode_abilities(stored: str | bytes) -> Abilities:
    """The abilities back from their stored form."""
    return _decoder.decode(stored)
