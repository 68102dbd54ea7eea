"""Textual inversions: word vectors in safetensors files, in any of the forms in which they are shared. Needs torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError
from safetensors.torch import load_file

from horde_worker.backends.diffusers.prompt_encoding import Vectors
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.in_process.weight_files import tensors_in

MAX_BYTES: Final = 50_000_000
MOST_VECTORS: Final = 75
"""More would not fit into a chunk of the text encoder."""
_BY_ENCODER: Final = (("clip_l", "clip_g"), ("text_encoder", "text_encoder_2"))


def inversion_vectors(file: Path, widths: tuple[int, ...]) -> Vectors:
    """A matrix for each text encoder, as wide as its words are. Raises `BackendFailure`."""
    tensors_in(file)
    if file.stat().st_size > MAX_BYTES:
        raise BackendFailure(f"{file.name} is larger than {MAX_BYTES} bytes")
    try:
        tensors = load_file(file)
    except (SafetensorError, OSError, ValueError) as error:
        raise BackendFailure(f"{file.name} cannot be read: {type(error).__name__}") from error
    found = _matrices(tensors, len(widths))
    if tuple(one.shape[-1] for one in found) != widths or any(len(one) > MOST_VECTORS for one in found):
        raise BackendFailure(f"{file.name} is for another family of models")
    return found


def _matrices(tensors: dict[str, Any], encoders: int) -> list[Any]:
    """By the encoders' names where there are two, else the only tensor there is."""
    if encoders > 1:
        for names in _BY_ENCODER:
            if all(name in tensors for name in names):
                return [_matrix(tensors[name]) for name in names]
        return []
    return [_matrix(one) for one in list(tensors.values())[:1]] if len(tensors) == 1 else []


def _matrix(tensor: Any) -> Any:
    """A row for each vector, also where there is only one."""
    return tensor.reshape(-1, tensor.shape[-1]) if tensor.dim() else tensor.reshape(1, 1)
