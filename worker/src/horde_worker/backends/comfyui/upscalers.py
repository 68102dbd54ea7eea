"""The horde's upscalers by the files that they are published as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from horde_worker.backends.comfyui.file_names import squashed, stem
from horde_worker.backends.comfyui.nodes import UPSCALING
from horde_worker.backends.comfyui.stock import Stock


@dataclass(frozen=True, slots=True)
class Upscaler:
    """A file that enlarges, and by how much its result is then made smaller."""

    file: str
    factor: int
    scaled_by: float = 1.0


# The name in the horde → the beginning of the file's name, squashed, and by how much it enlarges.
_FILES: Final[Mapping[str, tuple[str, int]]] = {
    "RealESRGAN_x4plus": ("realesrganx4plus", 4),
    "RealESRGAN_x2plus": ("realesrganx2plus", 2),
    "RealESRGAN_x4plus_anime_6B": ("realesrganx4plusanime6b", 4),
    "NMKD_Siax": ("4xnmkdsiax", 4),
    "4x_AnimeSharp": ("4xanimesharp", 4),
    "4xNomos8kSC": ("4xnomos8ksc", 4),
    "4xLSDIRplus": ("4xlsdirplus", 4),
    "4xNomosWebPhoto_RealPLKSR": ("4xnomoswebphotorealplksr", 4),
    "4xNomos2_realplksr_dysample": ("4xnomos2realplksrdysample", 4),
    "4xNomos2_hq_dat2": ("4xnomos2hqdat2", 4),
    "2xModernSpanimationV1": ("2xmodernspanimationv1", 2),
}


def upscaler(stock: Stock, name: str) -> Upscaler | None:
    """What enlarges under this name; None where it is not there.

    `RealESRGAN_x2plus` may be its sister for four times, whose result is halved.
    """
    if name not in _FILES:
        return None
    beginning, factor = _FILES[name]
    if file := _beginning_with(stock, beginning):
        return Upscaler(file, factor)
    larger = _beginning_with(stock, _FILES["RealESRGAN_x4plus"][0]) if "ImageScaleBy" in stock.nodes else ""
    if name == "RealESRGAN_x2plus" and larger:
        return Upscaler(larger, factor, scaled_by=0.5)
    return None


def served_upscalers(stock: Stock) -> frozenset[str]:
    """The horde's names of what is there."""
    return frozenset(name for name in _FILES if upscaler(stock, name)) if stock.nodes >= UPSCALING else frozenset()


def _beginning_with(stock: Stock, beginning: str) -> str:
    """The file whose name begins so and with no longer beginning of ours: one is the beginning of another."""
    longer = [one for one, _ in _FILES.values() if one != beginning and one.startswith(beginning)]
    for file in stock.upscalers:
        name = squashed(stem(file))
        if name.startswith(beginning) and not any(name.startswith(one) for one in longer):
            return file
    return ""
