"""What a worker's software can do, as a bit mask over capability words (workers.md §10).

A worker may declare its words itself (`capabilities` in pop, beyond the original API); otherwise the table of known
bridge agents decides. Samplers are words too: `k_euler` is the sampler without Karras spacing, `k_euler+karras` with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntFlag
from functools import lru_cache

# name -> version -> words gained from that version on
_AGENT_WORDS: dict[str, dict[int, str]] = {
    "AI Horde Worker reGen": {
        1: "img2img inpainting karras post-processing GFPGAN RealESRGAN_x4plus r2 CodeFormers clip_skip r2_source "
        "controlnet strip_background return_control_map RealESRGAN_x4plus_anime_6B NMKD_Siax 4x_AnimeSharp "
        "image_is_control RealESRGAN_x2plus hires_fix tiling",
        2: "textual_inversion lora",
        3: "lora_versions",
        5: "extra_source_images",
        6: "stable_cascade_2pass",
        7: "qr_code extra_texts workflow",
        8: "layer_diffuse",
        9: "flux",
        13: "4xNomos8kSC 4xLSDIRplus 4xNomosWebPhoto_RealPLKSR 4xNomos2_realplksr_dysample 4xNomos2_hq_dat2 "
        "2xModernSpanimationV1 GFPGANv1.3 RestoreFormer",
    },
    "AI Horde Worker": {
        3: "img2img",
        4: "inpainting",
        6: "karras",
        7: "post-processing GFPGAN RealESRGAN_x4plus",
        8: "r2",
        9: "CodeFormers",
        13: "hires_fix clip_skip",
        14: "r2_source",
        15: "controlnet",
        18: "strip_background return_control_map RealESRGAN_x4plus_anime_6B",
        19: "NMKD_Siax 4x_AnimeSharp",
        21: "RealESRGAN_x2plus",
        22: "lora",
        23: "image_is_control",
        24: "textual_inversion",
    },
    "SD-WebUI Stable Horde Worker Bridge": {
        1: "inpainting karras r2 CodeFormers",
        2: "tiling",
        3: "r2_source",
        4: "clip_skip",
    },
    "HordeAutoWebBridge": {1: "painting img2img karras", 2: "tiling"},
}

_CLASSIC = "k_lms k_heun k_euler k_euler_a k_dpm_2 k_dpm_2_a k_dpm_fast k_dpm_adaptive k_dpmpp_2s_a k_dpmpp_2m"
# name -> version -> (usable with and without Karras, only without)
_AGENT_SAMPLERS: dict[str, dict[int, tuple[str, str]]] = {
    "AI Horde Worker reGen": {2: (f"{_CLASSIC} k_dpmpp_sde dpmsolver DDIM", ""), 3: ("lcm", "")},
    "AI Horde Worker": {11: (f"{_CLASSIC} dpmsolver", ""), 12: ("k_dpmpp_sde", ""), 17: ("", "DDIM")},
    "SD-WebUI Stable Horde Worker Bridge": {1: (f"{_CLASSIC} k_dpmpp_sde", "DDIM plms")},
    "HordeAutoWebBridge": {
        1: (
            "k_lms k_dpm_2 k_dpm_2_a k_dpmpp_2s_a k_dpmpp_2m dpmsolver",
            "k_heun k_euler k_euler_a k_dpm_fast k_dpm_adaptive",
        )
    },
}
_UNKNOWN_AGENT_SAMPLERS_AS = ("AI Horde Worker", 23)
_LATEST_OFFICIAL = {"AI Horde Worker reGen": 13, "AI Horde Worker": 24}

SAMPLERS = tuple(dict.fromkeys(f"{_CLASSIC} dpmsolver k_dpmpp_sde DDIM lcm plms".split()))

_words = {word for table in _AGENT_WORDS.values() for words in table.values() for word in words.split()}
WORDS: tuple[str, ...] = (*sorted(_words), *SAMPLERS, *(f"{name}+karras" for name in SAMPLERS))
"""Every capability word; its place is its bit."""
BIT: dict[str, int] = {word: 1 << place for place, word in enumerate(WORDS)}

VALIDATED_BACKEND = 1 << len(WORDS)
"""The bit of software whose texts are trusted (workers.md §10.4): no word, so that no worker declares it."""
_VALIDATED_BACKENDS = frozenset(
    {
        "AI Horde Worker", "AI Horde Worker~aphrodite~oai", "AI Horde Worker~aphrodite~kai", "KoboldCppEmbedWorker",
        "TabbyAPI", "OpenHorde Worker",  # the last is ours
    }
)  # fmt: skip


class BackendBit(IntFlag):
    """What the program behind a text worker does with messages, declared key by key in its pops (capabilities.md §1).

    Beyond the bits of the words, so that no list of words declares them. The lowest that is lacking is the reason that
    a worker is told.
    """

    TOOLS = VALIDATED_BACKEND << 1
    VISION = VALIDATED_BACKEND << 2
    GRAMMAR = VALIDATED_BACKEND << 3
    LOGPROBS = VALIDATED_BACKEND << 4
    CHAT = VALIDATED_BACKEND << 5  # it takes messages at all


_SEMVER = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")


def mask(words: Iterable[str]) -> int:
    """The bits of the known words among `words`; unknown ones are ignored."""
    bits = 0
    for word in words:
        bits |= BIT.get(word, 0)
    return bits


def sampler_word(sampler_name: str, *, karras: bool) -> str:
    """The capability word that a request for this sampler needs."""
    return f"{sampler_name}+karras" if karras else sampler_name


@lru_cache(maxsize=1024)
def parse_agent(bridge_agent: str) -> tuple[str, float]:
    """Name and version of `name:version:url`; ("unknown", 0) where it cannot be read (workers.md §10.1).

    A pre-release counts as just below its release, so that 13.0.0-rc1 < 13.
    """
    parts = bridge_agent.split(":", 2)
    if len(parts) != 3 or not (found := _SEMVER.fullmatch(parts[1])):
        return "unknown", 0.0
    major, minor, patch, pre_release = found.groups()
    is_bare_pre_release = pre_release is not None and not int(minor or 0) and not int(patch or 0)
    return parts[0], int(major) - (0.5 if is_bare_pre_release else 0.0)


@lru_cache(maxsize=1024)
def agent_mask(bridge_agent: str) -> int:
    """What the table grants to a bridge agent. Unknown agents get samplers only (workers.md §10.2)."""
    name, version = parse_agent(bridge_agent)
    words = [
        word for since, gained in _AGENT_WORDS.get(name, {}).items() if since <= version for word in gained.split()
    ]
    if name not in _AGENT_SAMPLERS:
        name, version = _UNKNOWN_AGENT_SAMPLERS_AS
    for since, (with_karras, without) in _AGENT_SAMPLERS[name].items():
        if since <= version:
            words += [*with_karras.split(), *without.split()]
            words += [f"{sampler}+karras" for sampler in with_karras.split()]
    return mask(words)


def declared_mask(capabilities: Iterable[str]) -> int:
    """What a worker's own `capabilities` list grants.

    Sampler names count with Karras spacing too when the list has `karras`. A list that names no sampler at all gets
    those of an unknown agent, since a worker without any sampler could do nothing.
    """
    words = set(capabilities)
    samplers = words.intersection(SAMPLERS)
    bits = mask(words)
    if not samplers:
        bits |= agent_mask("unknown:0:unknown")
    elif "karras" in words:
        bits |= mask(f"{name}+karras" for name in samplers)
    return bits


def validated_backend_bit(bridge_agent: str) -> int:
    """`VALIDATED_BACKEND` for software of such a name, of any version; else 0 (workers.md §10.4)."""
    return VALIDATED_BACKEND if bridge_agent.partition(":")[0] in _VALIDATED_BACKENDS else 0


def reward_multiplier_percent(bridge_agent: str, *, declares_capabilities: bool) -> int:
    """Share of a job's reward that the worker gets, by its software (kudos.md §5.1): 100, 90 or 75 percent.

    A worker that declares what it can do is treated as up to date: the table exists to push old software to update.
    """
    if declares_capabilities:
        return 100
    name, version = parse_agent(bridge_agent)
    if name not in _LATEST_OFFICIAL:
        return 75
    return 100 if version >= _LATEST_OFFICIAL[name] else 90
