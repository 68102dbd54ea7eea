"""Placeholders say why there is no picture, each in its own way, at any size."""

from __future__ import annotations

import itertools

import pytest

from horde_worker.safety.decision import Reason
from horde_worker.safety.placeholders import placeholder


def test_each_reason_has_a_picture_of_its_own() -> None:
    """Four distinct ones."""
    made = {reason: placeholder(reason, (512, 512)).tobytes() for reason in Reason}
    assert len(made) == 4
    assert all(one != other for one, other in itertools.combinations(made.values(), 2))


@pytest.mark.parametrize("size", [(64, 64), (512, 64), (64, 1024), (1, 1), (1024, 1536)])
def test_a_placeholder_is_as_large_as_the_picture_was_to_be(size: tuple[int, int]) -> None:
    """And has more than one colour, where there is room."""
    made = placeholder(Reason.SFW_REQUEST, size)
    assert (made.size, made.mode) == (size, "RGB")
    if min(size) >= 64:
        assert len(made.getcolors(1 << 20) or ()) > 2
