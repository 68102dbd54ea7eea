"""Classes of a test as built-in backends."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from horde_worker.backends import registry


def add_built_in(monkeypatch: pytest.MonkeyPatch, name: str, backend: type) -> None:
    """Let the registry find a backend by this name until the test is over."""
    module = ModuleType(f"built_in_{name}")
    setattr(module, backend.__name__, backend)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(registry.BUILT_IN, name, f"{module.__name__}:{backend.__name__}")
