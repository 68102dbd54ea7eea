"""What a network of U²-Net's build says stands in front."""

from __future__ import annotations

import numpy as np
import pytest

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.background import front_in


def test_the_whole_range_is_used() -> None:
    """From surely behind to surely in front."""
    assert np.allclose(front_in(np.array([[[0.2, 0.4], [0.3, 0.6]]], np.float32)), [[0, 0.5], [0.25, 1]])


def test_a_network_that_sees_no_difference_strips_nothing() -> None:
    """Nobody wants an empty picture."""
    assert (front_in(np.full((1, 4, 4), 0.3, np.float32)) == 1).all()


@pytest.mark.parametrize("output", [np.zeros(8), np.full((1, 4, 4), np.nan)])
def test_what_tells_nothing_is_refused(output: np.ndarray) -> None:
    """Another network's output, or numbers that are none."""
    with pytest.raises(BackendFailure, match="does not tell front from back"):
        front_in(output.astype(np.float32))
