"""The weights are found where they are installed, and asked for in words where they are not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from horde_worker import VERSION
from horde_worker.backends.demo_backend import DemoBackend
from horde_worker.backends.demo_text_backend import DemoTextBackend
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.shipped_weights import WeightsNotInstalled, shipped_weights


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("ember-demo.npz", 1_000_000, 5_000_000),
        ("ember-demo-enlarger.npz", 50_000, 500_000),
        ("ember-demo-caption.npz", 200_000, 1_000_000),
        ("ember-demo-text.npz", 1_000_000, 5_000_000),
    ],
)
def test_weights_are_small_enough_to_ship(name: str, least: int, most: int) -> None:
    assert least < len(shipped_weights(name).read_bytes()) < most


def test_a_file_that_the_installed_weights_lack_is_named() -> None:
    with pytest.raises(WeightsNotInstalled, match=r"openhorde-models has no ember-demo-3\.npz"):
        shipped_weights("ember-demo-3.npz")


@pytest.mark.parametrize(
    ("weights", "backend"), [("demo.weights", DemoBackend), ("demo_text.weights", DemoTextBackend)]
)
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY"])
async def test_weights_that_cannot_be_read_are_a_failure_with_a_reason(
    weights: str,
    backend: type[DemoBackend | DemoTextBackend],
    content: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = tmp_path / "broken.npz"
    broken.write_bytes(content)
    monkeypatch.setattr(f"horde_worker.backends.{weights}.shipped_weights", lambda _name: broken)
    with pytest.raises(BackendFailure, match="cannot be read"):
        await backend.open(BackendSettings(backend.name))


@pytest.mark.parametrize("backend", [DemoBackend, DemoTextBackend])
async def test_a_worker_without_the_weights_says_what_to_install(
    backend: type[DemoBackend | DemoTextBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "horde_models", None)
    with pytest.raises(BackendFailure, match=f"pip install openhorde-models=={VERSION}$"):
        await backend.open(BackendSettings(backend.name))
