"""Whatever a program knows models by can tell baselines."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from horde_sdk.worker.dispatch.ai_horde.model_baselines import find_baseline


class AReference:
    """Speaks like the manager of the package horde_model_reference."""

    def __init__(self, **baselines: str) -> None:
        self._baselines = baselines

    def query(self, category: str) -> AReference:
        assert category == "image_generation"
        return self

    def where(self, *, name: str) -> Any:
        baseline = self._baselines.get(name)
        return SimpleNamespace(first=lambda: baseline and SimpleNamespace(baseline=baseline))


@pytest.mark.parametrize(
    "source",
    [
        {"Deliberate": "stable_diffusion_1"},
        {"Deliberate": "stable_diffusion_1"}.get,
        AReference(Deliberate="stable_diffusion_1"),
    ],
    ids=["mapping", "function", "reference"],
)
def test_a_baseline_is_found_or_not_known(source: Any) -> None:
    assert find_baseline("Deliberate", source) == "stable_diffusion_1"
    assert find_baseline("made up", source) is None


def test_a_record_without_a_baseline_is_not_known() -> None:
    record = SimpleNamespace(first=lambda: SimpleNamespace(baseline=None))
    reference = SimpleNamespace(query=lambda _: SimpleNamespace(where=lambda name: record))

    assert find_baseline("Deliberate", reference) is None


def test_nothing_knows_nothing() -> None:
    assert find_baseline("Deliberate", None) is None


def test_what_knows_no_models_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="a int knows no models"):
        find_baseline("Deliberate", 5)  # type: ignore[arg-type]
