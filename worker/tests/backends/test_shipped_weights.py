"""The weights are found where they are installed, and asked for in words where they are not."""

from __future__ import annotations

import sys

import pytest

from horde_worker import VERSION
from horde_worker.backends.demo_backend import DemoBackend
from horde_worker.backends.demo_text_backend import DemoTextBackend
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.shipped_weights import WeightsNotInstalled, shipped_weights


@pytest.mark.parametrize("name", ["ember-demo.npz", "ember-demo-text.npz"])
def test_weights_are_small_enough_to_ship(name: str) -> None:
    assert 1_000_000 < len(shipped_weights(name).read_bytes()) < 5_000_000


def test_a_file_that_the_installed_weights_lack_is_named() -> None:
    with pytest.raises(WeightsNotInstalled, match=r"openhorde-models has no ember-demo-3\.npz"):
        shipped_weights("ember-demo-3.npz")


@pytest.mark.parametrize("backend", [DemoBackend, DemoTextBackend])
async def test_a_worker_without_the_weights_says_what_to_install(
    backend: type[DemoBackend | DemoTextBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "horde_models", None)
    with pytest.raises(BackendFailure, match=f"pip install openhorde-models=={VERSION}$"):
        await backend.open(BackendSettings(backend.name))
