"""Trained models run for real: what these tests need is installed by `make test-alchemy`, in a place of its own."""

from __future__ import annotations

import pytest
from PIL import Image


@pytest.fixture(scope="session")
def photograph() -> Image.Image:
    """An astronaut in her suit, before a shuttle: NASA's portrait of Eileen Collins, in the public domain."""
    from skimage import data

    return Image.fromarray(data.astronaut())
