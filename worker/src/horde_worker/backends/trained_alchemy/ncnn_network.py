"""Networks in ncnn's files, run on this machine's processor by the wheel `ncnn`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.model_files import INSTALL, NotInstalled
from horde_worker.backends.trained_alchemy.pixels import Planes


class NcnnNetwork:
    """A network that enlarges. `threads` of the processor; while it computes, other threads of Python go on."""

    def __init__(self, param: Path, weights: Path, factor: int, threads: int) -> None:
        self.factor = factor
        self.name = param.stem
        net = _ncnn().Net()
        net.opt.use_vulkan_compute = False
        net.opt.num_threads = threads  # layers are prepared for as many when they are loaded
        net.opt.openmp_blocktime = 0  # threads that wait by spinning take the processor from everything else
        if net.load_param(str(param)) != 0 or net.load_model(str(weights)) != 0:
            raise BackendFailure(f"{param.name} and {weights.name} are no network that ncnn can read")
        self._net = net

    def __call__(self, planes: Planes) -> Planes:
        """The picture enlarged. Raises `BackendFailure`."""
        extractor = self._net.create_extractor()
        extractor.input("data", _ncnn().Mat(planes))
        code, made = extractor.extract("output")
        result: Planes = np.array(made, dtype=np.float32)
        wanted = (3, planes.shape[1] * self.factor, planes.shape[2] * self.factor)
        if code != 0 or result.shape != wanted:
            raise BackendFailure(f"{self.name} gave {result.shape} for {wanted}: is there memory enough?")
        return result


def _ncnn() -> Any:
    try:
        import ncnn  # type: ignore[import-not-found,unused-ignore]  # an extra
    except ImportError as error:
        raise NotInstalled(f"ncnn is not installed: {INSTALL}") from error
    return ncnn
