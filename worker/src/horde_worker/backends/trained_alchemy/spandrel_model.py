"""Other builds of networks, by `spandrel`, which knows most that there are; the owner installs it or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from horde_worker.backends.events import BackendFailure


def spandrel_model(name: str, loaded: Mapping[str, Any], device: torch.device) -> Callable[[Tensor], Tensor]:
    """A network from its weights, which takes and gives pictures from 0 to 1. Raises `BackendFailure`."""
    try:
        from spandrel import ImageModelDescriptor, ModelLoader
    except Exception as error:  # it imports torchvision, which may fail in its own ways
        raise BackendFailure(
            f"{name} is not of ESRGAN's build; for others: pip install spandrel torchvision"
        ) from error
    try:
        model = ModelLoader(device=device).load_from_state_dict(dict(loaded))
    except Exception as error:
        raise BackendFailure(f"{name} is of no build that spandrel knows") from error
    if not isinstance(model, ImageModelDescriptor):
        raise BackendFailure(f"{name} does not make one picture of one")
    run: Callable[[Tensor], Tensor] = model.eval()
    return run
