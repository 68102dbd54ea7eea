"""What a worker offered at its last check-in, and the `Offer` that matching compares."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from horde_server.dispatch.capabilities import (
    BackendBit,
    agent_mask,
    declared_mask,
    validated_backend_bit,
)

MODELS_KEPT = 300
BLACKLIST_KEPT = 200
BLACKLIST_WORD_LENGTH = 15
_BACKEND_BITS: dict[str, int] = {str(bit.name).lower(): bit for bit in BackendBit}


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
    streams: bool = False  # it tells what it makes while it makes it
    # of text workers; lengths in tokens
    max_length: int = 512
    max_context_length: int = 2048
    softprompts: tuple[str, ...] = ()
    backend: tuple[str, ...] = ()  # names of `BackendBit`, in lower case
    templates: dict[str, str] = msgspec.field(default_factory=dict)  # names of chat templates, by model
    # of alchemists, whose `models` are forms
    max_tiles: int = 0  # of 512×512 pixels

    def capability_mask(self) -> int:
        """The capability bits of the worker's software."""
        known = agent_mask(self.bridge_agent) if self.capabilities is None else declared_mask(self.capabilities)
        known |= validated_backend_bit(self.bridge_agent)
        for name in self.backend:
            known |= _BACKEND_BITS.get(name, 0)
        return known


def kept_blacklist(words: Iterable[str]) -> tuple[str, ...]:
    """The first 200 words, lower-cased, 15 characters each; empty ones dropped (an empty word would match all)."""
    kept = [word.lower()[:BLACKLIST_WORD_LENGTH] for word in words]
    return tuple(word for word in kept if word)[:BLACKLIST_KEPT]


encode_abilities = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Abilities)


def decode_abilities(stored: str | bytes) -> Abilities:
    """The abilities back from their stored form."""
    return _decoder.decode(stored)
