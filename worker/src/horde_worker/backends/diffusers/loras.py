"""LoRAs on a checkpoint for the length of a job. Needs torch, diffusers and peft."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from safetensors import SafetensorError
from safetensors.torch import load_file

from horde_worker.backends.diffusers.checkpoint import Checkpoint
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import Lora, Remark
from horde_worker.backends.in_process.devices import is_out_of_memory
from horde_worker.backends.in_process.weight_files import tensors_in

log = structlog.get_logger(__name__)

MAX_BYTES: Final = 4_000_000_000


@dataclass(frozen=True, slots=True)
class FoundLora:
    """A LoRA that a job names, and the file that it is."""

    wished: Lora
    file: Path


@contextmanager
def applied(checkpoint: Checkpoint, loras: Sequence[FoundLora]) -> Iterator[tuple[Remark, ...]]:
    """The checkpoint with the LoRAs on it, each at its strengths; gives remarks for those that do not fit it."""
    base = checkpoint.base
    remarks: list[Remark] = []
    strengths: dict[str, dict[str, float]] = {}
    try:
        for place, lora in enumerate(loras):
            name = f"lora_{place}"
            try:
                base.load_lora_weights(_tensors(lora.file), adapter_name=name)
                if name not in {one for names in base.get_list_adapters().values() for one in names}:
                    raise BackendFailure(f"{lora.file.name} has nothing for this model")
            except Exception as error:  # the library has no one class for a LoRA that does not fit
                if is_out_of_memory(error):
                    raise
                log.warning("backend.lora_not_applied", file=lora.file.name, reason=str(error)[:200])
                remarks.append(Remark("lora", "baseline_mismatch", lora.wished.name))
                _forget(base, name)
                continue
            strengths[name] = _strengths(base, name, lora.wished)
        if strengths:
            base.set_adapters(list(strengths), list(strengths.values()))
        yield tuple(remarks)
    finally:
        base.unload_lora_weights()


def _strengths(base: Any, name: str, wished: Lora) -> dict[str, float]:
    """By part, for those that the LoRA changes."""
    parts = [part for part, names in base.get_list_adapters().items() if name in names]
    return {part: wished.model_strength if part == "unet" else wished.clip_strength for part in parts}


def _forget(base: Any, name: str) -> None:
    """What a LoRA left that was put on half."""
    if name in {one for names in base.get_list_adapters().values() for one in names}:
        base.delete_adapters(name)


def _tensors(file: Path) -> dict[str, Any]:
    tensors_in(file)
    if file.stat().st_size > MAX_BYTES:
        raise BackendFailure(f"{file.name} is larger than {MAX_BYTES} bytes")
    try:
        read: dict[str, Any] = load_file(file)
    except (SafetensorError, OSError, ValueError) as error:
        raise BackendFailure(f"{file.name} cannot be read: {type(error).__name__}") from error
    return read
