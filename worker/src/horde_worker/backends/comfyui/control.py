"""Control types: which node draws the map, and which ControlNet goes by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from horde_worker.backends.comfyui.file_names import with_clue
from horde_worker.backends.comfyui.nodes import CONTROL
from horde_worker.backends.comfyui.stock import Stock
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.normalise.baselines import Baseline

CANNY: Final = "Canny"
"""The only one that comes with ComfyUI; the others are choices of `AIO_Preprocessor`."""


@dataclass(frozen=True, slots=True)
class _Kind:
    preprocessors: tuple[str, ...]
    model_clues: tuple[str, ...]


_KINDS: Final[Mapping[str, _Kind]] = {
    "canny": _Kind((CANNY,), ("canny",)),
    "hed": _Kind(("HEDPreprocessor",), ("hed", "softedge")),
    "depth": _Kind(("MiDaS-DepthMapPreprocessor", "DepthAnythingV2Preprocessor"), ("depth",)),
    "normal": _Kind(("BAE-NormalMapPreprocessor", "MiDaS-NormalMapPreprocessor"), ("normal",)),
    "openpose": _Kind(("OpenposePreprocessor", "DWPreprocessor"), ("openpose", "pose")),
    "seg": _Kind(("OneFormer-ADE20K-SemSegPreprocessor", "SemSegPreprocessor"), ("seg",)),
    "scribble": _Kind(("ScribblePreprocessor",), ("scribble",)),
    "fakescribbles": _Kind(("FakeScribblePreprocessor",), ("scribble",)),
    "hough": _Kind(("M-LSDPreprocessor",), ("mlsd", "hough")),
}

CONTROL_TYPES: Final = tuple(_KINDS)
"""Those that requests may have (requests.md)."""


@dataclass(frozen=True, slots=True)
class Control:
    """How a picture is controlled: the map drawn by `preprocessor` (none where it is empty), the ControlNet's file."""

    preprocessor: str
    file: str


def control(stock: Stock, control_type: str, baseline: Baseline, *, is_map: bool, wants_only_map: bool) -> Control:
    """What does this kind of control. Raises `BackendFailure` where it is not there."""
    kind = _KINDS.get(control_type.lower())
    if kind is None:
        raise BackendFailure(f"ComfyUI has no control type {control_type[:40]}")
    preprocessor = "" if is_map else _preprocessor(stock, kind)
    if not is_map and not preprocessor:
        raise BackendFailure(f"this ComfyUI draws no maps of the control type {control_type}")
    file = "" if wants_only_map else _file(stock, kind, baseline)
    if not wants_only_map and not file:
        raise BackendFailure(f"this ComfyUI has no ControlNet of the type {control_type} for {baseline}")
    return Control(preprocessor, file)


def served_types(stock: Stock, baseline: Baseline) -> frozenset[str]:
    """Control types that can be done in full, for models of this baseline."""
    if not stock.nodes >= CONTROL:
        return frozenset()
    return frozenset(
        name for name, kind in _KINDS.items() if _preprocessor(stock, kind) and _file(stock, kind, baseline)
    )


def _preprocessor(stock: Stock, kind: _Kind) -> str:
    for name in kind.preprocessors:
        if name == CANNY and CANNY in stock.nodes:
            return name
        if "AIO_Preprocessor" in stock.nodes and name in stock.preprocessors:
            return name
    return ""


def _file(stock: Stock, kind: _Kind, baseline: Baseline) -> str:
    """By the name under which it is published; those for SDXL say so, others are for Stable Diffusion 1."""
    if baseline == Baseline.stable_diffusion_xl:
        return with_clue([one for one in stock.controlnets if "xl" in one.lower()], kind.model_clues)
    if baseline == Baseline.stable_diffusion_1:
        return with_clue(stock.controlnets, kind.model_clues, but_not=("xl", "sd21", "flux", "sd3", "qwen"))
    return ""
