"""What the detector's output says, and what of it is not safe for work."""

from __future__ import annotations

import numpy as np
import pytest

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.body_detector import (
    LABELS,
    NOT_SAFE_FOR_WORK,
    Found,
    found_in,
    is_not_safe,
)
from horde_worker.backends.trained_alchemy.pixels import Planes


def output(*candidates: tuple[str, float, tuple[float, float, float, float]]) -> Planes:
    """As the network gives it: a column a candidate, with centre, width and height."""
    made = np.zeros((4 + len(LABELS), max(len(candidates), 1)), np.float32)
    for column, (label, score, box) in enumerate(candidates):
        made[:4, column] = box
        made[4 + LABELS.index(label), column] = score
    return made


def test_boxes_are_told_in_pixels_of_the_picture() -> None:
    """The network sees it at its own size."""
    [found] = found_in(output(("male face", 0.75, (100, 50, 20, 40))), scale=2.0)
    assert found == Found("male face", 0.75, (180, 60, 220, 140))


def test_what_is_seen_several_times_is_told_once() -> None:
    """The surest; another label, or another place, is another thing."""
    found = found_in(
        output(
            ("male face", 0.6, (101, 50, 20, 40)),
            ("male face", 0.8, (100, 50, 20, 40)),
            ("female face", 0.5, (100, 50, 20, 40)),
            ("male face", 0.4, (200, 50, 20, 40)),
            ("belly, bare", 0.1, (100, 150, 20, 40)),
        ),
        scale=1.0,
    )
    assert [(one.label, round(one.score, 1)) for one in found] == [
        ("male face", 0.8),
        ("female face", 0.5),
        ("male face", 0.4),
    ]


@pytest.mark.parametrize("label", LABELS)
def test_bare_parts_are_not_safe_from_the_threshold_on(label: str) -> None:
    """Covered ones, faces, feet and bellies are."""
    for score, is_sure in ((0.49, False), (0.51, True)):
        found = found_in(output((label, score, (10, 10, 5, 5))), scale=1.0)
        assert is_not_safe(found, threshold=0.5) is (is_sure and label in NOT_SAFE_FOR_WORK)


def test_labels_that_are_not_safe_are_among_the_networks() -> None:
    """A mistyped one would never be seen."""
    assert set(LABELS) > NOT_SAFE_FOR_WORK
    assert len(LABELS) == 18


@pytest.mark.parametrize("shape", [(22,), (21, 2100), (1, 22, 2100)])
def test_another_networks_output_is_refused(shape: tuple[int, ...]) -> None:
    """Rather than found safe."""
    with pytest.raises(BackendFailure, match="is not that of nudenet's network"):
        found_in(np.zeros(shape, np.float32), scale=1.0)
