"""Reads the shipped weights: half-precision arrays in one `.npz`, widened once to single precision."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from horde_worker.backends.shipped_weights import shipped_weights

Array: TypeAlias = NDArray[np.float32]

WEIGHTS_FILE = "ember-demo.npz"


@dataclass(frozen=True, slots=True)
class NetShape:
    """Sizes of the net, as trained."""

    width: int
    depth: int
    heads: int
    mlp_ratio: int
    patch_px: int
    words: int
    max_tokens: int
    frequencies: int
    time_features: int
    cell_px: int
    cell_features: int
    detail_width: int


@dataclass(frozen=True, slots=True)
class Weights:
    """Every array by its name in the training code."""

    shape: NetShape
    arrays: dict[str, Array]
    images_seen: int


def load_weights(path: Path | None = None) -> Weights:
    """The weights that are installed, or those of a file. Raises `OSError`, of which `WeightsNotInstalled` is one."""
    source = path if path is not None else shipped_weights(WEIGHTS_FILE)
    with source.open("rb") as file:
        return _read(file)


def _read(file: IO[bytes]) -> Weights:
    with np.load(file, allow_pickle=False) as stored:
        about = json.loads(stored["about"].tobytes())
        arrays = {name: np.asarray(stored[name], dtype=np.float32) for name in stored.files if name != "about"}
    return Weights(NetShape(**about["shape"]), arrays, int(about["progress"]["images"]))
