"""The horde's samplers by ComfyUI's names. They are the same functions: nothing is approximated but `plms`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

SAMPLERS: Final[Mapping[str, str]] = {
    "k_euler": "euler",
    "k_euler_a": "euler_ancestral",
    "k_heun": "heun",
    "k_dpm_2": "dpm_2",
    "k_dpm_2_a": "dpm_2_ancestral",
    "k_lms": "lms",
    "k_dpm_fast": "dpm_fast",
    "k_dpm_adaptive": "dpm_adaptive",
    "k_dpmpp_2s_a": "dpmpp_2s_ancestral",
    "k_dpmpp_sde": "dpmpp_sde",
    "k_dpmpp_2m": "dpmpp_2m",
    "dpmsolver": "dpmpp_2m",
    "DDIM": "ddim",
    "lcm": "lcm",
    "uni_pc": "uni_pc",
    "uni_pc_bh2": "uni_pc_bh2",
    "plms": "euler",  # the original is not among ComfyUI's
}

_APPROXIMATED: Final = frozenset({"plms"})


def offered_samplers(known: Collection[str]) -> frozenset[str]:
    """The horde's names of what a ComfyUI with these samplers has; not what only stands in for another."""
    return frozenset(name for name, sampler in SAMPLERS.items() if sampler in known and name not in _APPROXIMATED)
