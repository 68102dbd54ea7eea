"""The formula of `requests/image/prices/formula.py` on columns of samples, with its constants as one vector to fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from horde_server.requests.image.prices.formula import PricedImage

Array = np.ndarray[Any, np.dtype[np.float64]]

SAMPLERS = (
    "k_euler", "k_euler_a", "k_dpmpp_sde", "k_dpmpp_2m", "k_dpm_fast", "k_dpmpp_2s_a", "k_lms", "k_heun", "k_dpm_2_a",
    "k_dpm_adaptive", "k_dpm_2",
)  # fmt: skip
CONTROL_TYPES = ("canny", "depth", "fakescribbles", "hed", "hough", "normal", "openpose", "scribble", "seg")
SOURCE_PROCESSING = ("img2img", "inpainting", "outpainting")
POST_PROCESSORS = (
    "4x_AnimeSharp", "CodeFormers", "GFPGAN", "NMKD_Siax", "RealESRGAN_x2plus", "RealESRGAN_x4plus",
    "RealESRGAN_x4plus_anime_6B", "strip_background",
)  # fmt: skip
SETUP_KNOTS = (1.5, 2.0, 2.5)
STEP_KNOTS = (1.0, 1.25, 1.5)
STEP_KINKS = (6, 15, 40)
"""Steps from which on a step costs another part of what the first ones do."""
GREAT_UPSCALER = "RealESRGAN_x4plus"
"""It changes how the rest of the price comes about."""
STRONG_GUIDANCE, MOST_GUIDANCE = 15.0, 30.0


class Layout:
    """Names for the parts of one vector of parameters."""

    def __init__(self) -> None:
        self._slices: dict[str, slice] = {}
        self._start: list[float] = []

    def add(self, name: str, size: int, start: float = 0.0) -> None:
        self._slices[name] = slice(len(self._start), len(self._start) + size)
        self._start += [start] * size

    def start(self) -> Array:
        return np.array(self._start)

    def parts(self, vector: Array) -> dict[str, Array]:
        return {name: vector[where] for name, where in self._slices.items()}


def layout() -> Layout:
    """All parameters are logarithms, so that what they stand for is positive, but for the width's share (a logit)."""
    found = Layout()
    for part, knots in (("setup", SETUP_KNOTS), ("step", STEP_KNOTS)):
        for kind in ("plain", "hires"):
            found.add(f"{kind} {part} size", 2 + len(knots), -1.0)
        found.add(f"sampler {part}", len(SAMPLERS) - 1)
        found.add(f"sampler {part} growth", len(SAMPLERS) - 1)
        found.add(f"control {part}", len(CONTROL_TYPES))
        found.add(f"control {part} growth", 1)
        found.add(f"source {part}", len(SOURCE_PROCESSING))
        for name in ("no karras", "weak", "guided", "guided control"):
            found.add(f"{name} {part}", 1)
    for name in ("width share", "weak step growth", "weak control step", "weak control step growth"):
        found.add(name, 1)
    found.add("adaptive source setup", 1)
    found.add("post-processor area", len(POST_PROCESSORS), -1.0)
    found.add("post-processor step", len(POST_PROCESSORS), -2.0)
    found.add("step weights", len(STEP_KINKS))
    for name in ("setup", "step with hires", "step growth", "step sampler"):
        found.add(f"great upscaler {name}", 1)
    return found


@dataclass(frozen=True)
class Features:
    """The samples as columns."""

    width: Array
    height: Array
    steps: Array
    sampler: Any
    control: Any
    source: Any
    post_processors: Array
    weakness: Array
    hires: Array
    no_karras: Array
    guidance: Array

    @classmethod
    def of(cls, images: list[PricedImage]) -> Features:
        def column(value: Callable[[PricedImage], float]) -> Array:
            return np.array([value(image) for image in images], dtype=float)

        def index(names: tuple[str, ...], value: Callable[[PricedImage], str | None]) -> Any:
            return np.array([names.index(str(value(i))) if str(value(i)) in names else -1 for i in images])

        return cls(
            width=column(lambda i: i.width / 512),
            height=column(lambda i: i.height / 512),
            steps=column(lambda i: i.steps / 50),
            sampler=np.maximum(index(SAMPLERS, lambda i: i.sampler_name), 0),
            control=index(CONTROL_TYPES, lambda i: i.control_type),
            source=index(
                SOURCE_PROCESSING, lambda i: "img2img" if i.source_processing == "remix" else i.source_processing
            ),
            post_processors=np.array([[i.post_processing.count(name) for name in POST_PROCESSORS] for i in images]),
            weakness=column(lambda i: 1 - i.strength if i.source_processing else 0),
            hires=column(lambda i: i.hires_fix),
            no_karras=column(lambda i: not i.karras),
            guidance=column(lambda i: max(min(i.cfg_scale, MOST_GUIDANCE) - STRONG_GUIDANCE, 0) / 10),
        )


