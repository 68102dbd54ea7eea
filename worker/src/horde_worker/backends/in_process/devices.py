"""What torch can compute on here, what number format suits it, and how much memory is left. Needs torch."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from horde_worker.backends.events import BackendFailure

AUTO: Final = "auto"
DTYPES: Final = (AUTO, "float16", "bfloat16", "float32")
SHARE_FOR_MODELS: Final = 0.7
"""Of the free memory: the rest is for what a job computes with."""
_HALF_AS_FAST: Final = frozenset({"cuda", "xpu", "mps"})


@dataclass(frozen=True, slots=True)
class Device:
    """A processor by torch's name (`cuda:1` is also an AMD card under ROCm) and the numbers it computes with."""

    name: str
    dtype: Any

    @property
    def kind(self) -> str:
        """`cuda`, `xpu`, `mps` or `cpu`."""
        return self.name.partition(":")[0]

    def free_bytes(self) -> int:
        """Memory that is left on it."""
        import torch

        if self.kind in ("cuda", "xpu"):
            return int(getattr(torch, self.kind).mem_get_info(self.name)[0])
        if self.kind == "mps":
            return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
        import psutil

        return int(psutil.virtual_memory().available)

    def give_back_memory(self) -> None:
        """Let other programs have what nothing here refers to any more."""
        import torch

        gc.collect()
        if self.kind in _HALF_AS_FAST:
            getattr(torch, self.kind).empty_cache()


def devices_named(wished: Sequence[str], dtype: str, *, halves: str = "float16") -> tuple[Device, ...]:
    """The devices of the option, or what is here: all GPUs of one kind, else the processor. Raises `BackendFailure`.

    `halves` is the dtype of GPUs where nothing is said; a processor computes faster with float32.
    """
    import torch

    names = _found() if not wished or AUTO in wished else list(dict.fromkeys(wished))
    devices = []
    for name in names:
        try:
            torch.empty(1, device=name)
        except (RuntimeError, AssertionError, ValueError, NotImplementedError) as error:
            reason = str(error).partition("\n")[0][:200]
            raise BackendFailure(f"torch cannot use the device {name[:50]!r}: {reason}") from None
        kind = name.partition(":")[0]
        chosen = dtype if dtype != AUTO else halves if kind in _HALF_AS_FAST else "float32"
        devices.append(Device(name, getattr(torch, chosen)))
    return tuple(devices)


def _found() -> list[str]:
    import torch

    for kind in ("cuda", "xpu"):
        module = getattr(torch, kind, None)
        if module is not None and module.is_available():
            return [f"{kind}:{place}" for place in range(module.device_count())]
    return ["mps"] if torch.backends.mps.is_available() else ["cpu"]


_LOST: Final = ("cuda error", "hip error", "device-side assert", "xpu error", "command buffer")


def is_device_lost(error: BaseException) -> bool:
    """Whether a GPU has given up, so that nothing more can be done with it in this process."""
    import torch

    lost: Any = getattr(torch, "AcceleratorError", ())  # not in all versions
    text = str(error).lower()
    is_lost = isinstance(error, RuntimeError) and any(word in text for word in _LOST)
    return (isinstance(error, lost) or is_lost) and not is_out_of_memory(error)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device, or the machine, had no room: each kind says it in its own way."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "not enough memory" in text)
