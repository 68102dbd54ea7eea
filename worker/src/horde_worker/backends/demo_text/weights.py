"""Reads the shipped weights: half-precision arrays and the vocabulary in one `.npz`, widened to single precision."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from horde_worker.backends.demo_text.tokenizer import Tokenizer
from horde_worker.backends.shipped_weights import shipped_weights

Array: TypeAlias = NDArray[np.float32]

WEIGHTS_FILE = "ember-demo-text.npz"


@dataclass(frozen=True, slots=True)
class NetShape:
    """Sizes of the net, as trained. `window` is how many tokens it sees at a time."""

    tokens: int
    width: int
    depth: int
    heads: int
    mlp_ratio: int
    window: int
    copy_width: int


@dataclass(frozen=True, slots=True)
class Weights:
    """Every array by its name in the training code, and the words its rows stand for."""

    shape: NetShape
    arrays: dict[str, Array]
    tokenizer: Tokenizer
    tokens_seen: int


def load_weights(path: Path | None = None) -> Weights:
    """The weights that are installed, or those of a file. Raises `OSError`, of which `WeightsNotInstalled` is one."""
    source = path if path is not None else shipped_weights(WEIGHTS_FILE)
    with source.open("rb") as file:
        return _read(file)


def _read(file: IO[bytes]) -> Weights:
    with np.load(file, allow_pickle=False) as stored:
        about = json.loads(stored["about"].tobytes())
        arrays = {name: np.asarray(stored[name], dtype=np.float32) for name in stored.files if name != "about"}
    return Weights(NetShape(**about["shape"]), arrays, Tokenizer(about["vocabulary"]), int(about["progress"]["tokens"]))
