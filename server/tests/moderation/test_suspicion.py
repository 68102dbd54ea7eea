"""From which speed on nobody is believed (moderation.md §3.3)."""

from __future__ import annotations

import pytest

from horde_server.moderation.suspicion import fastest_text_speed


@pytest.mark.parametrize(
    ("model", "parameters_billions", "limit"),
    [
        ("unheard of", None, 150), ("small", 3, 150), ("eight", 8, 150), ("fourteen", 14, 100), ("large", 70, 30),
        ("huge", 405, 30), ("8x7B mixture", 47, 300), ("8x22B mixture", 141, 90), ("unheard of 8x7B", None, 150),
    ],
)  # fmt: skip
def test_larger_models_are_believed_to_be_slower(model: str, parameters_billions: float | None, limit: float) -> None:
    assert fastest_text_speed(model, parameters_billions) == limit
