"""One picture as a ComfyUI is asked for it: the horde's words are files and nodes of its own already."""

from __future__ import annotations

from dataclasses import dataclass

from horde_worker.backends.comfyui.control import Control
from horde_worker.backends.comfyui.local_models import LocalModel
from horde_worker.backends.comfyui.upscalers import Upscaler
from horde_worker.backends.normalise.hires_fix import HiresFix
from horde_worker.backends.normalise.sizes import Size


@dataclass(frozen=True, slots=True)
class AppliedLora:
    """A file in the server's folder, with its strengths."""

    file: str
    model_strength: float
    clip_strength: float


@dataclass(frozen=True, slots=True)
class Order:
    """What is painted. `source` is the name under which the picture was uploaded, transparent where it has a mask."""

    model: LocalModel
    prompt: str
    negative_prompt: str
    size: Size
    steps: int
    cfg_scale: float
    sampler: str
    scheduler: str
    seed: int
    clip_skip: int = 1
    denoising: float = 1.0
    source: str = ""
    has_mask: bool = False
    hires_fix: HiresFix | None = None
    control: Control | None = None
    returns_control_map: bool = False
    loras: tuple[AppliedLora, ...] = ()
    upscalers: tuple[Upscaler, ...] = ()
    is_tiling: bool = False

    @property
    def first_size(self) -> Size:
        """The size at which painting begins; sources have it."""
        return self.hires_fix.first if self.hires_fix else self.size