def kudos(p: dict[str, Array], x: Features) -> Array:
    """The formula of `requests/image/prices/formula.py` on columns, not yet brought to the reference job."""
    share = width_share(p)
    side, area = share * x.width + (1 - share) * x.height, x.width * x.height
    is_control = x.control >= 0
    is_upscaled = x.post_processors[:, POST_PROCESSORS.index(GREAT_UPSCALER)] > 0
    steps = _weighed(x.steps, np.exp(p["step weights"]))
    is_guided_source = (x.source >= 0) & (x.sampler == SAMPLERS.index("k_dpm_adaptive"))
    total = area * (x.post_processors @ np.exp(p["post-processor area"]))
    for part, knots in (("setup", SETUP_KNOTS), ("step", STEP_KNOTS)):
        curves = [_curve(p[f"{kind} {part} size"], knots, side, area) for kind in ("plain", "hires")]
        at_512, size = (np.where(x.hires > 0, hires, plain) for plain, hires in zip(*curves, strict=True))
        growth = np.r_[0, p[f"sampler {part} growth"]][x.sampler] + p[f"control {part} growth"] * is_control
        factor = np.r_[0, p[f"sampler {part}"]][x.sampler] + p[f"no karras {part}"] * x.no_karras
        factor = factor + np.r_[p[f"control {part}"], 0][x.control] + np.r_[p[f"source {part}"], 0][x.source]
        factor = factor + np.where(is_control, p[f"guided control {part}"], p[f"guided {part}"]) * x.guidance
        factor = factor + np.where(is_control, 0, p[f"weak {part}"]) * x.weakness
        if part == "setup":
            factor = factor + p["adaptive source setup"] * is_guided_source
            factor = factor + p["great upscaler setup"] * is_upscaled
        else:
            growth = growth + np.where(is_control, p["weak control step growth"], p["weak step growth"]) * x.weakness
            factor = factor + np.where(is_control, p["weak control step"], 0) * x.weakness
            factor = factor + x.post_processors @ np.exp(p["post-processor step"])
            by_sampler = p["great upscaler step sampler"] * np.r_[0, p["sampler step"]][x.sampler]
            factor = factor + (by_sampler + p["great upscaler step with hires"] * x.hires) * is_upscaled
            growth = growth + p["great upscaler step growth"] * is_upscaled
        cost = at_512 * np.exp(np.clip(factor + np.exp(growth) * np.log(size), -50, 50))
        total = total + (cost if part == "setup" else steps * cost)
    return np.asarray(total)


def width_share(p: dict[str, Array]) -> float:
    return float(1 / (1 + np.exp(-p["width share"][0])))


def _weighed(steps: Array, weights: Array) -> Array:
    """Steps, each at its weight: the first ones at 1."""
    weighed = np.asarray(steps, dtype=float)
    for kink, weight, before in zip(STEP_KINKS, weights, np.r_[1, weights], strict=False):
        weighed = weighed + (weight - before) * np.maximum(steps - kink / 50, 0)
    return weighed


def _curve(logs: Array, knots: tuple[float, ...], side: Array, area: Array) -> tuple[float, Array]:
    """(kudos at 512×512, factor by size)."""
    slopes = np.exp(logs)
    at_512 = slopes[0] + slopes[1]
    rising = sum(slope * np.maximum(side - knot, 0) for knot, slope in zip(knots, slopes[2:], strict=True))
    return at_512, (slopes[0] + slopes[1] * area + rising) / at_512
