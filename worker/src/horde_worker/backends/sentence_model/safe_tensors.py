"""Files of weights that hold nothing but numbers (`.safetensors`), read without any library of theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from horde_worker.backends.events import BackendFailure

MOST_HEADER_BYTES: Final = 10_000_000
MOST_FILE_BYTES: Final = 4 << 30
_TYPES: Final = {"F32": "<f4", "F16": "<f2"}


def read_tensors(file: Path) -> dict[str, NDArray[np.float32]]:
    """All of them by name, as 32-bit floats; other kinds of numbers are left out. Raises `BackendFailure`."""
    try:
        size = file.stat().st_size
        if size > MOST_FILE_BYTES:
            raise BackendFailure(f"{file.name} has more than {MOST_FILE_BYTES} bytes")
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            if length > min(MOST_HEADER_BYTES, size):
                raise BackendFailure(f"{file.name} is no file of weights")
            header = json.loads(opened.read(length))
            return {
                name: _read(opened, 8 + length, size, said)
                for name, said in header.items()
                if name != "__metadata__" and said["dtype"] in _TYPES
            }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BackendFailure(f"{file.name} cannot be read as weights: {type(error).__name__}") from error


def _read(opened: Any, base: int, size: int, said: Mapping[str, Any]) -> NDArray[np.float32]:
    first, last = said["data_offsets"]
    if not 0 <= first <= last <= size - base:
        raise ValueError("a tensor lies beyond the file")
    opened.seek(base + first)
    numbers = np.frombuffer(opened.read(last - first), dtype=_TYPES[said["dtype"]])
    return numbers.reshape(said["shape"]).astype(np.float32)
