"""Trained models run for real: what these tests need is installed by `make test-alchemy`, in a place of its own."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

try:
    import torchvision  # noqa: F401  # whether it loads is the question
except RuntimeError:
    # A wheel of torchvision for another torch than the one that is here cannot register its operators. spandrel and
    # transformers, which import it, only want these two to have names.
    OPERATORS = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        OPERATORS.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


@pytest.fixture(scope="session")
def photograph() -> Image.Image:
    """An astronaut in her suit, before a shuttle: NASA's portrait of Eileen Collins, in the public domain."""
    from skimage import data

    return Image.fromarray(data.astronaut())
