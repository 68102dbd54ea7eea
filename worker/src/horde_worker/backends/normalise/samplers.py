"""Sampler names of hordes, whatever their case: each stands for one that makers know, or for `k_euler`."""

from __future__ import annotations

from typing import Final

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS
from horde_worker.backends.image import Remark

DEFAULT_SAMPLER: Final = "k_euler"

SAMPLERS: Final[frozenset[str]] = frozenset(
    {*(sampler.value for sampler in KNOWN_IMAGE_SAMPLERS), "plms", "uni_pc", "uni_pc_bh2"}
)
"""Every sampler that a horde may ask for, in its own spelling."""

_BY_LOWER_CASE: Final = {name.lower(): name for name in SAMPLERS}
MAX_SHOWN_CHARACTERS: Final = 50


def sampler_named(name: str) -> str:
    """The sampler in the API's spelling; empty for one that there is not."""
    return _BY_LOWER_CASE.get(name.strip().lower(), "")


def chosen_sampler(name: str) -> tuple[str, tuple[Remark, ...]]:
    """The sampler that runs, with a remark where the job asked for one that there is not."""
    known = sampler_named(name)
    if known or not name.strip():
        return known or DEFAULT_SAMPLER, ()
    shown = name.strip()[:MAX_SHOWN_CHARACTERS]
    return DEFAULT_SAMPLER, (Remark("information", "see_ref", f"no sampler {shown}: {DEFAULT_SAMPLER} instead"),)
