"""Weights in files of torch, without running what may be in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from horde_worker.backends.events import BackendFailure

LARGEST_FILE_BYTES: Final = 2 << 30
NEEDS_TORCH: Final = "files of torch need it: pip install torch safetensors"


def torch_weights(path: Path) -> Mapping[str, Any]:
    """What a `.safetensors` or `.pth` file holds: names and tensors. Pickles are read for weights only.

    Raises `BackendFailure`.
    """
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise BackendFailure(f"{path.name} has more than {LARGEST_FILE_BYTES} bytes")
    try:
        import torch
    except ImportError as error:
        raise BackendFailure(f"torch is not installed: {NEEDS_TORCH}") from error
    try:
        if path.suffix.lower() == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except ImportError as error:
        raise BackendFailure(f"safetensors is not installed: {NEEDS_TORCH}") from error
    except Exception as error:  # a file can be broken in many ways, or be no weights at all
        raise BackendFailure(f"{path.name} cannot be read as weights: {type(error).__name__}") from error
    if not isinstance(loaded, Mapping):
        raise BackendFailure(f"{path.name} holds no weights by name")
    return loaded
