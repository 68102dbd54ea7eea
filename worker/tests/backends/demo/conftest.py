"""The model is loaded once."""

from __future__ import annotations

import pytest

from horde_worker.backends.demo.model import DemoModel


@pytest.fixture(scope="session")
def ember() -> DemoModel:
    return DemoModel.load()
