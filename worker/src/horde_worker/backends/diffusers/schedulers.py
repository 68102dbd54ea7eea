"""Schedulers of the library for a job: of its sampler and spacing, with noise of each picture's own. Needs torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import diffusers
import torch

from horde_worker.backends.diffusers.samplers import SAMPLERS


class KarrasEulerAncestralScheduler(diffusers.EulerAncestralDiscreteScheduler):  # type: ignore[misc]  # no types
    """Euler with noise in between at Karras' noise levels, which the library has for Euler without noise only."""

    def set_timesteps(self, num_inference_steps: int, device: Any = None) -> None:
        """The levels, and for each the time at which the model learned it."""
        plain = diffusers.EulerDiscreteScheduler.from_config(self.config, use_karras_sigmas=True)
        plain.set_timesteps(num_inference_steps, device=device)
        super().set_timesteps(num_inference_steps, device=device)
        self.sigmas = plain.sigmas.to("cpu")
        self.timesteps = plain.timesteps


def has_karras(sampler: str) -> bool:
    """Whether a sampler runs with Karras' spacing here."""
    return bool(SAMPLERS[sampler].karras)


def scheduler_for(sampler: str, *, karras: bool, base: Mapping[str, Any], seeds: Sequence[int]) -> Any:
    """A scheduler for one pass of a job; `base` is the configuration of the model's own.

    A model's way of prediction, its noise and spacing are kept; what other schedulers left there is not.
    """
    chosen = SAMPLERS[sampler]
    is_karras = karras and bool(chosen.karras)
    named = chosen.karras if is_karras else chosen.scheduler
    kind: Any = KarrasEulerAncestralScheduler if named.startswith("Karras") else getattr(diffusers, named)
    kept = {name: value for name, value in base.items() if name in _OF_THE_MODEL}
    options = {} if is_karras and chosen.karras != chosen.scheduler else dict(chosen.options)
    if is_karras and kind is not KarrasEulerAncestralScheduler:
        options["use_karras_sigmas"] = True
    made = kind.from_config(kept, **options)
    if isinstance(made, diffusers.DPMSolverSDEScheduler):  # its noise does not come from a generator
        made.noise_sampler_seed = [seed % 2**63 for seed in seeds]
    return made


def generators(seeds: Sequence[int]) -> list[torch.Generator]:
    """One for each picture; on the processor, so that a seed gives the same noise on every device."""
    return [torch.Generator("cpu").manual_seed(seed % 2**63) for seed in seeds]


_OF_THE_MODEL = frozenset(
    {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas", "prediction_type"}
    | {"timestep_spacing", "steps_offset", "rescale_betas_zero_snr", "original_inference_steps", "timestep_scaling"}
)
