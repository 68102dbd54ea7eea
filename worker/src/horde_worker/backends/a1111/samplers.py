"""The server's sampler and schedule for a sampler of the horde, with and without Karras."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from horde_worker.backends.a1111.facts import Facts, Program, Sampler
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import Remark
from horde_worker.backends.normalise.samplers import SAMPLERS, chosen_sampler

_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "k_euler": ("Euler",),
    "k_euler_a": ("Euler a",),
    "k_heun": ("Heun",),
    "k_lms": ("LMS", "LMSD"),
    "k_dpm_2": ("DPM2", "KDPM2"),
    "k_dpm_2_a": ("DPM2 a", "KDPM2 a"),
    "k_dpm_fast": ("DPM fast",),
    "k_dpm_adaptive": ("DPM adaptive",),
    "k_dpmpp_2s_a": ("DPM++ 2S a",),
    "k_dpmpp_2m": ("DPM++ 2M",),
    "dpmsolver": ("DPM++ 2M",),
    "k_dpmpp_sde": ("DPM SDE", "DPM++ SDE"),  # SD.Next has both, and its second is another one
    "DDIM": ("DDIM",),
    "plms": ("PLMS", "PNDM"),
    "lcm": ("LCM",),
    "uni_pc": ("UniPC",),
    "uni_pc_bh2": ("UniPC",),
}
"""What each is called; the first that the server has. SD.Next's names are those of diffusers."""

_STAND_INS: Final[dict[str, str]] = {
    "k_dpm_2_a": "k_euler_a",
    "k_dpmpp_2s_a": "k_euler_a",
    "k_dpm_fast": "k_dpmpp_2m",
    "k_dpm_adaptive": "k_dpmpp_2m",
    "k_dpmpp_sde": "k_euler_a",
}
_WITHOUT_SCHEDULE: Final = frozenset({"DDIM", "DDIM CFG++", "PLMS", "UniPC"})
"""Of AUTOMATIC1111's: they step through time, not through noise."""


@dataclass(frozen=True, slots=True)
class SamplerChoice:
    """What stands in the body, and in `override_settings`, for a job's sampler."""

    body: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


def offered_samplers(facts: Facts) -> frozenset[str]:
    """Those of the horde's samplers that the server has."""
    return frozenset(name for name in SAMPLERS if _found(facts, name, karras=False) is not None)


def has_karras(facts: Facts) -> bool:
    """Whether the server knows the schedule at all; where it does, a sampler without it says so in a remark."""
    return (
        facts.has_schedule("Karras")
        or any(sampler.has_karras for sampler in facts.samplers)
        or any(sampler.name.endswith(" Karras") for sampler in facts.samplers)
    )


def choose(facts: Facts, wished: str, *, karras: bool) -> SamplerChoice:
    """The sampler to ask for. Raises `BackendFailure` where there is none to stand in either."""
    name, remarks = chosen_sampler(wished)
    for candidate in (name, _STAND_INS.get(name, ""), "k_euler"):
        sampler = _found(facts, candidate, karras=karras) if candidate else None
        if sampler is None:
            continue
        if candidate != name:
            remarks = (*remarks, _remark(f"no sampler {name} here: {candidate} instead"))
        body, settings, is_scheduled = _scheduled(facts, sampler, karras=karras)
        if karras and not is_scheduled:
            remarks = (*remarks, _remark(f"{candidate} without Karras: this server has none for it"))
        return SamplerChoice({"sampler_name": sampler.name, **body}, settings, remarks)
    raise BackendFailure(f"{facts.program.value} has no sampler for {name}")


def _found(facts: Facts, name: str, *, karras: bool) -> Sampler | None:
    """The server's own sampler. Older versions have one more of each for Karras."""
    by_name = {sampler.name: sampler for sampler in facts.samplers}
    for local in _NAMES[name]:
        with_karras = by_name.get(f"{local} Karras")
        if karras and with_karras is not None and not facts.has_schedule("Karras"):
            return with_karras
        if local in by_name:
            return by_name[local]
    return next((sampler for sampler in facts.samplers if name.lower() in sampler.aliases), None)


def _scheduled(facts: Facts, sampler: Sampler, *, karras: bool) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """Body, settings, and whether the schedule is Karras's."""
    if facts.program == Program.SDNEXT:
        sigma = {"schedulers_sigma": "karras" if karras and sampler.has_karras else "default"}
        in_settings = "schedulers_sigma" in facts.option_names
        return ({}, sigma, sampler.has_karras is True) if in_settings else (sigma, {}, sampler.has_karras is True)
    if not facts.has_schedule("Karras"):
        return {}, {}, sampler.name.endswith(" Karras")
    if sampler.name in _WITHOUT_SCHEDULE:
        return {"scheduler": "Automatic"}, {}, False
    plain = "Uniform" if facts.has_schedule("Uniform") else "Automatic"
    return {"scheduler": "Karras" if karras else plain}, {}, True


def _remark(text: str) -> Remark:
    return Remark("information", "see_ref", text)
