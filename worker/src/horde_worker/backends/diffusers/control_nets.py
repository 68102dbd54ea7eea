"""ControlNets of the owner's by control type, one loaded at a time. Needs torch and diffusers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers

from horde_worker.backends.diffusers.checkpoint import Checkpoint
from horde_worker.backends.events import BackendFailure


class ControlNets:
    """Of one device. Folders of safetensors files."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders
        self._loaded: tuple[str, Any] | None = None

    def get(self, control_type: str, checkpoint: Checkpoint) -> Any:
        """The net of a type. Raises `BackendFailure` where there is none, or none that fits the model."""
        if control_type not in self._folders:
            raise BackendFailure(f"there is no ControlNet for {control_type} here")
        if self._loaded is None or self._loaded[0] != control_type:
            self._loaded = None  # first of all: two may not fit
            self._loaded = (control_type, self._load(control_type, checkpoint))
        net = self._loaded[1]
        if net.config.cross_attention_dim != checkpoint.base.unet.config.cross_attention_dim:
            raise BackendFailure(f"the ControlNet for {control_type} is for another family of models")
        return net

    def forget(self) -> None:
        """Memory is needed."""
        self._loaded = None

    def _load(self, control_type: str, checkpoint: Checkpoint) -> Any:
        device = checkpoint.device
        try:
            net = diffusers.ControlNetModel.from_pretrained(
                str(self._folders[control_type]),
                local_files_only=True,
                use_safetensors=True,
                dtype=device.dtype,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = str(error).partition("\n")[0][:300]
            raise BackendFailure(f"the ControlNet for {control_type} cannot be loaded: {reason}") from error
        return net.to(device.name)
