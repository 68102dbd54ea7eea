"""Which scheduler of the library makes each of the horde's samplers. Knows neither torch nor the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Sampler:
    """A scheduler's class and options. `karras` is its class with Karras' spacing, empty where there is none."""

    scheduler: str
    options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    karras: str = ""
    needs: str = ""
    """A package besides the library."""


def _same(scheduler: str, needs: str = "", **options: object) -> Sampler:
    """A scheduler with an option `use_karras_sigmas`."""
    return Sampler(scheduler, MappingProxyType(options), scheduler, needs)


_CLEAN: Final = {"clip_sample": False, "set_alpha_to_one": False}
"""Latents are not within -1 and 1; the last step is that of the training."""
_MULTISTEP: Final = {"algorithm_type": "dpmsolver++", "solver_type": "midpoint"}

SAMPLERS: Final[Mapping[str, Sampler]] = MappingProxyType(
    {
        "k_lms": _same("LMSDiscreteScheduler", needs="scipy"),
        "k_heun": _same("HeunDiscreteScheduler"),
        "k_euler": _same("EulerDiscreteScheduler"),
        "k_euler_a": Sampler("EulerAncestralDiscreteScheduler", karras="KarrasEulerAncestralScheduler"),
        "k_dpm_2": _same("KDPM2DiscreteScheduler"),
        "k_dpm_2_a": _same("KDPM2AncestralDiscreteScheduler"),
        # The library has no step sizes of its own finding: a solver of the same order stands for each of the two.
        "k_dpm_fast": _same("DPMSolverSinglestepScheduler", solver_order=2, **_MULTISTEP),
        "k_dpm_adaptive": _same("DPMSolverMultistepScheduler", solver_order=3, **_MULTISTEP),
        # Without the noise in between that gives it its last letter.
        "k_dpmpp_2s_a": _same("DPMSolverSinglestepScheduler", solver_order=2, **_MULTISTEP),
        "k_dpmpp_2m": _same("DPMSolverMultistepScheduler", solver_order=2, **_MULTISTEP),
        "dpmsolver": _same("DPMSolverMultistepScheduler", solver_order=2, **_MULTISTEP),
        "k_dpmpp_sde": _same("DPMSolverSDEScheduler", needs="torchsde"),
        # DDIM without noise is Euler's method: with other spacing than its own, it is made so.
        "DDIM": Sampler("DDIMScheduler", MappingProxyType(_CLEAN), "EulerDiscreteScheduler"),
        "lcm": Sampler("LCMScheduler", MappingProxyType(_CLEAN)),
        # Its last step would divide by a noise of zero.
        "uni_pc": _same("UniPCMultistepScheduler", solver_type="bh1", final_sigmas_type="sigma_min"),
        "uni_pc_bh2": _same("UniPCMultistepScheduler", solver_type="bh2"),
        "plms": Sampler("PNDMScheduler", MappingProxyType({"skip_prk_steps": True, "set_alpha_to_one": False})),
    }
)
"""Of every sampler in the horde's spelling."""

NOT_EXACT: Final = frozenset({"k_dpm_fast", "k_dpm_adaptive", "k_dpmpp_2s_a"})
"""Made by another solver of the same order."""


def usable_samplers() -> frozenset[str]:
    """Those whose packages are installed."""
    return frozenset(name for name, one in SAMPLERS.items() if not one.needs or find_spec(one.needs) is not None)
