"""Upscalers in files of torch: those of ESRGAN's build by our own code, others by `spandrel` where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.onnx_upscaler import factor_between
from horde_worker.backends.trained_alchemy.pixels import Planes
from horde_worker.backends.trained_alchemy.rrdb import Rrdb, is_rrdb, state_of
from horde_worker.backends.trained_alchemy.spandrel_model import spandrel_model
from horde_worker.backends.trained_alchemy.torch_weights import torch_weights

TRIED_SIDE: Final = 32


class TorchUpscaler:
    """A network of torch that enlarges, on the graphics card where there is one."""

    def __init__(self, name: str, run: Callable[[Tensor], Tensor], device: torch.device) -> None:
        self.name = name
        self._run = run
        self._device = device
        self.factor = factor_between(TRIED_SIDE, self(torch.full((3, TRIED_SIDE, TRIED_SIDE), 0.5).numpy()), name)

    def __call__(self, planes: Planes) -> Planes:
        """The picture enlarged. Raises `BackendFailure`."""
        try:
            with torch.inference_mode():
                made = self._run(torch.from_numpy(planes)[None].to(self._device))
        except RuntimeError as error:  # no memory, or a size the network cannot take
            raise BackendFailure(f"{self.name} cannot be run on a picture of {planes.shape}") from error
        result: Planes = made[0].float().cpu().numpy()
        return result


def opened_torch_upscaler(path: Path, threads: int | None) -> TorchUpscaler:
    """The network in a file. Raises `BackendFailure`."""
    if threads is not None:
        torch.set_num_threads(threads)
    device = best_device()
    loaded = torch_weights(path)
    state = state_of(loaded)
    if is_rrdb(state):
        return TorchUpscaler(path.stem, Rrdb(state).eval().to(device), device)
    return TorchUpscaler(path.stem, spandrel_model(path.stem, loaded, device), device)


def best_device() -> torch.device:
    """A graphics card where torch has one."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
