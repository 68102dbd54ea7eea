"""ControlNet: the server's preprocessor and model for a control type of the horde."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from horde_worker.backends.a1111.facts import ControlNets
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.normalise.baselines import Baseline

_INVERT: Final = ("invert (from white bg & black line)", "invert")
_MODULES: Final[dict[str, tuple[str, ...]]] = {
    "canny": ("canny",),
    "hed": ("softedge_hed", "hed"),
    "depth": ("depth_midas", "depth", "depth_anything_v2", "depth_anything"),
    "normal": ("normal_bae", "normalbae", "normal_midas", "normal_map"),
    "openpose": ("openpose_full", "openpose"),
    "seg": ("seg_ofade20k", "oneformer_ade20k", "seg_ufade20k", "segmentation"),
    "scribble": _INVERT,
    "fakescribbles": ("scribble_hed", "scribble_pidinet"),
    "hough": ("mlsd",),
}
"""Every control type that hordes hand out, and the preprocessors that draw its map, the usual one first."""

_MODELS: Final[dict[str, str]] = {
    "canny": r"canny",
    "hed": r"softedge|hed\b|_hed",
    "depth": r"depth",
    "normal": r"normal",
    "openpose": r"openpose|dw.?pose",
    "seg": r"seg",
    "scribble": r"scribble|sketch",
    "fakescribbles": r"scribble|sketch",
    "hough": r"mlsd",
}
_XL: Final = re.compile(r"xl|union|promax", re.IGNORECASE)
_FOR_ALL: Final = re.compile(r"union|promax", re.IGNORECASE)
_SD2: Final = re.compile(r"sd2|sd_?21|v2-1", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Control:
    """What draws the map, and what paints by it."""

    module: str
    model: str
    no_module: str = "none"
    """What stands for a map that is one already."""


def lacking(controlnets: ControlNets | None, baselines: Iterable[Baseline]) -> list[str]:
    """What there is nothing for: a control type, with the baseline where only its model lacks.

    Hordes have one word for ControlNet, so it is offered where every type works with every model, or not at all.
    """
    if controlnets is None:
        return ["ControlNet"]
    missing = [kind for kind in _MODULES if not _module(controlnets, kind)]
    for baseline in sorted(set(baselines), key=lambda one: one.value):
        missing += [f"{kind} for {baseline.value}" for kind in _MODULES if not _model(controlnets, kind, baseline)]
    return missing


def control_for(controlnets: ControlNets | None, control_type: str, baseline: Baseline) -> Control:
    """Raises `BackendFailure` where the server has nothing for it."""
    kind = control_type.strip().lower()
    if controlnets is None:
        raise BackendFailure("the server has no ControlNet")
    if kind not in _MODULES:
        raise BackendFailure(f"there is no control type {control_type[:50]!r} here")
    module, model = _module(controlnets, kind), _model(controlnets, kind, baseline)
    if not module or not model:
        raise BackendFailure(f"the server has no {'preprocessor' if not module else 'ControlNet model'} for {kind}")
    return Control(module, model, next((name for name in controlnets.modules if name.lower() == "none"), "none"))


def unit(control: Control, image: str, *, is_map: bool) -> dict[str, Any]:
    """One unit of the extension: `image` in base64, a picture or a map already. The map itself is not sent back."""
    return {
        "enabled": True,
        "image": image,
        "module": control.no_module if is_map else control.module,
        "model": control.model,
        "weight": 1.0,
        "resize_mode": "Crop and Resize",
        "pixel_perfect": True,
        "save_detected_map": False,
    }


def detection(control: Control, image: str, side: int) -> dict[str, Any]:
    """The body that asks for a map alone; `side` pixels of the shorter side."""
    return {
        "controlnet_module": control.module,
        "controlnet_input_images": [image],
        "controlnet_processor_res": side,
        "controlnet_threshold_a": -1,
        "controlnet_threshold_b": -1,
    }


def _module(controlnets: ControlNets, kind: str) -> str:
    return next((name for name in _MODULES[kind] if name in controlnets.modules), "")


def _model(controlnets: ControlNets, kind: str, baseline: Baseline) -> str:
    """One whose name tells the type; those for all types come last."""
    is_xl = baseline == Baseline.stable_diffusion_xl
    if not is_xl and baseline not in (Baseline.stable_diffusion_1, Baseline.infer):
        return ""  # none of the usual ones fits
    fitting = [
        name for name in controlnets.models if bool(_XL.search(name)) == is_xl and not (_SD2.search(name) and not is_xl)
    ]
    own = (name for name in fitting if re.search(_MODELS[kind], name, re.IGNORECASE))
    return next(own, next((name for name in fitting if is_xl and _FOR_ALL.search(name)), ""))
