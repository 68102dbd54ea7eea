"""The model is loaded once."""

from __future__ import annotations

import pytest

from horde_worker.backends.demo_text.model import DemoTextModel


@pytest.fixture(scope="session")
def ember_text() -> DemoTextModel:
    return DemoTextModel.load()
