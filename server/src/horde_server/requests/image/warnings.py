"""Warnings of the 202: the request is taken, but may not come out as meant (requests.md §6.4)."""

from __future__ import annotations

from horde_server.models.catalogue import requirements
from horde_server.requests.image.order import ImageOrder


def model_warnings(order: ImageOrder) -> dict[str, str]:
    """Sentences by code: where an order differs from what its models work well with. Each code once."""
    found: dict[str, str] = {}
    scheduler = "karras" if order.karras else "simple"
    clip_skip = order.clip_skip or 1
    for model in order.models:
        wanted = requirements(model)
        if wanted.clip_skip is not None and wanted.clip_skip != clip_skip:
            found.setdefault("ClipSkipMismatch", f"{model} works best with clip_skip {wanted.clip_skip}.")
        if wanted.min_steps is not None and order.steps < wanted.min_steps:
            found.setdefault("StepsTooFew", f"{model} works best with {wanted.min_steps} steps or more.")
        if wanted.max_steps is not None and order.steps > wanted.max_steps:
            found.setdefault("StepsTooMany", f"{model} works best with {wanted.max_steps} steps at most.")
        if wanted.cfg_scale is not None and wanted.cfg_scale != order.cfg_scale:
            found.setdefault("CfgScaleMismatch", f"{model} works best with cfg_scale {wanted.cfg_scale:g}.")
        if wanted.min_cfg_scale is not None and order.cfg_scale < wanted.min_cfg_scale:
            found.setdefault("CfgScaleTooSmall", f"{model} works best with cfg_scale {wanted.min_cfg_scale:g} or more.")
        if wanted.max_cfg_scale is not None and order.cfg_scale > wanted.max_cfg_scale:
            found.setdefault("CfgScaleTooLarge", f"{model} works best with cfg_scale {wanted.max_cfg_scale:g} at most.")
        if wanted.samplers and order.sampler_name not in wanted.samplers:
            found.setdefault("SamplerMismatch", f"{model} works best with {', '.join(wanted.samplers)}.")
        if wanted.schedulers and scheduler not in wanted.schedulers:
            found.setdefault(
                "SchedulerMismatch", f"{model} works best with the schedulers {', '.join(wanted.schedulers)}."
            )
    return found
