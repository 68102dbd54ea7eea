"""The model is loaded once; the training code is tested from its folder, as it is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from horde_worker.backends.demo_text.model import DemoTextModel

sys.path.insert(0, str(Path(__file__).parents[3] / "training"))


@pytest.fixture(scope="session")
def ember_text() -> DemoTextModel:
    return DemoTextModel.load()
