"""Weights in safetensors files alone: a pickle (`.ckpt`, `.pt`, `.bin`) can run whatever its author likes.

A header is looked at before any library reads the file, so that a download that was cut short is told as such.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from horde_worker.backends.events import BackendFailure

SUFFIX: Final = ".safetensors"
MAX_HEADER_BYTES: Final = 100_000_000
MOST_FILES: Final = 1000
_PICKLES: Final = frozenset({".ckpt", ".pt", ".pth", ".bin", ".pkl"})


def weight_bytes(path: Path) -> int:
    """The size of a model's weights: of one file, or of those in a folder and its folders. Raises `BackendFailure`."""
    if path.is_file():
        tensors_in(path)
        return path.stat().st_size
    files = _weights_below(path)
    for file in files:
        tensors_in(file)
    return sum(file.stat().st_size for file in files)


def _weights_below(folder: Path) -> list[Path]:
    """The files of a saved model: in the folder, and in one folder for each of its parts."""
    if not folder.is_dir():
        raise BackendFailure(f"{folder} is not there")
    inside = sorted([*folder.glob("*"), *folder.glob("*/*")])[: MOST_FILES * 10]
    files = [one for one in inside if one.suffix == SUFFIX and one.is_file()][:MOST_FILES]
    if not files:
        pickles = [one.name for one in inside if one.suffix in _PICKLES]
        has = f"only {pickles[0]}, a pickle, which is not read: convert it" if pickles else "none"
        raise BackendFailure(f"{folder} needs weights as {SUFFIX}; it has {has}")
    return files


def tensors_in(file: Path) -> dict[str, Any]:
    """The header of a file: dtype, shape and place of every tensor by name. Raises `BackendFailure`."""
    if file.suffix != SUFFIX:
        why = "a pickle can run code when it is read" if file.suffix in _PICKLES else "no other format is read"
        raise BackendFailure(f"{file.name} is no {SUFFIX} file: {why}")
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            if not 2 <= length <= MAX_HEADER_BYTES:
                raise BackendFailure(f"{file.name} has no header of a {SUFFIX} file")
            header = json.loads(opened.read(length))
        ends = [one["data_offsets"][1] for name, one in header.items() if name != "__metadata__"]
        size = file.stat().st_size
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise BackendFailure(f"{file.name} cannot be read: {type(error).__name__}") from error
    if not ends or not all(isinstance(end, int) for end in ends) or max(ends) + 8 + length != size:
        raise BackendFailure(f"{file.name} is damaged or was cut short: {size} bytes are not what its header says")
    return {name: one for name, one in header.items() if name != "__metadata__"}
