"""`Shelves`: what lies on the owner's disk for this backend. Knows neither torch nor the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from horde_worker.backends.diffusers.additions import AdditionFolder
from horde_worker.backends.diffusers.model_source import ModelSource
from horde_worker.backends.in_process.offered_models import OfferedModels


@dataclass(frozen=True, slots=True)
class Shelves:
    """For all devices."""

    models: Mapping[str, ModelSource]
    offered: OfferedModels
    loras: AdditionFolder
    inversions: AdditionFolder
    control_nets: Mapping[str, Path]
    depth_model: Path | None
    samplers: frozenset[str]
