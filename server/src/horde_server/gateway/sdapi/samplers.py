"""Samplers and schedules: AUTOMATIC1111's names and the horde's, both ways (gateway-sdapi.md §1.9)."""

from __future__ import annotations

from typing import Final, NamedTuple

NAMES: Final = {
    "Euler a": "k_euler_a",
    "Euler": "k_euler",
    "LMS": "k_lms",
    "Heun": "k_heun",
    "DPM2": "k_dpm_2",
    "DPM2 a": "k_dpm_2_a",
    "DPM fast": "k_dpm_fast",
    "DPM adaptive": "k_dpm_adaptive",
    "DPM++ 2S a": "k_dpmpp_2s_a",
    "DPM++ 2M": "k_dpmpp_2m",
    "DPM++ SDE": "k_dpmpp_sde",
    "DDIM": "DDIM",
    "LCM": "lcm",
}
"""Those that mean the same here and there: they are listed."""
_NEAREST: Final = {
    "DPM++ 2M SDE": "k_dpmpp_2m",
    "DPM++ 3M SDE": "k_dpmpp_2m",
    "UniPC": "k_dpmpp_2m",
    "Restart": "k_euler",
    "DDIM CFG++": "DDIM",
    "PLMS": "DDIM",
}
"""Those whose nearest the horde has: they are taken, and not listed."""
ALIASES: Final = {
    "Euler a": ("k_euler_a", "k_euler_ancestral"),
    "Euler": ("k_euler",),
    "LMS": ("k_lms",),
    "Heun": ("k_heun",),
    "DPM2": ("k_dpm_2",),
    "DPM2 a": ("k_dpm_2_a", "k_dpm_2_ancestral"),
    "DPM fast": ("k_dpm_fast",),
    "DPM adaptive": ("k_dpm_ad", "k_dpm_adaptive"),
    "DPM++ 2S a": ("k_dpmpp_2s_a",),
    "DPM++ 2M": ("k_dpmpp_2m",),
    "DPM++ SDE": ("k_dpmpp_sde",),
    "DDIM": ("ddim",),
    "LCM": ("k_lcm", "lcm"),
}
_SCHEDULES: Final = ((" karras", True), (" exponential", False), (" sgm uniform", False))
_BY_NAME: Final = {
    name.lower(): horde_name
    for table in (NAMES, _NEAREST, {alias: NAMES[name] for name, known in ALIASES.items() for alias in known})
    for name, horde_name in table.items()
}
_FOREIGN: Final = {horde_name: name for name, horde_name in NAMES.items()}

SCHEDULERS: Final = (("automatic", "Automatic"), ("karras", "Karras"), ("normal", "Normal"))


class UnknownSampler(Exception):
    """No sampler has this name, there or here."""


class Sampling(NamedTuple):
    """A sampler of the horde, and whether its steps are spaced as Karras has them."""

    name: str
    karras: bool


def sampling_of(sampler: str, scheduler: str = "") -> Sampling:
    """What a body asks for. A schedule may stand at the end of the sampler's name. Raises `UnknownSampler`."""
    wished = sampler.strip().lower()
    named: bool | None = None
    for ending, karras in _SCHEDULES:
        if wished.endswith(ending):
            wished, named = wished.removesuffix(ending), karras
            break
    found = _BY_NAME.get(wished)
    if found is None:
        raise UnknownSampler(sampler)
    scheduled = scheduler.strip().lower()
    if scheduled and scheduled != "automatic":
        return Sampling(found, scheduled == "karras")
    return Sampling(found, True if named is None else named)


def name_of(horde_sampler: str) -> str:
    """A sampler of the horde by AUTOMATIC1111's name."""
    return _FOREIGN.get(horde_sampler, "Euler")
