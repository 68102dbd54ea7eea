"""Networks in ONNX files, run by the wheel `onnxruntime` on this machine's processor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.model_files import INSTALL, NotInstalled
from horde_worker.backends.trained_alchemy.pixels import Planes

LARGEST_FILE_BYTES: Final = 4 << 30
"""Of a network; larger ones are none that these forms know."""


class OnnxModel:
    """A network; `inputs` are their names, the picture's first. `threads` None: as the library likes."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        self.name = path.stem
        runtime = _onnxruntime()
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise BackendFailure(f"{path.name} has more than {LARGEST_FILE_BYTES} bytes")
        options = runtime.SessionOptions()
        options.log_severity_level = 3  # errors only: it writes to standard error, past our log
        options.intra_op_num_threads = threads or 0
        # Threads that wait by spinning take the processor from everything else on a worker's machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # of many classes, none of them public
            raise BackendFailure(f"{path.name} is no network that onnxruntime can read") from error
        self._given = {one.name: one for one in self._session.get_inputs()}
        self.inputs = tuple(self._given)

    def fixed_side(self, otherwise: int) -> int:
        """The side of the square that the network takes, if it is a fixed one."""
        shape = self._given[self.inputs[0]].shape
        side = shape[-1] if shape else None
        return side if isinstance(side, int) and side > 0 else otherwise

    def number(self, name: str, value: float) -> NDArray[Any]:
        """A number as the input of this name takes it."""
        given = self._given[name]
        shape = tuple(size if isinstance(size, int) else 1 for size in given.shape)
        return np.full(shape, value, np.float64 if given.type == "tensor(double)" else np.float32)

    def __call__(self, planes: Planes, more: Mapping[str, NDArray[Any]] | None = None) -> Planes:
        """The first output for one picture, without the dimension of the batch. Raises `BackendFailure`."""
        given: dict[str, NDArray[Any]] = {self.inputs[0]: planes[np.newaxis], **(more or {})}
        try:
            first = self._session.run(None, given)[0]
        except Exception as error:
            raise BackendFailure(f"{self.name} cannot be run on a picture of {planes.shape}") from error
        result: Planes = np.asarray(first, dtype=np.float32)[0]
        return result


def _onnxruntime() -> Any:
    try:
        import onnxruntime  # type: ignore[import-not-found,import-untyped,unused-ignore]  # an extra
    except ImportError as error:
        raise NotInstalled(f"onnxruntime is not installed: {INSTALL}") from error
    return onnxruntime
